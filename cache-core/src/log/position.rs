//! Places in the log.

use std::fmt;

/// The identity of one life of the log. A new epoch makes every older entry a miss.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch with these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits, as written to an entry.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// A place in the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Position {
    /// Which life of the log.
    pub epoch: Epoch,
    /// The sequence number of the last record before this place.
    pub seq: u64,
}

impl Position {
    /// Whether who is here has seen what `other` has.
    #[inline]
    pub(crate) fn reaches(self, other: Position) -> bool {
        self.epoch == other.epoch && self.seq >= other.seq
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.epoch.0, self.seq)
    }
}
