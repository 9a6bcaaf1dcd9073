//! The invalidation log: positions, records, and each process's index of them.
//!
//! A write appends one [`Record`] with the marks that it touched; a read remembers the [`Position`] at which it
//! started. The read's result is valid as long as no later record shares one of its marks, and the [`Index`]
//! answers exactly that, without asking how many results depend on a mark.
//!
//! | part | what it is for |
//! |---|---|
//! | [`Log`] | what a log must do, wherever it lives |
//! | [`MemoryLog`] | the log of one process |
//! | [`Index`] | mark to the sequence number at which it was last touched |

mod index;
mod memory;
mod position;
mod record;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use index::{Index, Verdict};
pub use memory::MemoryLog;
pub use position::{Epoch, Position};
pub use record::{Record, Tail};

use crate::error::Result;
use crate::mark::Marks;

/// A boxed future, as the log's and the store's object-safe traits return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The totally ordered invalidation log.
///
/// Sequence numbers grow by one a record, and never repeat, not even in a later epoch.
pub trait Log: Send + Sync + fmt::Debug {
    /// The newest position, if it is known without waiting: only a log inside this process knows it.
    fn try_head(&self) -> Option<Position> {
        None
    }

    /// The newest position, read after the call.
    ///
    /// # Errors
    /// If the log does not answer.
    fn head(&self) -> BoxFuture<'_, Result<Position>>;

    /// Appends one record with these marks and returns its position.
    ///
    /// # Errors
    /// If the log did not confirm the record; it may have been appended all the same, so publish it again.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have appended the record; publish it again.
    fn publish<'a>(&'a self, marks: &'a Marks) -> BoxFuture<'a, Result<Position>>;

    /// The newest position and what is left of the records after `position`.
    ///
    /// # Errors
    /// If the log does not answer.
    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>>;

    /// Begins a new epoch: every older entry is a miss, everywhere.
    ///
    /// # Errors
    /// If the log does not answer.
    fn renew(&self) -> BoxFuture<'_, Result<Position>>;
}
