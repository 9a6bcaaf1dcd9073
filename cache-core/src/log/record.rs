//! What the log consists of.

use std::sync::Arc;

use std::time::Duration;

use super::{Fences, Position};
use crate::mark::Marks;

/// What was appended as one: publications, fences, or both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The place right after the record: the first one from which a load has seen what the record announces.
    pub position: Position,
    /// What was touched.
    pub marks: Arc<Marks>,
    /// Commits that may be happening, or do no more.
    pub fences: Arc<Fences>,
}

impl Record {
    /// A record of marks only.
    #[must_use]
    pub fn new(position: Position, marks: impl Into<Arc<Marks>>) -> Self {
        Self { position, marks: marks.into(), fences: Arc::default() }
    }

    /// How many marks it holds.
    pub(super) fn weight(&self) -> usize {
        let raised = self.fences.raised.iter();
        self.marks.len() + raised.map(|fence| fence.marks.len()).sum::<usize>() + self.fences.lifted.len()
    }
}

/// The newest part of the log, as far as it is still there.
///
/// A log is bounded, so the oldest records asked for may be missing. Their sequence numbers show the gap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tail {
    /// The newest position.
    pub head: Position,
    /// Records of the head's epoch, in ascending order.
    pub records: Vec<Record>,
    /// For how long from now on a fence may be up whose record is not among these and was not applied before: it
    /// was dropped, or was in a former life of the log.
    pub hidden_fences: Duration,
}

impl Tail {
    /// A tail from which no fence is missing.
    #[must_use]
    pub fn new(head: Position, records: Vec<Record>) -> Self {
        Self { head, records, hidden_fences: Duration::ZERO }
    }
}
