//! The log of one process.

use std::collections::hash_map::RandomState;
use std::future::ready;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::records::Records;
use super::{BoxFuture, Epoch, Fences, Log, Position, Record, Tail};
use crate::error::Result;
use crate::mark::Marks;

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

    fn push(&self, marks: Arc<Marks>, fences: Fences) -> Record {
        let mut records = self.lock();
        let before = self.position();
        let record =
            Record { position: Position { seq: before.seq + 1, ..before }, marks, fences: Arc::new(fences) };
        records.push(record.clone());
        self.seq.store(record.position.seq, Ordering::Release);
        record
    }

    fn tail(&self, after: Position) -> Tail {
        let records = self.lock();
        let head = self.position();
        Tail::new(head, records.after(after.seq))
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

    fn append<'a>(&'a self, marks: &'a Marks, fences: Fences) -> BoxFuture<'a, Result<Record>> {
        Box::pin(async { Ok(self.push(Arc::new(marks.clone()), fences)) })
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
    use crate::log::records::MAX_RECORDS;
    use crate::mark::Mark;

    fn marks(bits: u64) -> Marks {
        [Mark::from_bits(bits)].into_iter().collect()
    }

    #[tokio::test]
    async fn the_tail_holds_what_was_published_after_a_position() -> Result<()> {
        let log = MemoryLog::new();
        let first = log.publish(&marks(1)).await?;
        let second = log.publish(&marks(2)).await?;
        let tail = log.read_after(first.position).await?;
        assert_eq!(tail.head, second.position);
        assert_eq!(tail.records, [second]);
        Ok(())
    }

    #[tokio::test]
    async fn sequence_numbers_never_repeat_in_a_later_epoch() -> Result<()> {
        let log = MemoryLog::new();
        let old = log.publish(&marks(1)).await?.position;
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
