//! What a read must not return.

use crate::marks::{Key, Versions};
use crate::scene::Promise;
use crate::world::World;

impl World<'_> {
    /// What a read that starts now in this process must have seen.
    pub(crate) fn must_see(&self, _process: usize) -> Versions {
        match self.scene.promise {
            Promise::Returned => self.state.returned,
            Promise::Committed => self.state.database,
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
}
