//! One head fetch for several readers. Some may be on their way at once (two here, which is enough for one to overtake
//! another); who arrives then gathers for the next one.

use std::fmt;

use crate::marks::Key;
use crate::reader::Phase;
use crate::scene::Scene;
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};

/// One of those that may be on their way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Fetch {
    One,
    Other,
}

impl Fetch {
    pub(crate) const COUNT: usize = 2;
    const ALL: [Fetch; Fetch::COUNT] = [Fetch::One, Fetch::Other];
}

impl fmt::Display for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fetch::One => "a fetch",
            Fetch::Other => "another fetch",
        })
    }
}

pub(crate) fn moves(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    for (place, process) in state.processes.iter().enumerate() {
        let waits = readers_of(scene, place).any(|reader| is_waiting(state, reader));
        let free = Fetch::ALL.into_iter().find(|fetch| process.fetches[*fetch as usize].is_none());
        actions.extend(free.filter(|_| waits).map(|fetch| Action::SendFetch(place, fetch)));
        for fetch in Fetch::ALL {
            match process.fetches[fetch as usize] {
                None => {}
                Some(None) => actions.push(Action::AnswerFetch(place, fetch)),
                Some(Some(_)) => actions.push(Action::EndFetch(place, fetch)),
            }
        }
    }
}

fn readers_of(scene: &Scene, process: usize) -> impl Iterator<Item = usize> {
    let readers = scene.readers.iter().enumerate();
    readers.filter(move |(_, plan)| usize::from(plan.process) == process).map(|(reader, _)| reader)
}

fn is_waiting(state: &State, reader: usize) -> bool {
    matches!(state.readers[reader].phase, Phase::Arrived(_))
}

impl World<'_> {
    /// A reader who arrives while fetches are under way waits for the next one.
    pub(crate) fn arrive(&self, process: usize, key: Key) -> Phase {
        let fetches = &self.state.processes[process].fetches;
        let under_way = Fetch::ALL.into_iter().find(|fetch| fetches[*fetch as usize].is_some());
        match under_way.filter(|_| self.variant == Variant::ShareInFlight) {
            Some(fetch) => Phase::Sharing(key, fetch),
            None => Phase::Arrived(key),
        }
    }

    pub(crate) fn send_fetch(&mut self, process: usize, fetch: Fetch) {
        self.state.processes[process].fetches[fetch as usize] = Some(None);
        for reader in readers_of(self.scene, process) {
            if let Phase::Arrived(key) = self.state.readers[reader].phase {
                self.state.readers[reader].phase = Phase::Sharing(key, fetch);
            }
        }
    }

    pub(crate) fn answer_fetch(&mut self, process: usize, fetch: Fetch) {
        let head = self.state.server.adopt(self.variant);
        self.state.processes[process].fetches[fetch as usize] = Some(Some(head));
    }

    pub(crate) fn end_fetch(&mut self, process: usize, fetch: Fetch) {
        let Some(Some(head)) = self.state.processes[process].fetches[fetch as usize].take() else { return };
        for reader in readers_of(self.scene, process) {
            match self.state.readers[reader].phase {
                Phase::Sharing(key, its) if its == fetch || self.variant == Variant::FirstAnswerForAll => {
                    self.state.readers[reader].phase = self.with_head(process, key, head);
                }
                _ => {}
            }
        }
    }
}
