//! What goes wrong, at any moment.

use std::fmt;

use crate::scene::{Fault, Scene};
use crate::state::State;
use crate::world::{Action, World};

/// A fault with its place, or what makes one possible.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strike {
    LoseHead,
    LoseLog,
    TrimLog,
    LoseEntry(usize),
    FailOver,
    CutOff(usize),
    Abandon(usize),
    Replicate,
}

pub(crate) fn strikes(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    if state.faults == 0 {
        return;
    }
    let data = &state.server.data;
    let mut add = |possible: bool, strike| actions.extend(possible.then_some(Action::Fault(strike)));
    for fault in scene.faults.1 {
        match *fault {
            Fault::LoseHead => add(data.head.is_some(), Strike::LoseHead),
            Fault::LoseLog => add(!data.records.is_empty(), Strike::LoseLog),
            Fault::TrimLog => add(!data.records.is_empty(), Strike::TrimLog),
            Fault::LoseEntry => {
                for (place, entry) in data.entries.iter().enumerate() {
                    add(entry.is_some(), Strike::LoseEntry(place));
                }
            }
            Fault::FailOver => {
                add(true, Strike::FailOver);
                add(state.server.standby.1 != *data, Strike::Replicate);
            }
            Fault::CutOff(process) => {
                let process = usize::from(process);
                add(!state.processes[process].cut_off, Strike::CutOff(process));
            }
            Fault::Abandon => {
                for (place, reader) in state.readers.iter().enumerate() {
                    add(reader.leads.contains(&true), Strike::Abandon(place));
                }
            }
            // These happen to writers, when they publish.
            Fault::LoseAnswer | Fault::Refuse => {}
        }
    }
}

impl World<'_> {
    pub(crate) fn strike(&mut self, strike: Strike) {
        let server = &mut self.state.server;
        match strike {
            Strike::Replicate => return server.replicate(),
            Strike::LoseHead => server.data.head = None,
            Strike::LoseLog => server.data.records.clear(),
            Strike::TrimLog => _ = server.data.records.take_first(),
            Strike::LoseEntry(place) => server.data.entries[place] = None,
            Strike::FailOver => server.fail_over(),
            Strike::CutOff(process) => self.state.processes[process].cut_off = true,
            Strike::Abandon(reader) => self.abandon(reader),
        }
        self.state.faults -= 1;
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Strike::LoseHead => f.write_str("the server evicts its head"),
            Strike::LoseLog => f.write_str("the server evicts its log"),
            Strike::TrimLog => f.write_str("the log drops its oldest record"),
            Strike::LoseEntry(_) => f.write_str("the server evicts an entry"),
            Strike::FailOver => f.write_str("the standby takes over"),
            Strike::CutOff(process) => write!(f, "process {process} is cut off from the server"),
            Strike::Abandon(reader) => write!(f, "the caller of reader {reader} goes away"),
            Strike::Replicate => f.write_str("the standby catches up with the server"),
        }
    }
}
