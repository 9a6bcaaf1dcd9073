//! Whether names and values may mean something else to a session than the schema says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// No reading lifts it.
const FOR_GOOD: u64 = u64::MAX;

/// The readings of a schema, numbered as they begin. One that shows that nothing is hidden settles what was in the database
/// before it began.
#[derive(Debug, Default)]
pub(super) struct Readings {
    begun: AtomicU64,
    /// The last of them that showed that nothing is hidden.
    clear: AtomicU64,
}

impl Readings {
    /// The number of a reading that begins now.
    pub(super) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// That reading has shown that nothing is hidden.
    pub(super) fn found_nothing_hidden(&self, number: u64) {
        self.clear.fetch_max(number, Ordering::AcqRel);
    }
}

/// What was changed of a session, or of any of a pool.
#[derive(Debug)]
pub(super) struct Taint {
    readings: Arc<Readings>,
    /// The number of the reading that lifts it; 0 if there is nothing to lift.
    lifted_by: AtomicU64,
    /// How many renamings may be in the database already, or not yet.
    under_way: AtomicUsize,
}

/// A name that is given to what may be temporary. Dropped, nobody knows when: that is for good.
#[derive(Debug)]
#[must_use = "say what came of it"]
pub(super) struct Renaming {
    taint: Arc<Taint>,
    lifted_by: u64,
}

impl Taint {
    pub(super) fn new(readings: &Arc<Readings>) -> Arc<Self> {
        Arc::new(Self {
            readings: Arc::clone(readings),
            lifted_by: AtomicU64::new(0),
            under_way: AtomicUsize::new(0),
        })
    }

    /// Whether anything may mean something else now.
    pub(super) fn holds(&self) -> bool {
        // One that has come to its end has left its number before it.
        self.under_way.load(Ordering::Acquire) > 0
            || self.lifted_by.load(Ordering::Acquire) > self.readings.clear.load(Ordering::Acquire)
    }

    /// Notes a change that nobody sees the end of.
    pub(super) fn for_good(&self) {
        self.lifted_by.store(FOR_GOOD, Ordering::Release);
    }

    /// Notes that a name is about to be given to what may be temporary.
    pub(super) fn renaming(self: &Arc<Self>) -> Renaming {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        Renaming { taint: Arc::clone(self), lifted_by: FOR_GOOD }
    }
}

impl Renaming {
    /// It is in the database: a reading that begins from now on shows whether it hides anything.
    pub(super) fn happened(mut self) {
        self.lifted_by = self.taint.readings.begun.load(Ordering::Acquire) + 1;
    }

    /// It is not in the database, and never will be.
    pub(super) fn undone(mut self) {
        self.lifted_by = 0;
    }
}

impl Drop for Renaming {
    fn drop(&mut self) {
        self.taint.lifted_by.fetch_max(self.lifted_by, Ordering::AcqRel);
        self.taint.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(readings: &Readings) {
        readings.found_nothing_hidden(readings.begin());
    }

    #[test]
    fn a_reading_lifts_what_was_in_the_database_before_it_began() {
        let readings = Arc::<Readings>::default();
        let taint = Taint::new(&readings);
        let (renaming, early) = (taint.renaming(), readings.begin());
        clear(&readings);
        assert!(taint.holds(), "it is under way");
        renaming.happened();
        readings.found_nothing_hidden(early);
        assert!(taint.holds(), "that one began before");
        let late = taint.renaming();
        clear(&readings);
        assert!(taint.holds(), "another is under way");
        late.undone();
        assert!(!taint.holds());
    }

    #[test]
    fn what_nobody_sees_the_end_of_is_for_good() {
        let readings = Arc::<Readings>::default();
        let (set, lost) = (Taint::new(&readings), Taint::new(&readings));
        set.for_good();
        drop(lost.renaming());
        for taint in [set, lost] {
            taint.renaming().happened();
            clear(&readings);
            assert!(taint.holds());
        }
    }
}
