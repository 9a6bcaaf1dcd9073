//! How one query is cached.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::stretch::Stretch;

/// By how much a time to live is shortened at most, in percent, so that entries filled together do not expire
/// together.
const DEFAULT_JITTER: u8 = 10;

/// How one query is cached: for how long, under which tags, and when not.
///
/// ```
/// use std::time::Duration;
/// use cache_core::{Policy, Skip};
///
/// let policy = Policy::new().ttl(Duration::from_secs(60)).tag("front-page");
/// assert_eq!(policy.get_ttl(), Some(Duration::from_secs(60)));
/// assert_eq!(policy.get_skip(), Skip::Nothing);
/// ```
#[derive(Clone)]
#[must_use = "a policy does nothing until a query has it"]
pub struct Policy {
    ttl: Option<Duration>,
    jitter: u8,
    enabled: Enabled,
    skip: Skip,
    consistency: Option<Consistency>,
    stretch: Stretch,
    tags: Vec<String>,
    store_if: Option<Arc<StoreIf>>,
}

type StoreIf = dyn Fn(&dyn Any) -> bool + Send + Sync;

/// Which half of caching is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Skip {
    /// Neither: look, and store what was not found.
    #[default]
    Nothing,
    /// The look-up: load anew and store that.
    Lookup,
    /// The store: serve what is there, but leave nothing.
    Store,
    /// Both: as without a cache.
    Both,
}

/// How recent a hit is at least.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Consistency {
    /// Every write that had returned when the read started is in it, whichever process wrote.
    #[default]
    Strict,
    /// It was so no longer than this ago; the process's own writes are always in it. While the log confirms where
    /// it is, a hit asks nobody. Where it does not, a read is as strict as ever.
    Bounded(Duration),
}

/// Whether a query is cached at all; converts from a setting of type `bool`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Enabled {
    /// It is.
    Yes,
    /// It is not: as without a cache.
    No,
}

impl From<bool> for Enabled {
    fn from(enabled: bool) -> Self {
        if enabled { Enabled::Yes } else { Enabled::No }
    }
}

impl Policy {
    /// The cache's own time to live, no tags, everything stored.
    pub const fn new() -> Self {
        Self {
            ttl: None,
            jitter: DEFAULT_JITTER,
            enabled: Enabled::Yes,
            skip: Skip::Nothing,
            consistency: None,
            stretch: Stretch::NONE,
            tags: Vec::new(),
            store_if: None,
        }
    }

    /// How long an entry may be served at most, instead of the cache's own time to live.
    ///
    /// Zero means that nothing is stored or served: each call loads. [`Duration::MAX`] never expires.
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// By how many percent (at most 100) a time to live is shortened at random, 10 by default. It is never
    /// lengthened, so the time to live stays the bound that it is.
    pub const fn jitter(mut self, percent: u8) -> Self {
        self.jitter = if percent > 100 { 100 } else { percent };
        self
    }

    /// Leaves out one half of caching, or both.
    pub const fn skip(mut self, skip: Skip) -> Self {
        self.skip = skip;
        self
    }

    /// How recent a hit is at least, instead of the cache's own setting.
    pub const fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    /// For how long after its time to live an entry that no write has touched may still be served, while one load
    /// fetches it anew.
    ///
    /// There is one such load at a time for each key, over all processes that share the cache. Adapters run it in a
    /// task of its own where they can, so that nobody waits; where they cannot, one caller loads as ever and the
    /// others are served meanwhile. If it fails, the entry stays until its stretched end, and the next attempt is a
    /// second away.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cache_core::Policy;
    ///
    /// let policy = Policy::new()
    ///     .ttl(Duration::from_secs(60))
    ///     .early_refresh(Duration::from_secs(5))
    ///     .stale_while_revalidate(Duration::from_secs(30))
    ///     .stale_if_error(Duration::from_secs(3600));
    /// assert!(policy.refreshes());
    /// ```
    pub const fn stale_while_revalidate(mut self, longer: Duration) -> Self {
        self.stretch.while_revalidate = longer;
        self
    }

    /// For how long after its time to live an entry that no write has touched is served if the load fails. An error
    /// of the load is then not returned.
    pub const fn stale_if_error(mut self, longer: Duration) -> Self {
        self.stretch.if_error = longer;
        self
    }

    /// How long before the end of its time to live a hit has the entry loaded anew, in a task of its own; at most
    /// half of the time to live counts. A load that no task can run is not started early.
    ///
    /// Who is first is decided by one flight in each process and one claim over all of them, so the hits need not be
    /// spread at random (the "optimal probabilistic" early expiration of Vattani, Chierichetti and Lowenstein,
    /// VLDB 2015, is for caches whose callers cannot agree on one).
    pub const fn early_refresh(mut self, before: Duration) -> Self {
        self.stretch.early = before;
        self
    }

    /// Serves an entry **although a write has touched it**, while it is loaded anew, if its load began no longer
    /// than this ago and its time to live is not over.
    ///
    /// What is given up: a read may not see a write that returned before it, not even one's own; it never gets a
    /// result older than this. What is won: a list that is written to all the time still answers at once, and is
    /// loaded once at a time. Tags, `invalidate_entry` and `clear` end the entry at once all the same; `invalidate`
    /// of a row, a scope or a table counts as a write. A block that uses such a result is not stored.
    pub const fn stale_after_write(mut self, age: Duration) -> Self {
        self.stretch.after_write = age;
        self
    }

    /// Turns caching off or on for the query, for instance by a setting.
    ///
    /// ```
    /// use cache_core::{Policy, Skip};
    ///
    /// assert_eq!(Policy::new().enabled(false).get_skip(), Skip::Both);
    /// ```
    pub fn enabled(mut self, enabled: impl Into<Enabled>) -> Self {
        self.enabled = enabled.into();
        self
    }

    /// Adds a tag: `cache.invalidate(Dep::tag(..))` ends every entry that carries it. An entry that was filled without it is
    /// a miss, so give the same read the same tags wherever it stands.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Stores only values of type `T` for which `keep` is true; values of other types are stored as ever.
    ///
    /// ```
    /// use cache_core::Policy;
    ///
    /// let policy = Policy::new().store_if(|found: &Vec<String>| !found.is_empty());
    /// ```
    pub fn store_if<T: 'static>(mut self, keep: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.store_if = Some(Arc::new(move |value| value.downcast_ref::<T>().is_none_or(&keep)));
        self
    }

    /// The query's own time to live, if it has one.
    #[must_use]
    pub const fn get_ttl(&self) -> Option<Duration> {
        self.ttl
    }

    /// How recent a hit is at least, if the query has a setting of its own.
    #[must_use]
    pub const fn get_consistency(&self) -> Option<Consistency> {
        self.consistency
    }

    /// Whether a read may ask for an entry to be loaded anew behind its back.
    #[must_use]
    pub const fn refreshes(&self) -> bool {
        self.stretch.refreshes()
    }

    pub(super) const fn stretch(&self) -> &Stretch {
        &self.stretch
    }

    /// What is left out; both if the policy is not enabled.
    #[must_use]
    pub const fn get_skip(&self) -> Skip {
        match self.enabled {
            Enabled::Yes => self.skip,
            Enabled::No => Skip::Both,
        }
    }

    /// The tags.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    pub(super) fn keeps(&self, value: &dyn Any) -> bool {
        self.store_if.as_ref().is_none_or(|keep| keep(value))
    }

    /// `ttl` without the share that `random` takes off.
    pub(super) fn shorten(&self, ttl: Duration, random: u64) -> Duration {
        let share = f64::from(self.jitter) / 100.0 * (random as f64 / u64::MAX as f64);
        if ttl == Duration::MAX {
            return ttl;
        }
        // The longest ones are longer as a number of seconds than a duration can be.
        Duration::try_from_secs_f64(ttl.as_secs_f64() * (1.0 - share)).map_or(ttl, |short| short.min(ttl))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("ttl", &self.ttl)
            .field("jitter", &self.jitter)
            .field("skip", &self.get_skip())
            .field("consistency", &self.consistency)
            .field("stretch", &self.stretch)
            .field("tags", &self.tags)
            .field("store_if", &self.store_if.as_ref().map(|_| ".."))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_only_shortens_and_by_no_more_than_its_share() {
        let minute = Duration::from_secs(60);
        for random in [0, 1, u64::MAX / 2, u64::MAX] {
            let ttl = Policy::new().jitter(25).shorten(minute, random);
            assert!(ttl <= minute && ttl >= Duration::from_secs(45), "{ttl:?}");
        }
        assert_eq!(Policy::new().jitter(0).shorten(minute, u64::MAX), minute);
        assert_eq!(Policy::new().shorten(Duration::MAX, u64::MAX), Duration::MAX);
        assert_eq!(Policy::new().jitter(200).shorten(minute, u64::MAX), Duration::ZERO);
    }

    #[test]
    fn store_if_judges_values_of_its_own_type_only() {
        let policy = Policy::new().store_if(|found: &Vec<u8>| !found.is_empty());
        assert!(!policy.keeps(&Vec::<u8>::new()));
        assert!(policy.keeps(&vec![1_u8]));
        assert!(policy.keeps(&String::new()));
    }
}
