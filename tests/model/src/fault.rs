//! What happens to the server.

use std::fmt;

use crate::scene::{Fault, Scene};
use crate::state::State;
use crate::world::{Action, World};

/// A fault, or what makes one possible.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strike {
    Fault(Fault),
    LoseEntry(usize),
    Replicate,
}

pub(crate) fn strikes(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    if state.faults == 0 {
        return;
    }
    let data = &state.server.data;
    for fault in scene.faults.1 {
        let possible = match fault {
            Fault::LoseHead => data.head.is_some(),
            Fault::LoseLog | Fault::TrimLog => !data.records.is_empty(),
            Fault::FailOver => true,
            Fault::LoseEntry => {
                let there = (0..data.entries.len()).filter(|place| data.entries[*place].is_some());
                actions.extend(there.map(|place| Action::Fault(Strike::LoseEntry(place))));
                false
            }
        };
        if possible {
            actions.push(Action::Fault(Strike::Fault(*fault)));
        }
        if *fault == Fault::FailOver && state.server.standby.1 != *data {
            actions.push(Action::Fault(Strike::Replicate));
        }
    }
}

impl World<'_> {
    pub(crate) fn strike(&mut self, strike: Strike) {
        let server = &mut self.state.server;
        match strike {
            Strike::Replicate => return server.replicate(),
            Strike::LoseEntry(place) => server.data.entries[place] = None,
            Strike::Fault(Fault::LoseHead) => server.data.head = None,
            Strike::Fault(Fault::LoseLog) => server.data.records.clear(),
            Strike::Fault(Fault::TrimLog) => _ = server.data.records.take_first(),
            Strike::Fault(Fault::FailOver) => server.fail_over(),
            Strike::Fault(Fault::LoseEntry) => {}
        }
        self.state.faults -= 1;
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Strike::Replicate => "the standby catches up with the server",
            Strike::LoseEntry(_) => "the server evicts an entry",
            Strike::Fault(Fault::LoseHead) => "the server evicts its head",
            Strike::Fault(Fault::LoseLog) => "the server evicts its log",
            Strike::Fault(Fault::TrimLog) => "the log drops its oldest record",
            Strike::Fault(Fault::FailOver) => "the standby takes over",
            Strike::Fault(Fault::LoseEntry) => "nothing",
        })
    }
}
