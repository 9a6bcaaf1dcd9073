//! A load: where it starts, and the entry that it leaves.

use crate::block::Block;
use crate::marks::{Key, Versions};
use crate::process::Slot;
use crate::reader::Phase;
use crate::scene::Part;
use crate::server::{Entry, Position};
use crate::variant::Variant;
use crate::world::World;

impl World<'_> {
    /// Where a load that starts now starts.
    pub(crate) fn start(&mut self, place: usize, key: Key, head: Position) -> Phase {
        let process = self.process_of(place);
        let marks = key.marks(self.declarations(process));
        let start = match self.variant {
            Variant::FencedLoadsAreStored | Variant::FencesAtTheEndOnly => Some(head),
            Variant::IndexIsNotAsked if !self.state.processes[process].index.has(head) => Some(head),
            _ => self.state.processes[process].index.start(head, marks, self.state.now),
        };
        self.load(place, key, start)
    }

    pub(crate) fn load(&mut self, place: usize, key: Key, start: Option<Position>) -> Phase {
        match key {
            Key::Query => Phase::Loading(key, start),
            Key::Block => {
                self.state.readers[place].block = Some(Block::starting_at(start));
                Phase::Parts
            }
        }
    }

    pub(crate) fn fill_loaded(
        &mut self,
        place: usize,
        key: Key,
        start: Option<Position>,
        value: Versions,
    ) -> Phase {
        let process = self.process_of(place);
        let marks = key.marks(self.declarations(process));
        let position = match (self.variant, start) {
            (Variant::PositionAfterLoad, _) => Some(self.state.server.adopt(self.variant)),
            (Variant::FencesAtTheEndOnly, Some(start)) => {
                self.state.processes[process].index.start(start, marks, self.state.now)
            }
            _ => start,
        };
        match position {
            Some(position) => self.fill(place, key, Slot { value, position, validated: position }),
            None => {
                self.land(place, key, None);
                self.finish(place, key, value, None)
            }
        }
    }

    pub(crate) fn fill(&mut self, place: usize, key: Key, slot: Slot) -> Phase {
        let process = self.process_of(place);
        self.keep(process, key, slot);
        if !self.state.processes[process].cut_off {
            let nonce = if self.scene.has(Part::Restamps) { self.state.server.next_nonce() } else { 0 };
            let Slot { value, position, .. } = slot;
            let entry = Entry { position, value, nonce, declarations: self.declarations(process) };
            self.state.server.data.entries[key as usize] = Some(entry);
        }
        self.land(place, key, Some(slot));
        self.finish(place, key, slot.value, Some(slot.validated))
    }

    pub(crate) fn keep(&mut self, process: usize, key: Key, slot: Slot) {
        if self.scene.has(Part::Values) {
            self.state.processes[process].put(key, slot);
        }
    }
}
