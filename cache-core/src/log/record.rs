//! What the log consists of.

use std::sync::Arc;

use super::Position;
use crate::mark::Marks;

/// One publication.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The place right after the record: the first one from which a load has seen what the record announces.
    pub position: Position,
    /// What was touched.
    pub marks: Arc<Marks>,
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
}
