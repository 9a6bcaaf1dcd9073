//! Records that are pushed to the processes: late, or never.

use crate::few::Few;
use crate::scene::{Part, Scene};
use crate::server::{Position, Record};
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};

pub(crate) fn moves(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    if !scene.has(Part::Pushes) {
        return;
    }
    for (place, process) in state.processes.iter().enumerate() {
        if !process.pushes.is_empty() {
            actions.push(Action::Push(place));
            actions.push(Action::LosePush(place));
        }
    }
}

impl World<'_> {
    /// A record that finds the queue full is lost.
    pub(crate) fn send_pushes(&mut self, position: Position, record: Record) {
        if self.scene.has(Part::Pushes) {
            let full = |queue: &Few<_, 2>| queue.is_full();
            for process in self.state.processes.iter_mut().filter(|process| !full(&process.pushes)) {
                process.pushes.push((position, record));
            }
        }
    }

    pub(crate) fn push(&mut self, place: usize) {
        let applying = self.applying(place);
        let process = &mut self.state.processes[place];
        if let Some((position, record)) = process.pushes.take_first() {
            if self.variant == Variant::PushGapIgnored {
                process.index.apply_with_gap(position, &record, applying);
            } else {
                // After a gap nothing is applied; the next reader follows the log.
                let _ = process.index.apply(position, &record, applying);
            }
        }
    }

    pub(crate) fn lose_push(&mut self, place: usize) {
        self.state.processes[place].pushes.take_first();
    }
}
