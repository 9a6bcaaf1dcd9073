//! One load at a time for one key in one process.

use crate::goal::Goal;
use crate::marks::Key;
use crate::process::Slot;
use crate::reader::Phase;
use crate::scene::Part;
use crate::server::Position;
use crate::variant::Variant;
use crate::world::World;

impl World<'_> {
    /// Joins the flight of this key, or leads it.
    pub(crate) fn enter_flight(&mut self, reader: usize, key: Key, head: Position) -> Option<Phase> {
        if !self.scene.has(Part::Flights) {
            return None;
        }
        let process = self.process_of(reader);
        let flight = &mut self.state.processes[process].flights[key as usize];
        if *flight {
            return Some(Phase::Joined(key, head));
        }
        *flight = true;
        self.state.readers[reader].leads[key as usize] = true;
        None
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
                Phase::Joined(joined, head) if joined == key && self.process_of(other) == process => {
                    self.state.readers[other].phase = match slot {
                        Some(slot) => Phase::Landed(key, head, slot),
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

    /// A joiner takes what landed, if that is valid at the head that it read before it joined.
    pub(crate) fn take(&mut self, reader: usize, key: Key, head: Position, mut slot: Slot) -> Phase {
        let process = self.process_of(reader);
        let marks = key.marks(self.declarations(process));
        let judged = self.state.processes[process].validate(&mut slot, marks, head, self.variant);
        let blind = (self.variant == Variant::JoinBlindly).then_some(slot.validated);
        match judged.or(blind) {
            Some(at) => {
                self.reach(Goal::Joined);
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
