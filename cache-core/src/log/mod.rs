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

mod fence;
mod index;
mod memory;
mod position;
mod record;
mod records;
mod tick;

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::time::{Duration, Instant};

pub use fence::{Fate, Fence, FenceId, Fences, MAX_FENCE, TransactionId};
pub use index::{Applied, Index, Verdict};
pub use memory::MemoryLog;
pub use position::{Epoch, Position};
pub use record::{Record, Tail};
#[cfg(feature = "redis")]
pub(crate) use records::Records;
pub use tick::Tick;
pub(crate) use tick::saturating_nanos;

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

    /// A position that was the newest no longer than `age` before `now`, if one is known without waiting.
    fn recent_head(&self, age: Duration, now: Tick) -> Option<Position> {
        let _ = (age, now);
        self.try_head()
    }

    /// The records between a position and a head, if all of them are known without waiting.
    fn recent_tail(&self, after: Position, head: Position) -> Option<Tail> {
        let _ = (after, head);
        None
    }

    /// What the log lends to those who use it, if it is reached over a network.
    fn remote(&self) -> Option<&dyn Remote> {
        None
    }

    /// Waits until the log can be used.
    ///
    /// # Errors
    /// If it does not answer, refuses the login, or is no log: the message says which.
    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    /// The newest position, read after the call.
    ///
    /// # Errors
    /// If the log does not answer.
    fn head(&self) -> BoxFuture<'_, Result<Position>>;

    /// The same for a caller who waits since then and needs no timer of its own: it ends by itself when that has
    /// taken as long as the log may keep a statement waiting. None if the log cannot promise that, or not now.
    fn head_in_time(&self, since: Instant) -> Option<BoxFuture<'_, Result<Position>>> {
        let _ = since;
        None
    }

    /// Appends a record of these, and perhaps of what others append at the same time, and returns it.
    ///
    /// # Errors
    /// If the log did not confirm the record; it may have been appended all the same, so append it again.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have appended the record; append it again.
    fn append<'a>(&'a self, marks: &'a Marks, fences: Fences) -> BoxFuture<'a, Result<Record>>;

    /// Appends a record of these marks and of nothing else.
    ///
    /// # Errors
    /// Those of [`append`](Self::append).
    fn append_alone<'a>(&'a self, marks: &'a Marks) -> BoxFuture<'a, Result<Record>> {
        self.append(marks, Fences::default())
    }

    /// Appends a record of marks only.
    ///
    /// # Errors
    /// Those of [`append`](Self::append).
    fn publish<'a>(&'a self, marks: &'a Marks) -> BoxFuture<'a, Result<Record>> {
        self.append(marks, Fences::default())
    }

    /// The newest position and what is left of the records after `position`.
    ///
    /// # Errors
    /// If the log does not answer.
    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>>;

    /// Begins a new epoch: every older entry is a miss, everywhere. Returns the epoch before it, directly, and its
    /// first position.
    ///
    /// # Errors
    /// If the log does not answer.
    fn renew(&self) -> BoxFuture<'_, Result<(Epoch, Position)>>;
}

/// What a log that is reached over a network lends to those who use it.
pub trait Remote: Send + Sync {
    /// How long the log may keep one statement waiting, all in all.
    fn patience(&self) -> Duration;

    /// A timer.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Runs a task that nobody waits for.
    fn spawn(&self, task: BoxFuture<'static, ()>);

    /// The same for one that must not end with the runtime of the caller, which may be ending now.
    fn spawn_apart(&self, task: BoxFuture<'static, ()>) {
        self.spawn(task);
    }

    /// Waits until the log can be used, however long that takes.
    fn recovered(&self) -> BoxFuture<'static, ()>;
}
