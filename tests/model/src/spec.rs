//! What a read must not return.

use crate::goal::Goal;
use crate::marks::{Key, Row, Versions};
use crate::scene::Promise;
use crate::server::{Entry, Kind, Position, Record};
use crate::world::World;
use crate::writer;

impl World<'_> {
    /// What a read that starts now must have seen, if it is served by its bound.
    pub(crate) fn must_see(&self, reader: usize) -> Versions {
        match self.scene.readers[reader].bound {
            Some(bound) if self.state.now > bound => {
                let past = self.state.history[usize::from(self.state.now - bound - 1)];
                past.newest(self.state.processes[self.process_of(reader)].own)
            }
            Some(_) => self.state.processes[self.process_of(reader)].own,
            None => self.must_see_strictly(reader),
        }
    }

    fn must_see_strictly(&self, reader: usize) -> Versions {
        let own = self.state.processes[self.process_of(reader)].own;
        match self.scene.promise {
            Promise::Returned => self.state.returned.newest(own),
            Promise::Committed => self.state.database,
        }
    }

    /// A bounded read that finds no lease is as good as a strict one; a block is not, since its parts may find one.
    pub(crate) fn hold_to_strict(&mut self, reader: usize, key: Key) {
        let nested = self.state.readers[reader].block.is_some();
        if self.scene.readers[reader].bound.is_some() && key == Key::Query && !nested {
            self.state.readers[reader].must = self.must_see_strictly(reader);
        }
    }

    /// Notes what a reader gets, if it must not.
    pub(crate) fn serve(&mut self, reader: usize, key: Key, value: Versions) {
        let must = self.state.readers[reader].must;
        for row in key.shows() {
            if value.of(*row) < must.of(*row) && self.notes.broken.is_none() {
                let (got, had) = (value.of(*row), must.of(*row));
                let broken = format!("reader {reader} gets version {got} of row {row:?}, older than {had}");
                self.notes.broken = Some(broken);
            }
        }
    }

    /// Notes a hit that shows what a write has changed.
    pub(crate) fn note_hit(&mut self, reader: usize, key: Key, value: Versions, goal: Goal) {
        let must = self.state.readers[reader].must;
        if must.of(Row::A) > 0 && value.of(Row::A) >= must.of(Row::A) {
            self.reach(goal);
            if key == Key::Block {
                self.reach(Goal::BlockHit);
            }
        }
    }

    pub(crate) fn note_entry(&mut self, reader: usize, key: Key, entry: &Entry) {
        if entry.position.epoch != Position::default().epoch {
            self.reach(Goal::HitInNewEpoch);
        }
        let marks = key.marks(entry.declarations);
        let behind = |record: &Record| {
            let is_fence = matches!(record.kind, Kind::Fence { .. });
            is_fence && record.marks.meets(marks) && record.seq > entry.position.seq
        };
        if self.state.server.data.records.iter().any(behind) {
            self.reach(Goal::HitBehindFence);
        }
        let crashed = self.state.writers.iter().any(|writer| writer.phase == writer::Phase::Dead);
        let row = entry.value.of(Row::A);
        if crashed
            && row > self.state.returned.of(Row::A)
            && row >= self.state.readers[reader].must.of(Row::A)
        {
            self.reach(Goal::HitAfterCrash);
        }
    }
}
