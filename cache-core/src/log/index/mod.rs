//! Mark to the sequence number at which it was last touched.
//!
//! The index is a table of cache lines of fixed size. It never misses a touch that it has applied; it may
//! report one that never was: two marks that share a line and 24 bits look alike, and a full line forgets its
//! oldest mark into a floor that stands for all marks of the line. Both cost a miss.
//!
//! A summary in front of the table tells by groups of marks when any of them was last touched: what is older than the
//! result needs no look into the table, so a result of a thousand marks costs a thousand looks into 32 KiB.
//!
//! **What holds**: every record with `floor < seq <= index.seq` of the index's epoch is in the table. A gap in
//! the records, or a tail that begins too late, raises the floor over what was not seen. Entries below the
//! floor cannot be verified, so they miss.
//!
//! Readers take no lock. A record is in the table, and the floor is raised, before `seq` says so. A new epoch
//! clears the table, which a reader notices by the generation: odd while the table is being cleared.

mod line;
mod summary;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::line::{Line, MAX_OFFSET};
use self::summary::Summary;
use super::fence::Up;
use super::{Epoch, Fate, FenceId, Position, Record, Tail, TransactionId};
use crate::mark::{Mark, Marks};

/// The last touch of some 200,000 marks.
const DEFAULT_BYTES: usize = 2 << 20;
/// The bits of a mark that choose the line stay apart from those that a way keeps.
const MAX_LINES: usize = 1 << 24;

/// What this process knows of the log.
///
/// ```
/// use cache_core::log::{Applied, Epoch, Index, Position, Record, Verdict};
/// use cache_core::{Mark, Marks};
///
/// let at = |seq| Position { epoch: Epoch::from_bits(1), seq };
/// let marks: Marks = [Mark::from_bits(7)].into_iter().collect();
/// let index = Index::new(at(0));
/// assert_eq!(index.check(at(0), at(0), marks.as_slice()), Verdict::Valid { at: at(0) });
///
/// assert_eq!(index.apply(&Record::new(at(1), marks.clone())), Applied::Now);
/// let touched = Verdict::Touched { mark: Mark::from_bits(7), seq: 1 };
/// assert_eq!(index.check(at(1), at(0), marks.as_slice()), touched);
/// ```
pub struct Index {
    lines: Box<[Line]>,
    summary: Summary,
    generation: AtomicU64,
    epoch: AtomicU64,
    base: AtomicU64,
    floor: AtomicU64,
    seq: AtomicU64,
    up: Up,
    /// Until when a fence may be up that the index has not seen.
    hidden_until: Mutex<Option<Instant>>,
    /// Whether there is such a moment, so that who asks without one reads one flag.
    hides: AtomicBool,
    /// Held by whoever changes anything above.
    writer: Mutex<()>,
}

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "after a gap the index has to follow the log"]
pub enum Applied {
    /// The index knows it now.
    Now,
    /// The index knew it, or something later, before.
    Already,
    /// Records between it and the index's position are missing, so nothing was applied.
    Gap,
}

/// Whether a result is still what the database would answer, as far as the log knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing touched it up to `at`.
    Valid {
        /// The newest position that the index had applied.
        at: Position,
    },
    /// A later record has one of its marks.
    Touched {
        /// The mark.
        mark: Mark,
        /// The sequence number of the last record that has it.
        seq: u64,
    },
    /// A commit that may be happening has one of its marks.
    Fenced,
    /// The index has not seen, or has forgotten, records that matter.
    Unverifiable,
    /// The result is of another epoch.
    OldEpoch,
    /// The index has to follow the log to the head first.
    Behind,
}

impl Index {
    /// An index of the usual size that knows nothing of what was before `start`.
    #[must_use]
    pub fn new(start: Position) -> Self {
        Self::with_bytes(start, DEFAULT_BYTES)
    }

    /// An index of about this many bytes; a smaller one forgets sooner.
    #[must_use]
    pub fn with_bytes(start: Position, bytes: usize) -> Self {
        let lines = (bytes / size_of::<Line>()).clamp(1, MAX_LINES).next_power_of_two();
        Self {
            lines: (0..lines).map(|_| Line::default()).collect(),
            summary: Summary::default(),
            generation: AtomicU64::new(0),
            epoch: AtomicU64::new(start.epoch.bits()),
            base: AtomicU64::new(start.seq),
            floor: AtomicU64::new(start.seq),
            seq: AtomicU64::new(start.seq),
            up: Up::default(),
            hidden_until: Mutex::default(),
            hides: AtomicBool::new(false),
            writer: Mutex::new(()),
        }
    }

    /// Whether so many fences are up that some may have been forsaken by their writers.
    pub(crate) fn has_many_fences(&self) -> bool {
        self.up.are_many()
    }

    /// How far the index has followed the log.
    #[must_use]
    pub fn position(&self) -> Position {
        let _writer = self.lock();
        Position {
            epoch: Epoch::from_bits(self.epoch.load(Ordering::Relaxed)),
            seq: self.seq.load(Ordering::Relaxed),
        }
    }

    /// How far the index has followed the log, at least. Whoever reads the number first and the epoch second may see
    /// an old number with a new epoch, but never a new number with an old epoch.
    #[must_use]
    #[inline]
    pub fn newest(&self) -> Position {
        let seq = self.seq.load(Ordering::Acquire);
        Position { epoch: Epoch::from_bits(self.epoch.load(Ordering::Acquire)), seq }
    }

    /// Whether the index has followed the log to `head`.
    #[must_use]
    #[inline]
    pub fn has(&self, head: Position) -> bool {
        let seq = self.seq.load(Ordering::Acquire);
        self.epoch.load(Ordering::Acquire) == head.epoch.bits() && seq >= head.seq
    }

    /// Judges a result with these marks that was loaded at `position`, for a reader who read `head`.
    #[must_use]
    pub fn check(&self, head: Position, position: Position, marks: &[Mark]) -> Verdict {
        self.expire_fences();
        let generation = self.generation.load(Ordering::Acquire);
        let verdict = self.judge(head, position, marks);
        if generation % 2 == 1 || self.generation.load(Ordering::Acquire) != generation {
            return Verdict::Unverifiable;
        }
        verdict
    }

    fn judge(&self, head: Position, position: Position, marks: &[Mark]) -> Verdict {
        let at = Position {
            seq: self.seq.load(Ordering::Acquire),
            epoch: Epoch::from_bits(self.epoch.load(Ordering::Acquire)),
        };
        let base = self.base.load(Ordering::Acquire);
        if at.epoch != head.epoch || at.seq < head.seq {
            return Verdict::Behind;
        }
        if position.epoch != at.epoch {
            return Verdict::OldEpoch;
        }
        if position.seq > at.seq || position.seq < self.floor.load(Ordering::Acquire).max(base) {
            return Verdict::Unverifiable;
        }
        // Before the table: a fence that is lifted or runs out meanwhile has touched the table first.
        if self.up.meets(marks) {
            return Verdict::Fenced;
        }
        if position.seq == at.seq {
            return Verdict::Valid { at };
        }
        let offset = position.seq - base;
        let mut verdict = Verdict::Valid { at };
        let may_be_touched = |mark: &&Mark| self.summary.may_be_touched_after(**mark, offset);
        for &mark in marks.iter().filter(may_be_touched) {
            let last = self.line(mark).last(mark.bits());
            if last.recorded > offset {
                return Verdict::Touched { mark, seq: base + last.recorded };
            }
            if last.forgotten > offset {
                verdict = Verdict::Unverifiable;
            }
        }
        verdict
    }

    /// Applies one record, as its publisher or a tail of the log learnt it, if the index has all before it.
    pub fn apply(&self, record: &Record) -> Applied {
        let _writer = self.lock();
        let seq = self.seq.load(Ordering::Relaxed);
        if record.position.epoch.bits() != self.epoch.load(Ordering::Relaxed) {
            return Applied::Gap;
        }
        if record.position.seq <= seq {
            return Applied::Already;
        }
        if record.position.seq > seq + 1 {
            return Applied::Gap;
        }
        self.append(record);
        Applied::Now
    }

    /// Brings the index to the head of the log. What the tail no longer has raises the floor.
    pub fn follow(&self, tail: &Tail) {
        let _writer = self.lock();
        let restarted = self.epoch.load(Ordering::Relaxed) != tail.head.epoch.bits();
        if restarted {
            let start = tail.records.first().map_or(tail.head.seq, |first| first.position.seq - 1);
            self.restart(Position { seq: start, ..tail.head });
        }
        let before = self.floor.load(Ordering::Relaxed);
        for record in &tail.records {
            self.append(record);
        }
        if self.seq.load(Ordering::Relaxed) < tail.head.seq {
            self.floor.store(tail.head.seq, Ordering::Release);
            self.seq.store(tail.head.seq, Ordering::Release);
        }
        let has_missed = restarted || self.floor.load(Ordering::Relaxed) > before;
        if has_missed && !tail.hidden_fences.is_zero() {
            let until = Instant::now() + tail.hidden_fences;
            let mut hidden = self.hidden_until.lock().unwrap_or_else(PoisonError::into_inner);
            *hidden = hidden.max(Some(until));
            self.hides.store(true, Ordering::Release);
        }
    }

    /// What a load must not be kept for that starts now, at this head: the marks of all fences that are up. None if
    /// nothing may be kept, since a fence may be up that the index has not seen, or it is not at the head any more.
    #[must_use]
    pub fn fences(&self, head: Position) -> Option<Vec<Arc<Marks>>> {
        self.expire_fences();
        let _writer = self.lock();
        let mut hidden = self.hidden_until.lock().unwrap_or_else(PoisonError::into_inner);
        if hidden.is_some_and(|until| Instant::now() < until) || !self.has(head) {
            return None;
        }
        *hidden = None;
        self.hides.store(false, Ordering::Release);
        Some(self.up.marks())
    }

    /// Whether a fence may be up that the index has not seen, so that nothing may be kept.
    #[must_use]
    pub fn hides_fences(&self) -> bool {
        if !self.hides.load(Ordering::Acquire) {
            return false;
        }
        let hidden = self.hidden_until.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.is_some_and(|until| Instant::now() < until)
    }

    /// The position, or the last one before all fences that are up: what was read after it may be older than they.
    #[must_use]
    pub fn before_fences(&self, position: Position) -> Position {
        self.expire_fences();
        let oldest =
            self.up.oldest().map_or(position.seq, |oldest| position.seq.min(oldest.saturating_sub(1)));
        Position { seq: oldest, ..position }
    }

    /// The fences that have been up for this long and whose transactions the database can be asked about.
    #[must_use]
    pub fn doubtful(&self, age: Duration) -> Vec<(FenceId, TransactionId)> {
        self.up.doubtful(age)
    }

    /// Notes what the database says of the transaction of a fence; none if it cannot say. A committed one is a touch at
    /// its place: a load that starts after the answer sees it.
    pub fn settle(&self, fence: FenceId, fate: Option<Fate>) {
        let _writer = self.lock();
        let base = self.base.load(Ordering::Relaxed);
        self.up.settle(fence, fate, |seq, marks| self.touch(marks, seq.saturating_sub(base)));
    }

    /// A fence that has run out is a touch at its position: its writer may have committed before it died.
    fn expire_fences(&self) {
        if self.up.has_expired() {
            let _writer = self.lock();
            let base = self.base.load(Ordering::Relaxed);
            self.up.expire(|seq, marks| self.touch(marks, seq.saturating_sub(base)));
        }
    }

    fn touch(&self, marks: &Marks, offset: u64) {
        if offset > 0 {
            for &mark in marks.as_slice() {
                self.line(mark).touch(mark.bits(), offset);
                self.summary.touch(mark, offset);
            }
        }
    }

    fn append(&self, record: &Record) {
        let Position { epoch, seq } = record.position;
        let last = self.seq.load(Ordering::Relaxed);
        if seq <= last {
            return;
        }
        let offset = seq - self.base.load(Ordering::Relaxed);
        if epoch.bits() != self.epoch.load(Ordering::Relaxed) || offset > MAX_OFFSET {
            self.restart(Position { epoch, seq: seq - 1 });
        } else if seq > last + 1 {
            self.floor.store(seq - 1, Ordering::Release);
        }
        let offset = seq - self.base.load(Ordering::Relaxed);
        self.touch(&record.marks, offset);
        for id in &record.fences.lifted {
            self.up.lift(*id);
        }
        if !record.fences.raised.is_empty() && self.up.are_many() {
            // Who never reads would gather all that nobody lifts.
            let base = self.base.load(Ordering::Relaxed);
            self.up.expire(|seq, marks| self.touch(marks, seq.saturating_sub(base)));
        }
        for fence in &record.fences.raised {
            self.up.raise(seq, fence);
        }
        self.seq.store(seq, Ordering::Release);
    }

    /// Forgets everything: what was before `start` is unknown.
    fn restart(&self, start: Position) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.up.clear();
        for line in &self.lines {
            line.clear();
        }
        self.summary.clear();
        self.epoch.store(start.epoch.bits(), Ordering::Release);
        self.base.store(start.seq, Ordering::Release);
        self.floor.store(start.seq, Ordering::Release);
        self.seq.store(start.seq, Ordering::Release);
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    fn line(&self, mark: Mark) -> &Line {
        // The number of lines is a power of two of at most 2^24, so the truncation drops no bit of the mask.
        &self.lines[mark.bits() as usize & (self.lines.len() - 1)]
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("position", &self.position()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
