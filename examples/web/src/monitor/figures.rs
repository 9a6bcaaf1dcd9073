//! All requests of one page.

use std::time::Duration;

use super::trace::Reads;

#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Answered by the cache alone.
    pub from_cache: Requests,
    /// All others.
    pub from_database: Requests,
    pub hits: u64,
    pub loads: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Requests {
    pub count: u32,
    pub time: Duration,
}

impl Figures {
    pub(super) fn add(&mut self, reads: Reads, time: Duration) {
        self.hits += u64::from(reads.hits);
        self.loads += u64::from(reads.loads);
        let requests = if reads.are_hits() { &mut self.from_cache } else { &mut self.from_database };
        requests.count += 1;
        requests.time += time;
    }

    #[must_use]
    pub fn requests(&self) -> u32 {
        self.from_cache.count + self.from_database.count
    }

    /// Of its cached reads, the share that were hits; none if it has none.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        let reads = self.hits + self.loads;
        (reads > 0).then(|| self.hits as f64 / reads as f64)
    }
}

impl Requests {
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        self.time.checked_div(self.count)
    }
}
