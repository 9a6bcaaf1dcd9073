//! A savepoint on its way.

use std::sync::Arc;

use super::journal::Journal;
use crate::mutation::{self, Mutation};

/// A savepoint that is being set in a transaction. Dropped before it is [settled](Self::settled), it has ended the
/// transaction: drivers that are interrupted while they begin go back by one level, and the level may be that of what the
/// savepoint is in.
#[derive(Debug)]
#[must_use = "settle it, or the transaction has ended"]
pub struct SavepointStep {
    journal: Option<Arc<Journal>>,
}

impl SavepointStep {
    pub(super) fn new(journal: Option<Arc<Journal>>) -> Self {
        Self { journal }
    }

    /// It is set, or was taken back alone: the transaction stands.
    pub fn settled(mut self) {
        self.journal = None;
    }
}

impl Drop for SavepointStep {
    fn drop(&mut self) {
        if mutation::is(Mutation::BrokenSavepointsGoOn) {
            return;
        }
        self.journal.iter().for_each(|journal| journal.break_off());
    }
}
