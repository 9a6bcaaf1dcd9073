//! Publications that have not reached the log.
//!
//! A publication holds a [`Debt`] from before it is sent until the log has confirmed it. Whatever ends it earlier
//! (an error, a dropped future, a panic) leaves the marks here, and the next publication takes them along. Until
//! they are delivered this process does not know which of its entries are still true, so it serves none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::why::Cause;
use crate::mark::Marks;

/// An explanation names no more causes than this.
const MAX_CAUSES: usize = 16;

/// What this process owes to the log.
#[derive(Default)]
pub(super) struct Owed {
    waiting: Mutex<Batch>,
    /// How many publications are owed: those waiting, and those taken along but not confirmed yet.
    unsettled: AtomicUsize,
}

/// Publications that go as one.
#[derive(Default)]
pub(super) struct Batch {
    marks: Marks,
    causes: Vec<Cause>,
    publications: usize,
}

/// Marks on their way to the log, owed unless [settled](Self::settle).
pub(super) struct Debt<'a> {
    owed: &'a Owed,
    batch: Batch,
    /// How many of the batch's publications have been owed before.
    old: usize,
}

impl Owed {
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.count() > 0
    }

    #[inline]
    pub(super) fn count(&self) -> usize {
        self.unsettled.load(Ordering::Acquire)
    }

    /// Takes everything that waits along with new publications; none if there is nothing to publish at all.
    pub(super) fn take(&self, new: Batch) -> Option<Debt<'_>> {
        let mut batch = std::mem::take(&mut *self.lock());
        let old = batch.publications;
        batch.add(new);
        (batch.publications > 0).then_some(Debt { owed: self, batch, old })
    }

    fn lock(&self) -> MutexGuard<'_, Batch> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    /// One publication; none if there are no marks.
    pub(super) fn new(marks: Marks, cause: Option<Cause>) -> Self {
        let publications = usize::from(!marks.is_empty());
        Self { marks, causes: Vec::from_iter(cause), publications }
    }

    /// Whether there is nothing to publish.
    pub(super) fn is_empty(&self) -> bool {
        self.publications == 0
    }

    /// How many marks there are.
    pub(super) fn width(&self) -> usize {
        self.marks.len()
    }

    pub(super) fn add(&mut self, other: Batch) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            *self = Batch { marks: other.marks.bounded(), ..other };
            return;
        }
        self.marks.merge(&other.marks);
        self.marks = std::mem::take(&mut self.marks).bounded();
        self.causes.extend(other.causes);
        self.causes.truncate(MAX_CAUSES);
        self.publications += other.publications;
    }
}

impl Debt<'_> {
    pub(super) fn marks(&self) -> &Marks {
        &self.batch.marks
    }

    /// Whether nothing of it has been owed before.
    pub(super) fn is_new(&self) -> bool {
        self.old == 0
    }

    /// The log has confirmed the marks.
    pub(super) fn settle(mut self) -> (Marks, Vec<Cause>) {
        let batch = std::mem::take(&mut self.batch);
        self.owed.unsettled.fetch_sub(self.old, Ordering::AcqRel);
        (batch.marks, batch.causes)
    }
}

impl Drop for Debt<'_> {
    fn drop(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if batch.publications > 0 {
            self.owed.unsettled.fetch_add(batch.publications - self.old, Ordering::AcqRel);
            self.owed.lock().add(batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::Mark;

    fn marks(bits: u64) -> Marks {
        [Mark::from_bits(bits)].into_iter().collect()
    }

    #[test]
    fn a_publication_that_is_dropped_is_taken_along_by_the_next() {
        let owed = Owed::default();
        drop(owed.take(Batch::new(marks(1), None)));
        assert_eq!(owed.count(), 1);
        let debt = owed.take(Batch::new(marks(2), None)).unwrap();
        assert_eq!(debt.marks().len(), 2);
        assert_eq!(owed.count(), 1, "taken along is not delivered");
        drop(debt);
        assert_eq!(owed.count(), 2);
        owed.take(Batch::default()).unwrap().settle();
        assert_eq!(owed.count(), 0);
        assert!(owed.take(Batch::default()).is_none());
    }

    #[test]
    fn too_many_owed_marks_become_the_mark_of_every_entry() {
        let owed = Owed::default();
        drop(owed.take(Batch::new((0..=4096).map(Mark::from_bits).collect(), None)));
        assert_eq!(owed.take(Batch::default()).unwrap().marks(), &Marks::everything());
    }
}
