//! The clock of this process, as those read it who are in a hurry.
//!
//! Looking at the clock takes longer than most of what a hit in this process does. Whoever only has to know that
//! something is still far ahead takes a glance, which costs a tenth: it tells the latest moment that it can be.

use std::time::Duration;

/// A moment of this process's clock, which never goes back, in nanoseconds since it began.
///
/// ```
/// use std::time::Duration;
/// use cache_core::log::Tick;
///
/// let (earlier, latest) = (Tick::now(), Tick::latest());
/// assert!(latest.since(Tick::now()) <= Tick::MAX_LAG);
/// assert!(Tick::now().since(earlier) < Duration::from_secs(60));
/// assert_eq!(earlier.since(Tick::now()), Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Tick(u64);

impl Tick {
    /// By how much the time may be behind that the system keeps for those who take a glance. That is the time of its
    /// last interrupt, some milliseconds ago; more where a virtual machine is not given its processors.
    pub const MAX_LAG: Duration = Duration::from_millis(250);

    /// This moment.
    #[must_use]
    #[inline]
    pub fn now() -> Self {
        Self(source::now())
    }

    /// The latest moment that it can be, at a glance: not over yet, and at most [`MAX_LAG`](Self::MAX_LAG) ahead.
    #[must_use]
    #[inline]
    pub fn latest() -> Self {
        const MAX_LAG: u64 = saturating_nanos(Tick::MAX_LAG);
        Self(source::glance().saturating_add(MAX_LAG))
    }

    /// The moment with this number.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The moment as a number.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` it is.
    #[must_use]
    pub const fn since(self, earlier: Tick) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Whether `earlier` is no longer ago than this.
    #[must_use]
    #[inline]
    pub fn is_within(self, age: Duration, earlier: Tick) -> bool {
        self.0.saturating_sub(earlier.0) <= saturating_nanos(age)
    }
}

/// Without division, and with no more than fits: half a thousand years.
#[inline]
pub(crate) const fn saturating_nanos(duration: Duration) -> u64 {
    let seconds = duration.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(duration.subsec_nanos() as u64)
}

#[cfg(target_os = "linux")]
mod source {
    use rustix::time::{ClockId, Timespec, clock_gettime};

    #[inline]
    pub(super) fn now() -> u64 {
        nanos(clock_gettime(ClockId::Monotonic))
    }

    #[inline]
    pub(super) fn glance() -> u64 {
        nanos(clock_gettime(ClockId::MonotonicCoarse))
    }

    /// This clock counts from the start of the machine.
    #[inline]
    fn nanos(time: Timespec) -> u64 {
        (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
    }
}

#[cfg(not(target_os = "linux"))]
mod source {
    use std::sync::OnceLock;
    use std::time::Instant;

    pub(super) fn now() -> u64 {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        super::saturating_nanos(FIRST.get_or_init(Instant::now).elapsed())
    }

    pub(super) fn glance() -> u64 {
        now()
    }
}
