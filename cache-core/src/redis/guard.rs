//! What wakes those whose looks take too long.
//!
//! A timer for each caller would cost more than the rest of a look that many share. One for all of a connection is
//! enough, since all may wait for equally long: it sleeps until the first of those who wait now has waited for too
//! long, and ends when nobody waits. It sleeps where no caller can hold it up.

use std::sync::Arc;
use std::time::Instant;

use super::queue::Queue;
use crate::error::Result;
use crate::runtime;

/// Whether there is a thread that no caller can hold up.
pub(super) fn can_start() -> bool {
    runtime::has_own()
}

pub(super) fn start(queue: &Arc<Queue>) -> Result<()> {
    let queue = Arc::downgrade(queue);
    let (began, mut until) = (Instant::now(), None);
    runtime::spawn_apart(async move {
        loop {
            let Some(queue) = queue.upgrade() else { return };
            // Who made it start is not there yet.
            until = match until {
                None => Some(began + queue.timeout()),
                Some(_) => queue.wake_late(Instant::now()),
            };
            let Some(until) = until else { return };
            drop(queue);
            tokio::time::sleep_until(until.into()).await;
        }
    })
}
