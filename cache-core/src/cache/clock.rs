//! Time, as far as entries expire by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::log::{Tick, saturating_nanos};

/// The clock that entries expire by.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Manual { millis: Arc<AtomicU64> },
}

/// A clock that stands still until it is told to advance, for tests.
///
/// ```
/// use std::time::Duration;
/// use cache_core::cache::ManualClock;
/// use cache_core::{Cache, Dep};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let time = ManualClock::new();
/// let cache = Cache::builder().clock(time.clock()).ttl(Duration::from_secs(60)).build();
/// cache.put("motd", "hello".to_owned(), [Dep::tag("texts")]).await?;
/// time.advance(Duration::from_secs(60));
/// assert_eq!(cache.get::<String>("motd").await, None);
/// # Ok::<(), cache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    millis: Arc<AtomicU64>,
}

/// What the system's clock begins with: entries of other processes may be older than this one, by decades.
const BEGINNING: u64 = 1 << 60;

/// Of a millisecond.
const NANOS: u64 = 1_000_000;

/// A moment in nanoseconds since long before this process began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Moment(u64);

/// The time at which one look is made: a hit in this process asks the computer for it once, and only if it has to,
/// since that takes longer than most of what else it does.
#[derive(Debug, Default)]
pub(super) struct Now {
    tick: Option<Tick>,
    latest: Option<Tick>,
}

impl Now {
    #[inline]
    pub(super) fn tick(&mut self) -> Tick {
        *self.tick.get_or_insert_with(Tick::now)
    }

    /// The latest moment that it can be: at a small part of the cost.
    #[inline]
    pub(super) fn latest(&mut self) -> Tick {
        *self.latest.get_or_insert_with(Tick::latest)
    }
}

impl Moment {
    pub(super) const NEVER: Moment = Moment(u64::MAX);

    /// So much later; what never comes still does not.
    pub(super) fn later(self, by: Duration) -> Self {
        Self(self.0.saturating_add(saturating_nanos(by)))
    }

    /// So much earlier.
    pub(super) fn earlier(self, by: Duration) -> Self {
        if self == Self::NEVER { self } else { Self(self.0.saturating_sub(saturating_nanos(by))) }
    }

    /// How long it is from `earlier` to here; none if this moment never comes.
    pub(super) fn since(self, earlier: Moment) -> Option<Duration> {
        (self != Self::NEVER).then(|| Duration::from_nanos(self.0.saturating_sub(earlier.0)))
    }
}

impl Clock {
    /// The computer's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System)
    }

    pub(super) fn now(&self) -> Moment {
        self.moment(&mut Now::default())
    }

    /// Whether a moment is here or over; what never comes costs no look at the clock.
    pub(super) fn has_passed(&self, moment: Moment) -> bool {
        self.has_passed_by(moment, &mut Now::default())
    }

    /// The same for who looks at the clock for other reasons too.
    #[inline]
    pub(super) fn has_passed_by(&self, moment: Moment, now: &mut Now) -> bool {
        let is_ahead = |now: &mut Now| matches!(self.0, Kind::System) && at(now.latest()) < moment;
        moment != Moment::NEVER && !is_ahead(now) && moment <= self.moment(now)
    }

    #[inline]
    fn moment(&self, now: &mut Now) -> Moment {
        match &self.0 {
            Kind::System => at(now.tick()),
            Kind::Manual { millis } => Moment(millis.load(Ordering::Relaxed).saturating_mul(NANOS)),
        }
    }

    pub(super) fn after(&self, ttl: Duration) -> Moment {
        self.now().later(ttl)
    }

    /// The moment of this Unix time.
    pub(super) fn at_unix(&self, millis: u64) -> Moment {
        if millis == u64::MAX {
            return Moment::NEVER;
        }
        let (now, unix_now) = (self.now(), self.unix_millis());
        match millis.checked_sub(unix_now) {
            Some(ahead) => now.later(Duration::from_millis(ahead)),
            None => now.earlier(Duration::from_millis(unix_now - millis)),
        }
    }

    /// The Unix time of a moment.
    pub(super) fn unix_at(&self, moment: Moment) -> u64 {
        if moment == Moment::NEVER {
            return u64::MAX;
        }
        let (now, unix_now) = (self.now().0, self.unix_millis());
        match moment.0.checked_sub(now) {
            Some(ahead) => unix_now.saturating_add(ahead / NANOS),
            None => unix_now.saturating_sub((now - moment.0) / NANOS),
        }
    }

    /// Milliseconds since the Unix epoch: entries carry these, because processes share no origin.
    pub(super) fn unix_millis(&self) -> u64 {
        match &self.0 {
            Kind::System => {
                saturating_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
            }
            Kind::Manual { millis } => millis.load(Ordering::Relaxed),
        }
    }
}

impl ManualClock {
    /// A clock that stands still.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What a cache is built with.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Kind::Manual { millis: Arc::clone(&self.millis) })
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.millis.fetch_add(saturating_millis(by), Ordering::Relaxed);
    }
}

/// The moment of a tick, by the system's clock.
#[inline]
fn at(tick: Tick) -> Moment {
    Moment(BEGINNING.saturating_add(tick.nanos()))
}

fn saturating_millis(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1000).saturating_add(u64::from(duration.subsec_millis()))
}
