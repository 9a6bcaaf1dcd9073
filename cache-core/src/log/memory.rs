//! The log of one process.

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::future::ready;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{BoxFuture, Epoch, Log, Position, Record, Tail};
use crate::error::Result;
use crate::mark::Marks;

/// Records beyond this are dropped; an index that is further behind raises its floor.
const MAX_RECORDS: usize = 4096;
/// Marks in all records together, so that many wide publications stay bounded too.
const MAX_MARKS: usize = 1 << 18;

/// An invalidation log in this process's memory. All its futures are ready at the first poll.
///
/// ```
/// use cache_core::log::{Log, MemoryLog};
///
/// let log = MemoryLog::new();
/// assert_eq!(log.try_head().map(|head| head.seq), Some(0));
/// ```
pub struct MemoryLog {
    /// Written under the lock of `records`, and the epoch before the sequence number. So whoever reads the
    /// number first and the epoch second may see an old number with a new epoch, which no entry is valid
    /// at, but never a new number with an old epoch.
    seq: AtomicU64,
    epoch: AtomicU64,
    records: Mutex<Records>,
}

#[derive(Default)]
struct Records {
    kept: VecDeque<Record>,
    marks: usize,
}

impl MemoryLog {
    /// An empty log in an epoch of its own.
    #[must_use]
    pub fn new() -> Self {
        Self {
            seq: AtomicU64::new(0),
            epoch: AtomicU64::new(fresh_epoch(0).bits()),
            records: Mutex::new(Records::default()),
        }
    }

    fn position(&self) -> Position {
        let seq = self.seq.load(Ordering::Acquire);
        Position { epoch: Epoch::from_bits(self.epoch.load(Ordering::Acquire)), seq }
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, marks: &Marks) -> Position {
        let mut records = self.lock();
        let before = self.position();
        let position = Position { seq: before.seq + 1, ..before };
        records.push(Record { position, marks: Arc::new(marks.clone()) });
        self.seq.store(position.seq, Ordering::Release);
        position
    }

    fn tail(&self, after: Position) -> Tail {
        let records = self.lock();
        let head = self.position();
        let newer = records.kept.iter().rev().take_while(|record| record.position.seq > after.seq);
        let mut newer: Vec<Record> = newer.cloned().collect();
        newer.reverse();
        Tail { head, records: newer }
    }

    fn start_epoch(&self) -> Position {
        let mut records = self.lock();
        *records = Records::default();
        let seq = self.seq.load(Ordering::Acquire) + 1;
        let epoch = fresh_epoch(seq);
        self.epoch.store(epoch.bits(), Ordering::Release);
        self.seq.store(seq, Ordering::Release);
        Position { epoch, seq }
    }
}

impl Records {
    fn push(&mut self, record: Record) {
        self.marks += record.marks.len();
        self.kept.push_back(record);
        while self.kept.len() > MAX_RECORDS || self.marks > MAX_MARKS {
            let Some(dropped) = self.kept.pop_front() else { return };
            self.marks -= dropped.marks.len();
        }
    }
}

/// Random, so that two logs, or two lives of one, never share an epoch.
fn fresh_epoch(salt: u64) -> Epoch {
    Epoch::from_bits(RandomState::new().hash_one(salt))
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryLog").field("head", &self.position()).finish_non_exhaustive()
    }
}

impl Log for MemoryLog {
    fn try_head(&self) -> Option<Position> {
        Some(self.position())
    }

    fn head(&self) -> BoxFuture<'_, Result<Position>> {
        Box::pin(ready(Ok(self.position())))
    }

    fn publish<'a>(&'a self, marks: &'a Marks) -> BoxFuture<'a, Result<Position>> {
        Box::pin(async { Ok(self.append(marks)) })
    }

    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>> {
        Box::pin(async move { Ok(self.tail(position)) })
    }

    fn renew(&self) -> BoxFuture<'_, Result<Position>> {
        Box::pin(async { Ok(self.start_epoch()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::Mark;

    fn marks(bits: u64) -> Marks {
        [Mark::from_bits(bits)].into_iter().collect()
    }

    #[tokio::test]
    async fn the_tail_holds_what_was_published_after_a_position() -> Result<()> {
        let log = MemoryLog::new();
        let first = log.publish(&marks(1)).await?;
        let second = log.publish(&marks(2)).await?;
        let tail = log.read_after(first).await?;
        assert_eq!(tail.head, second);
        assert_eq!(tail.records, [Record { position: second, marks: Arc::new(marks(2)) }]);
        Ok(())
    }

    #[tokio::test]
    async fn sequence_numbers_never_repeat_in_a_later_epoch() -> Result<()> {
        let log = MemoryLog::new();
        let old = log.publish(&marks(1)).await?;
        let new = log.renew().await?;
        assert_ne!(old.epoch, new.epoch);
        assert!(new.seq > old.seq);
        assert_eq!(log.read_after(old).await?.records, []);
        Ok(())
    }

    #[tokio::test]
    async fn the_log_is_bounded_in_records_and_in_marks() -> Result<()> {
        let log = MemoryLog::new();
        let start = log.head().await?;
        for bits in 0..=MAX_RECORDS as u64 {
            log.publish(&marks(bits)).await?;
        }
        let tail = log.read_after(start).await?;
        assert_eq!(tail.records.len(), MAX_RECORDS);
        assert_eq!(tail.records.first().map(|record| record.position.seq), Some(2));

        let wide: Marks = (0..1 << 17).map(Mark::from_bits).collect();
        for _ in 0..3 {
            log.publish(&wide).await?;
        }
        assert_eq!(log.read_after(start).await?.records.len(), 2);
        Ok(())
    }
}
