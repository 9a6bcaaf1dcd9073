//! Time, as far as entries expire by it.

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
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    millis: Arc<AtomicU64>,
}

/// A moment in milliseconds since the clock's origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Moment(u64);

impl Moment {
    pub(super) const NEVER: Moment = Moment(u64::MAX);

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
        Moment(match &self.0 {
            Kind::System { origin } => saturating_millis(origin.elapsed()),
            Kind::Manual { millis } => millis.load(Ordering::Relaxed),
        })
    }

    pub(super) fn after(&self, ttl: Duration) -> Moment {
        Moment(self.now().0.saturating_add(saturating_millis(ttl)))
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
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
