//! How long to wait before another attempt.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
/// The longest pause.
pub(super) const LONGEST: Duration = Duration::from_secs(2);

/// Pauses between attempts to connect, each twice as long as the last one.
pub(super) struct Pause(Duration);

impl Pause {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// Waits. An attempt that had `lasted` for longer than the longest pause was none that failed at once: the pauses
    /// begin anew.
    pub(super) async fn after(&mut self, lasted: Duration) {
        if lasted > LONGEST {
            self.0 = FIRST;
        }
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(LONGEST);
    }
}
