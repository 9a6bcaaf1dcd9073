//! A newer position for an entry that was found to be valid there.

use crate::goal::Goal;
use crate::marks::Key;
use crate::reader::Phase;
use crate::scene::Part;
use crate::server::{Entry, Position};
use crate::variant::Variant;
use crate::world::World;

impl World<'_> {
    /// What follows a hit on an entry that is valid at a newer position than its own.
    pub(crate) fn after_hit(&self, key: Key, entry: &Entry, at: Position, otherwise: Phase) -> Phase {
        let worthwhile = at.seq > entry.position.seq && otherwise == Phase::Idle;
        match self.scene.has(Part::Restamps) && worthwhile {
            true => Phase::Restamping(key, entry.nonce, at),
            false => otherwise,
        }
    }

    /// The entry may have been replaced since; what replaced it may have been loaded long ago.
    pub(crate) fn restamp(&mut self, key: Key, nonce: u8, at: Position) -> Phase {
        let blindly = self.variant == Variant::RestampBlindly;
        if let Some(entry) = &mut self.state.server.data.entries[key as usize]
            && (entry.nonce == nonce || blindly)
            && entry.position.epoch == at.epoch
            && entry.position.seq < at.seq
        {
            entry.position = at;
            self.reach(Goal::Restamped);
        }
        Phase::Idle
    }
}
