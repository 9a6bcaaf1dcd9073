//! One head fetch for several readers.

use crate::marks::Key;
use crate::reader::Phase;
use crate::scene::Scene;
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};

pub(crate) fn moves(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    for (place, process) in state.processes.iter().enumerate() {
        match process.fetch {
            None if readers_of(scene, place).any(|reader| is_waiting(state, reader)) => {
                actions.push(Action::SendFetch(place));
            }
            None => {}
            Some(None) => actions.push(Action::AnswerFetch(place)),
            Some(Some(_)) => actions.push(Action::EndFetch(place)),
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
    /// A reader who arrives while a fetch is under way waits for the next one.
    pub(crate) fn arrive(&self, process: usize, key: Key) -> Phase {
        match self.state.processes[process].fetch {
            Some(_) if self.variant == Variant::ShareInFlight => Phase::Sharing(key),
            _ => Phase::Arrived(key),
        }
    }

    pub(crate) fn send_fetch(&mut self, process: usize) {
        self.state.processes[process].fetch = Some(None);
        for reader in readers_of(self.scene, process) {
            if let Phase::Arrived(key) = self.state.readers[reader].phase {
                self.state.readers[reader].phase = Phase::Sharing(key);
            }
        }
    }

    pub(crate) fn answer_fetch(&mut self, process: usize) {
        let head = self.state.server.adopt(self.variant);
        self.state.processes[process].fetch = Some(Some(head));
    }

    pub(crate) fn end_fetch(&mut self, process: usize) {
        if let Some(Some(head)) = self.state.processes[process].fetch.take() {
            for reader in readers_of(self.scene, process) {
                if let Phase::Sharing(key) = self.state.readers[reader].phase {
                    self.state.readers[reader].phase = self.with_head(process, key, head);
                }
            }
        }
    }
}
