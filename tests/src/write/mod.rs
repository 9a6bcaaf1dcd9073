//! Writes as data: single ones, and how they are framed by transactions.

mod frame;
mod generate;
mod operation;
mod run;
mod texts;

pub use frame::{Beside, End, Part, Step};
pub use generate::Mix;
pub use operation::{Call, Change, Conflict, Operation, Row, Style};
pub use texts::{Text, texts};

use std::fmt;

use crate::backend::Backend;

/// What kind of write it is, as precision is reported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// One number of one row, by key.
    Counter,
    /// Texts of one row, by key.
    Edit,
    /// A row moves between scopes.
    Move,
    /// New rows.
    Insert,
    /// A row goes, by key.
    Delete,
    /// The rows of a filter.
    Bulk,
    /// A new row, or a change of the one in its way.
    Upsert,
    /// A text, or several in one.
    Raw,
    /// A write that deletes what is in its way.
    Replace,
    /// A key changes.
    Key,
    /// A write that the database follows up.
    Cascade,
    /// Nothing happens.
    NoOp,
    /// The schema changes.
    Schema,
    /// Another program changes the schema.
    Elsewhere,
    /// Several writes in one transaction.
    Several,
    /// Nothing is committed.
    RolledBack,
    /// The caller went away.
    Cancelled,
    /// The database refused it.
    Failed,
}

impl Kind {
    /// Whether it is one write that was committed.
    #[must_use]
    pub fn is_single(self) -> bool {
        !matches!(self, Self::Several | Self::Elsewhere | Self::RolledBack | Self::Cancelled | Self::Failed)
    }
}

/// One write: its text is the style, where there is one, and the SQL.
#[derive(Clone, Debug)]
pub struct Write {
    /// The database that it is for.
    pub backend: Backend,
    /// What kind of write it is.
    pub kind: Kind,
    /// What it does.
    pub operation: Operation,
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operation {
            Operation::Text { sql, call } => write!(f, "{call:?}: {sql}"),
            operation => {
                let style = operation.style().unwrap_or(Style::Bound);
                write!(f, "{style:?}: {}", operation.sql(self.backend))
            }
        }
    }
}
