//! Commits that may be happening.
//!
//! A writer raises a **fence** before COMMIT and lifts it by the publication that follows, so that a writer which
//! dies in between leaves nothing stale: a fence that runs out is a touch at its position. While it is up, entries
//! that meet it are misses, and what is loaded is not kept, since nobody knows on which side of the COMMIT a load
//! has read. So a write may return as soon as its COMMIT has, if its fence was up then: whoever reads meets that until
//! the publication is in the log, or for good if it never gets there.
//!
//! One that names a transaction which the database can be asked about does not run out: it is up until the database
//! says what became of that, and is a touch only if it was committed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::mark::{Mark, Marks};

/// The longest time for which a fence may be up. Who has not seen the log for a while keeps nothing for as long.
pub const MAX_FENCE: Duration = Duration::from_secs(2);

/// Which fence: random for each that goes up, the same when it is renewed or another write goes on under it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FenceId(u64);

impl FenceId {
    /// The fence with these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits, as written to a record.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// A transaction that the database can be asked about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TransactionId {
    /// Which database: a hash of its name.
    pub database: u64,
    /// The number that the database has given to this transaction and gives to no other.
    pub number: u64,
}

/// What the database says of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Whatever is read from now on sees it.
    Committed,
    /// It never happens.
    RolledBack,
    /// It may still happen.
    InProgress,
}

/// A commit that may be happening.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fence {
    /// Which.
    pub id: FenceId,
    /// For how long it is up, counted by each reader from when it learns of it; at most [`MAX_FENCE`].
    pub ttl: Duration,
    /// All that the commit may touch.
    pub marks: Arc<Marks>,
    /// Whose commit it is, if the database can be asked: such a fence does not run out, but stays up until its
    /// transaction has ended.
    pub transaction: Option<TransactionId>,
}

/// What a record does to fences.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fences {
    /// Those that go up, in place of an older one of the same id.
    pub raised: Vec<Fence>,
    /// Those whose commit has happened, or never will; the record's marks are what it touched.
    pub lifted: Vec<FenceId>,
}

impl Fences {
    /// One that goes up.
    #[must_use]
    pub fn raise(fence: Fence) -> Self {
        Self { raised: vec![fence], lifted: Vec::new() }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raised.is_empty() && self.lifted.is_empty()
    }

    /// Adds those of `other`.
    pub fn merge(&mut self, other: Fences) {
        self.raised.extend(other.raised);
        self.lifted.extend(other.lifted);
        // A renewal that was sent before its lift comes too late.
        self.raised.retain(|fence| !self.lifted.contains(&fence.id));
    }
}

/// The fences that are up, as far as an index knows.
#[derive(Debug, Default)]
pub(super) struct Up {
    /// How many there are, so that whoever checks without any reads one number.
    count: AtomicUsize,
    /// How many there were when it was looked last which have run out.
    swept: AtomicUsize,
    fences: Mutex<Vec<UpFence>>,
}

/// Fewer are not looked through because of their number.
const FEW: usize = 64;

#[derive(Clone, Debug)]
struct UpFence {
    id: FenceId,
    seq: u64,
    since: Instant,
    until: Instant,
    marks: Arc<Marks>,
    /// None too if the database was asked and does not know.
    transaction: Option<TransactionId>,
}

impl UpFence {
    fn has_run_out(&self, now: Instant) -> bool {
        self.until <= now && self.transaction.is_none()
    }
}

impl Up {
    pub(super) fn raise(&self, seq: u64, fence: &Fence) {
        let now = Instant::now();
        let (until, marks) = (now + fence.ttl.min(MAX_FENCE), Arc::clone(&fence.marks));
        self.change(|fences| {
            let before =
                fences.iter().position(|up| up.id == fence.id).map(|place| fences.swap_remove(place));
            let since = before.as_ref().map_or(now, |before| before.since);
            let transaction = fence.transaction.or(before.and_then(|before| before.transaction));
            fences.push(UpFence { id: fence.id, seq, since, until, marks, transaction });
        });
    }

    pub(super) fn lift(&self, id: FenceId) {
        self.change(|fences| fences.retain(|up| up.id != id));
    }

    pub(super) fn clear(&self) {
        self.change(Vec::clear);
    }

    /// Gives each fence that has run out to `touch`, before it is gone from here.
    pub(super) fn expire(&self, mut touch: impl FnMut(u64, &Marks)) {
        if self.is_empty() {
            return;
        }
        let now = Instant::now();
        self.change(|fences| {
            for up in fences.iter().filter(|up| up.has_run_out(now)) {
                touch(up.seq, &up.marks);
            }
            fences.retain(|up| !up.has_run_out(now));
            self.swept.store(fences.len(), Ordering::Relaxed);
        });
    }

    /// Those that have been up for this long and whose transactions the database can be asked about.
    pub(super) fn doubtful(&self, age: Duration) -> Vec<(FenceId, TransactionId)> {
        if self.is_empty() {
            return Vec::new();
        }
        let fences = self.lock();
        let old = fences.iter().filter(|up| up.since.elapsed() >= age);
        old.filter_map(|up| Some((up.id, up.transaction?))).collect()
    }

    /// Notes what the database says, none if it does not know: the fence then runs out. One whose transaction is
    /// committed is given to `touch` before it is gone from here.
    pub(super) fn settle(&self, id: FenceId, fate: Option<Fate>, mut touch: impl FnMut(u64, &Marks)) {
        self.change(|fences| {
            let Some(place) = fences.iter().position(|up| up.id == id) else { return };
            match fate {
                Some(Fate::InProgress) => {}
                Some(Fate::RolledBack) => _ = fences.swap_remove(place),
                Some(Fate::Committed) => {
                    touch(fences[place].seq, &fences[place].marks);
                    fences.swap_remove(place);
                }
                None => fences[place].transaction = None,
            }
        });
    }

    /// Whether there are so many more than when it was looked last that some may have run out.
    pub(super) fn are_many(&self) -> bool {
        self.count.load(Ordering::Acquire) > FEW.max(self.swept.load(Ordering::Relaxed) * 2)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Whether any has run out.
    pub(super) fn has_expired(&self) -> bool {
        if self.is_empty() {
            return false;
        }
        let now = Instant::now();
        self.lock().iter().any(|up| up.has_run_out(now))
    }

    /// Whether any of these marks is one of a fence's.
    pub(super) fn meets(&self, marks: &[Mark]) -> bool {
        let meets = |up: &UpFence| marks.iter().any(|mark| up.marks.contains(*mark));
        !self.is_empty() && self.lock().iter().any(meets)
    }

    /// The marks of all.
    pub(super) fn marks(&self) -> Vec<Arc<Marks>> {
        if self.is_empty() {
            Vec::new()
        } else {
            self.lock().iter().map(|up| Arc::clone(&up.marks)).collect()
        }
    }

    /// The number of the oldest.
    pub(super) fn oldest(&self) -> Option<u64> {
        if self.is_empty() { None } else { self.lock().iter().map(|up| up.seq).min() }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<UpFence>)) {
        let mut fences = self.lock();
        change(&mut fences);
        self.count.store(fences.len(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<UpFence>> {
        self.fences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
