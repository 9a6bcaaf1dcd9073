//! What this process has appended to the log before its index had all that stands before it.
//!
//! Where several processes write, the records of others stand between its own. A writer does not wait for those: who
//! reads asks for the head, and catches up with it. Only a read that relies on a head from some time ago would not see
//! what its own process has written since.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::log::{Index, Position};

/// The newest of them.
#[derive(Default)]
pub(super) struct Unlearnt {
    /// Whether there may be one, so that who asks often reads one flag.
    is_any: AtomicBool,
    newest: Mutex<Option<Position>>,
}

impl Unlearnt {
    pub(super) fn add(&self, position: Position) {
        let mut newest = self.lock();
        let is_newer =
            newest.is_none_or(|newest| newest.epoch != position.epoch || newest.seq < position.seq);
        if is_newer {
            *newest = Some(position);
        }
        self.is_any.store(true, Ordering::Release);
    }

    /// How far this index has to follow the log until it has all of them; none if it has. What was appended in another
    /// epoch ends nothing in this one.
    #[inline]
    pub(super) fn newest(&self, index: &Index) -> Option<Position> {
        if self.is_any.load(Ordering::Acquire) { self.look(index) } else { None }
    }

    #[cold]
    fn look(&self, index: &Index) -> Option<Position> {
        let mut newest = self.lock();
        let seen = index.position();
        *newest = newest.filter(|newest| newest.epoch == seen.epoch && !seen.reaches(*newest));
        self.is_any.store(newest.is_some(), Ordering::Release);
        *newest
    }

    fn lock(&self) -> MutexGuard<'_, Option<Position>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Epoch, Record};
    use crate::mark::Marks;

    fn at(epoch: u64, seq: u64) -> Position {
        Position { epoch: Epoch::from_bits(epoch), seq }
    }

    #[test]
    fn the_newest_is_told_until_the_index_has_it() {
        let (unlearnt, index) = (Unlearnt::default(), Index::new(at(1, 0)));
        assert_eq!(unlearnt.newest(&index), None);
        unlearnt.add(at(1, 3));
        unlearnt.add(at(1, 2));
        assert_eq!(unlearnt.newest(&index), Some(at(1, 3)));
        for seq in 1..=3 {
            assert_eq!(unlearnt.newest(&index), Some(at(1, 3)));
            let _ = index.apply(&Record::new(at(1, seq), Marks::default()));
        }
        assert_eq!(unlearnt.newest(&index), None);
    }

    #[test]
    fn what_another_epoch_has_is_forgotten() {
        let (unlearnt, index) = (Unlearnt::default(), Index::new(at(2, 0)));
        unlearnt.add(at(1, 30));
        assert_eq!(unlearnt.newest(&index), None);
        unlearnt.add(at(1, 30));
        unlearnt.add(at(2, 3));
        assert_eq!(unlearnt.newest(&index), Some(at(2, 3)));
    }
}
