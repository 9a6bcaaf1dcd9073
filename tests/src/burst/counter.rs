//! How many changes of a row have begun and have returned.

use std::sync::atomic::{AtomicI64, Ordering};

/// The changes of one row.
#[derive(Debug, Default)]
pub struct Counter {
    begun: AtomicI64,
    returned: AtomicI64,
}

/// The versions that a read may show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// What had returned before the read began.
    pub least: i64,
    /// What had begun before the read ended.
    pub most: i64,
}

impl Counter {
    /// A change may be seen from now on.
    pub fn begin(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// A change has returned: whoever begins to read now sees it.
    pub fn end(&self) {
        self.returned.fetch_add(1, Ordering::SeqCst);
    }

    /// A change was refused: nobody has seen it or will.
    pub fn refuse(&self) {
        self.begun.fetch_sub(1, Ordering::SeqCst);
    }

    /// What a read that begins now shows at least.
    #[must_use]
    pub fn least(&self) -> i64 {
        self.returned.load(Ordering::SeqCst)
    }

    /// What a read that ends now shows at most.
    #[must_use]
    pub fn most(&self) -> i64 {
        self.begun.load(Ordering::SeqCst)
    }
}

impl Span {
    /// Whether it holds a version.
    #[must_use]
    pub fn holds(self, version: i64) -> bool {
        (self.least..=self.most).contains(&version)
    }

    /// Whether a condition on the version may hold, and whether it may not.
    #[must_use]
    pub fn may(self, condition: impl Fn(i64) -> bool) -> [bool; 2] {
        let mut versions = self.least..=self.most;
        [versions.clone().any(&condition), versions.any(|version| !condition(version))]
    }
}
