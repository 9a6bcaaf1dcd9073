//! Time, as far as entries expire by it.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clock that entries expire by.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System { origin: Instant },
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

/// What the system's clock begins with: entries of other processes may be older than this one.
const BEGINNING: u64 = 1 << 40;

/// A moment in milliseconds since long before the clock's origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Moment(u64);

/// The time at which one look is made: a hit in this process asks the computer for it once, and only if it has to,
/// since that takes longer than most of what else it does.
#[derive(Debug, Default)]
pub(super) struct Now(OnceCell<Instant>);

impl Now {
    pub(super) fn instant(&self) -> Instant {
        *self.0.get_or_init(Instant::now)
    }
}

impl Moment {
    pub(super) const NEVER: Moment = Moment(u64::MAX);

    /// So much later; what never comes still does not.
    pub(super) fn later(self, by: Duration) -> Self {
        Self(self.0.saturating_add(saturating_millis(by)))
    }

    /// So much earlier.
    pub(super) fn earlier(self, by: Duration) -> Self {
        if self == Self::NEVER { self } else { Self(self.0.saturating_sub(saturating_millis(by))) }
    }

    /// How long it is from `earlier` to here; none if this moment never comes.
    pub(super) fn since(self, earlier: Moment) -> Option<Duration> {
        (self != Self::NEVER).then(|| Duration::from_millis(self.0.saturating_sub(earlier.0)))
    }
}

impl Clock {
    /// The computer's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System { origin: Instant::now() })
    }

    pub(super) fn now(&self) -> Moment {
        self.moment(&Now::default())
    }

    /// Whether a moment is here or over; what never comes costs no look at the clock.
    pub(super) fn has_passed(&self, moment: Moment) -> bool {
        self.has_passed_by(moment, &Now::default())
    }

    /// The same for who looks at the clock for other reasons too.
    pub(super) fn has_passed_by(&self, moment: Moment, now: &Now) -> bool {
        moment != Moment::NEVER && moment <= self.moment(now)
    }

    fn moment(&self, now: &Now) -> Moment {
        Moment(match &self.0 {
            Kind::System { origin } => {
                let since = now.instant().saturating_duration_since(*origin);
                BEGINNING.saturating_add(saturating_millis(since))
            }
            Kind::Manual { millis } => millis.load(Ordering::Relaxed),
        })
    }

    pub(super) fn after(&self, ttl: Duration) -> Moment {
        Moment(self.now().0.saturating_add(saturating_millis(ttl)))
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
            Some(ahead) => unix_now.saturating_add(ahead),
            None => unix_now.saturating_sub(now - moment.0),
        }
    }

    /// Milliseconds since the Unix epoch: entries carry these, because processes share no origin.
    pub(super) fn unix_millis(&self) -> u64 {
        match &self.0 {
            Kind::System { .. } => {
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

fn saturating_millis(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1000).saturating_add(u64::from(duration.subsec_millis()))
}
