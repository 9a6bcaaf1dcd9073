//! Conditions with a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// Far more than a loaded machine needs, and still an end.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again and again until there is an answer.
///
/// # Panics
///
/// If there is none in time.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    until_some(PATIENCE, &mut ask).unwrap_or_else(|| panic!("{what}: not within {PATIENCE:?}"))
}

/// The same, with a deadline of one's own and without a panic.
pub fn until_some<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        let answer = ask();
        if answer.is_some() || Instant::now() >= deadline {
            return answer;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
