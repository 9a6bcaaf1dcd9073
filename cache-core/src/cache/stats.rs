//! Numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

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
    #[inline]
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

/// A counter on the fastest path there is: the first threads of a process have a place of their own in it, which they
/// write without a locked operation, and all others share one.
#[derive(Default)]
struct Striped {
    own: [Stripe; MAX_STRIPES],
    others: AtomicU64,
}

#[derive(Default)]
#[repr(align(64))]
struct Stripe(AtomicU64);

impl Striped {
    #[inline]
    fn increment(&self) {
        match STRIPE.try_with(|stripe| self.own.get(stripe.0)) {
            // No other thread writes it.
            Ok(Some(Stripe(own))) => own.store(own.load(Ordering::Relaxed) + 1, Ordering::Relaxed),
            Ok(None) | Err(_) => increment(&self.others),
        }
    }

    fn sum(&self) -> u64 {
        let own = self.own.iter().map(|stripe| stripe.0.load(Ordering::Relaxed));
        self.others.load(Ordering::Relaxed) + own.sum::<u64>()
    }
}

const MAX_STRIPES: usize = 32;

/// Places that belong to no thread.
static FREE: Mutex<[bool; MAX_STRIPES]> = Mutex::new([true; MAX_STRIPES]);

/// A thread's place, for as long as it lives; none if all are taken when it is first asked for.
struct Place(usize);

thread_local! {
    static STRIPE: Place = Place::take();
}

impl Place {
    fn take() -> Self {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let place = free.iter().position(|is_free| *is_free).unwrap_or(MAX_STRIPES);
        free.get_mut(place).into_iter().for_each(|is_free| *is_free = false);
        Self(place)
    }
}

impl Drop for Place {
    /// What this thread has written is seen by the next one that takes the place.
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.get_mut(self.0).into_iter().for_each(|is_free| *is_free = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hit_is_lost_however_many_threads_count_and_end() {
        let counter = Striped::default();
        for _ in 0..2 {
            std::thread::scope(|scope| {
                for _ in 0..2 * MAX_STRIPES {
                    scope.spawn(|| (0..1_000).for_each(|_| counter.increment()));
                }
            });
        }
        assert_eq!(counter.sum(), 4 * MAX_STRIPES as u64 * 1_000);
    }
}
