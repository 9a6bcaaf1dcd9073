//! Numbers.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::why::{Level, Source};

/// What a cache has done since it was opened, and what it holds.
///
/// ```
/// # use cache_core::Cache;
/// let cache = Cache::from_url("memory://?private")?;
/// assert_eq!(cache.stats().hits, 0);
/// # Ok::<(), cache_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Reads that a typed value in this process answered.
    pub hits: u64,
    /// Reads that bytes in the store answered.
    pub store_hits: u64,
    /// Reads that took the result of another caller's load.
    pub joined: u64,
    /// Reads that were served beyond the time to live, or beyond a write, as their policy says.
    pub stale: u64,
    /// Reads that had to load.
    pub misses: u64,
    /// Reads that did not ask the cache.
    pub bypasses: u64,
    /// Entries stored.
    pub fills: u64,
    /// Entries that were loaded anew behind the back of their readers.
    pub refreshes: u64,
    /// Such loads that failed.
    pub failed_refreshes: u64,
    /// Results that could not be stored.
    pub unstorable: u64,
    /// Publications that the log confirmed.
    pub publications: u64,
    /// Publications that the log has not confirmed yet.
    pub owed: usize,
    /// Typed values in this process.
    pub entries: usize,
    /// What they weigh, in bytes.
    pub bytes: u64,
}

/// What is counted as it happens.
#[derive(Default)]
pub(super) struct Counters {
    hits: Striped,
    store_hits: AtomicU64,
    joined: AtomicU64,
    stale: AtomicU64,
    misses: AtomicU64,
    bypasses: AtomicU64,
    pub(super) fills: AtomicU64,
    pub(super) refreshes: AtomicU64,
    pub(super) failed_refreshes: AtomicU64,
    pub(super) unstorable: AtomicU64,
    pub(super) publications: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self, source: &Source) {
        match source {
            Source::Hit(Level::Values) => self.hits.increment(),
            Source::Hit(Level::Store) => increment(&self.store_hits),
            Source::Joined => increment(&self.joined),
            Source::Stale(_) => increment(&self.stale),
            Source::Miss(_) => increment(&self.misses),
            Source::Bypass(_) => increment(&self.bypasses),
        }
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            hits: self.hits.sum(),
            store_hits: self.store_hits.load(Ordering::Relaxed),
            joined: self.joined.load(Ordering::Relaxed),
            stale: self.stale.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            bypasses: self.bypasses.load(Ordering::Relaxed),
            fills: self.fills.load(Ordering::Relaxed),
            refreshes: self.refreshes.load(Ordering::Relaxed),
            failed_refreshes: self.failed_refreshes.load(Ordering::Relaxed),
            unstorable: self.unstorable.load(Ordering::Relaxed),
            publications: self.publications.load(Ordering::Relaxed),
            ..Stats::default()
        }
    }
}

pub(super) fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A counter whose threads rarely share a cache line: hits are counted on the fastest path there is.
#[derive(Default)]
struct Striped([Stripe; 16]);

#[derive(Default)]
#[repr(align(64))]
struct Stripe(AtomicU64);

impl Striped {
    fn increment(&self) {
        increment(&self.0[stripe() % self.0.len()].0);
    }

    fn sum(&self) -> u64 {
        self.0.iter().map(|stripe| stripe.0.load(Ordering::Relaxed)).sum()
    }
}

/// A number of the current thread's own; threads take turns.
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static STRIPE: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    STRIPE.try_with(|stripe| *stripe).unwrap_or_default()
}
