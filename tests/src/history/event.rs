//! What is written down.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::table::Table;

/// Nanoseconds of the machine's monotonic clock, which all processes share.
pub type Moment = u64;

/// The present moment.
#[must_use]
pub fn now() -> Moment {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// A process of a history; one that begins again has another number.
pub type Process = u32;

/// A row, by its key; keys come back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Row(pub Table, pub i64);

/// What a row is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Image {
    /// Grows with every change of the row, over its deaths and births too.
    pub version: i64,
    /// Names the change that made it; a statement has one stamp for all of its rows.
    pub stamp: i64,
    /// The value of the column by which rows are listed.
    pub group: i64,
}

/// What a change makes of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Effect {
    /// The row stays in its group.
    Kept,
    /// The row is in this group, whether it was there before or not.
    Group(i64),
    /// The row is gone.
    Gone,
}

/// What a statement does to one row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The row.
    pub row: Row,
    /// The name of the change.
    pub stamp: i64,
    /// What becomes of the row.
    pub effect: Effect,
    /// The version that it makes, or the last one if the row is gone; none while nobody can know.
    pub version: Option<i64>,
}

/// Whether the log has what a write touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Delivery {
    /// It has.
    Confirmed,
    /// It may not have: the process owed a publication when the write returned.
    Owed,
}

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Query {
    /// One row by its key.
    One(Row),
    /// The rows of a group.
    Group(Table, i64),
    /// How many rows a group has.
    Count(Table, i64),
    /// All rows of a table.
    All(Table),
    /// An item with its notes.
    Joined(i64),
}

/// What came back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// Rows.
    Rows(Vec<(Row, Image)>),
    /// A number of rows.
    Count(u64),
}

/// Who answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Source {
    /// The cache, or the database through it.
    Cache,
    /// The database itself.
    Database,
}

/// What one process has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Counts {
    /// Writes that returned.
    pub writes: u64,
    /// Writes that were refused, rolled back or abandoned.
    pub without_effect: u64,
    /// Reads.
    pub reads: u64,
    /// Reads that the cache answered.
    pub hits: u64,
    /// Reads of an entry that had expired, and that no write had touched.
    pub stale: u64,
    /// The longest operation.
    pub slowest: Moment,
}

/// One line of a history.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Event {
    /// These changes may take effect from now on.
    Began {
        /// The write, within its process.
        write: u64,
        /// The moment.
        at: Moment,
        /// What it may do.
        changes: Vec<Change>,
    },
    /// The write has returned.
    Ended {
        /// The write.
        write: u64,
        /// The moment.
        at: Moment,
        /// What it did, in place of what it might have done.
        changes: Vec<Change>,
        /// Whether others can know.
        delivery: Delivery,
    },
    /// The write was refused and did nothing.
    Refused {
        /// The write.
        write: u64,
    },
    /// The process owes nothing any more.
    Settled {
        /// The moment.
        at: Moment,
    },
    /// A read; its parts may be true at different moments.
    Read {
        /// Its start.
        from: Moment,
        /// Its end.
        to: Moment,
        /// Who answered.
        source: Source,
        /// What was asked and answered.
        parts: Vec<(Query, Answer)>,
    },
    /// An operation failed that should not have.
    Failed {
        /// The moment.
        at: Moment,
        /// The operation and its error.
        what: String,
    },
    /// In this span the process may not have reached the log.
    Unreachable {
        /// The process.
        process: Process,
        /// The start.
        from: Moment,
        /// The end.
        to: Moment,
    },
    /// The sums so far.
    Counted(Counts),
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.name(), self.1)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
