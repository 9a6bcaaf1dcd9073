//! Bounded reads: served without asking, as long as the index was confirmed lately.

use crate::goal::Goal;
use crate::marks::{Key, Versions};
use crate::scene::{Part, Scene};
use crate::server::Position;
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};

/// A fetch of the head by the task that follows the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Beat {
    sent: u8,
    answer: Option<Position>,
}

pub(crate) fn moves(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    if !scene.has(Part::Lease) {
        return;
    }
    for (place, process) in state.processes.iter().enumerate() {
        if process.index.position.is_some() {
            actions.push(match process.beat {
                None => Action::SendBeat(place),
                Some(Beat { answer: None, .. }) => Action::AnswerBeat(place),
                Some(Beat { answer: Some(_), .. }) => Action::EndBeat(place),
            });
        }
    }
}

/// That the index had followed to a head whose fetch was sent then.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Lease {
    since: u8,
    head: Position,
}

impl World<'_> {
    pub(crate) fn send_beat(&mut self, process: usize) {
        self.state.processes[process].beat = Some(Beat { sent: self.state.now, answer: None });
    }

    pub(crate) fn answer_beat(&mut self, process: usize) {
        let head = self.state.server.adopt(self.variant);
        if let Some(beat) = &mut self.state.processes[process].beat {
            beat.answer = Some(head);
        }
    }

    pub(crate) fn end_beat(&mut self, process: usize) {
        let Some(Beat { sent, answer: Some(head) }) = self.state.processes[process].beat.take() else {
            return;
        };
        let behind = !self.state.processes[process].index.has(head);
        let head = match behind && self.variant != Variant::LeaseBeforeFollowing {
            true => self.follow_log(process, sent),
            false => head,
        };
        let since = if self.variant == Variant::LeaseFromAnswer { self.state.now } else { sent };
        self.state.processes[process].lease = Some(Lease { since, head });
    }

    /// Serves a bounded read from the first level, if the lease allows it; where the value was valid.
    pub(crate) fn bounded_hit(&mut self, reader: usize, key: Key) -> Option<(Versions, Position)> {
        let place = self.process_of(reader);
        let process = &self.state.processes[place];
        let bound = self.scene.readers[reader].bound?;
        let lease = process.lease.filter(|lease| self.state.now - lease.since <= bound)?;
        let unchecked = matches!(self.variant, Variant::LeaseBeforeFollowing | Variant::LeaseOutlivesIndex);
        // A tail that was read in an earlier epoch and is applied late takes the index back there.
        if !process.index.has(lease.head) && !unchecked || !process.owed.is_empty() {
            return None;
        }
        let mut slot = process.values[key as usize]?;
        let head = process.index.position?;
        let at = process.validate(&mut slot, key.marks(self.declarations(place)), head, self.variant)?;
        self.state.processes[place].values[key as usize] = Some(slot);
        self.reach(Goal::BoundedHit);
        Some((slot.value, at))
    }
}
