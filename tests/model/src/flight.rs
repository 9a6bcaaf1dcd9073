//! One load at a time for one key in one process.
//!
//! Whoever waits may take the result of a load that began after it arrived; of an earlier one, only what is valid at
//! the head that it has read itself.

use crate::goal::Goal;
use crate::marks::Key;
use crate::process::Slot;
use crate::reader::Phase;
use crate::scene::Part;
use crate::server::Position;
use crate::variant::Variant;
use crate::world::World;

/// When a flight began, as the reader sees it who joins it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Began {
    #[default]
    BeforeArrival,
    AfterArrival,
}

impl World<'_> {
    /// Joins the flight of this key, or leads it.
    pub(crate) fn enter_flight(&mut self, reader: usize, key: Key, head: Position) -> Option<Phase> {
        if !self.scene.has(Part::Flights) {
            return None;
        }
        let process = self.process_of(reader);
        let flight = &mut self.state.processes[process].flights[key as usize];
        if *flight {
            let began = self.state.readers[reader].next_flight[key as usize];
            return Some(Phase::Joined(key, head, began));
        }
        *flight = true;
        self.state.readers[reader].leads[key as usize] = true;
        for (other, plan) in self.state.readers.iter_mut().zip(self.scene.readers) {
            if usize::from(plan.process) == process && other.phase != Phase::Idle {
                other.next_flight[key as usize] = Began::AfterArrival;
            }
        }
        None
    }

    /// The reader arrives: a flight that is under way began before.
    pub(crate) fn arrive_for_flights(&mut self, reader: usize, key: Key) {
        self.state.readers[reader].next_flight[key as usize] = Began::BeforeArrival;
    }

    /// Ends the flight of this key, if this reader leads it. Those who joined get what it landed with.
    pub(crate) fn land(&mut self, reader: usize, key: Key, slot: Option<Slot>) {
        if !std::mem::take(&mut self.state.readers[reader].leads[key as usize]) {
            return;
        }
        let process = self.process_of(reader);
        self.state.processes[process].flights[key as usize] = false;
        for other in 0..self.scene.readers.len() {
            match self.state.readers[other].phase {
                Phase::Joined(joined, head, began) if joined == key && self.process_of(other) == process => {
                    self.state.readers[other].phase = match slot {
                        Some(slot) => Phase::Landed(key, head, began, slot),
                        None => Phase::Again(key),
                    };
                }
                _ => {}
            }
        }
    }

    /// The leader's own look at the index, once for all who joined.
    pub(crate) fn validate_load(&mut self, reader: usize, key: Key, mut slot: Slot) -> Phase {
        let process = self.process_of(reader);
        if !self.state.processes[process].cut_off {
            let head = self.state.server.adopt(self.variant);
            let head = match self.state.processes[process].index.has(head) {
                true => head,
                false => self.follow_log(process, self.state.now),
            };
            if self.variant == Variant::LandUnjudged && head.epoch == slot.validated.epoch {
                slot.validated = head;
            }
            let marks = key.marks(self.declarations(process));
            let _ = self.state.processes[process].validate(&mut slot, marks, head, self.variant);
        }
        Phase::Validated(key, slot)
    }

    /// A joiner takes what landed: of a load that began after it arrived, or else what is valid at the head that it
    /// read before it joined.
    pub(crate) fn take(
        &mut self,
        reader: usize,
        key: Key,
        head: Position,
        began: Began,
        mut slot: Slot,
    ) -> Phase {
        let process = self.process_of(reader);
        let marks = key.marks(self.declarations(process));
        let judged = self.state.processes[process].validate(&mut slot, marks, head, self.variant);
        let is_later = began == Began::AfterArrival;
        let unjudged = (is_later || self.variant == Variant::JoinBlindly).then_some(slot.validated);
        match judged.or(unjudged) {
            Some(at) => {
                self.reach(if judged.is_some() { Goal::Joined } else { Goal::JoinedLater });
                self.finish(reader, key, slot.value, Some(at))
            }
            None => Phase::Again(key),
        }
    }

    /// The caller of a leader goes away.
    pub(crate) fn abandon(&mut self, reader: usize) {
        for key in [Key::Query, Key::Block] {
            self.land(reader, key, None);
        }
        self.state.readers[reader].forget();
    }
}
