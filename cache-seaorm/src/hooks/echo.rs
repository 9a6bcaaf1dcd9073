//! Touches that are repeated, because nobody saw the COMMIT that they belong to.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use cache_core::Marks;
use cache_core::log::MAX_FENCE;
use cache_core::session::Database;
use tokio::time::{Instant, sleep};

/// When a touch is repeated, at the earliest, counted from the hook. A transaction that commits later than
/// the last of these may leave an old result behind until the entry's time to live ends.
const REPEATS: [Duration; 3] = [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(10)];

/// The first of them that a fence does not make needless.
const AFTER_FENCE: usize = 2;
const _: () = assert!(REPEATS[AFTER_FENCE].as_millis() > MAX_FENCE.as_millis());
const _: () = assert!(REPEATS[AFTER_FENCE - 1].as_millis() < MAX_FENCE.as_millis());

/// Touches of so much time are repeated together.
const TICK: Duration = Duration::from_millis(100);

type Touched = Vec<(Weak<Database>, Marks)>;

/// How far what the hook has said reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Until {
    Now,
    FenceRunsOut,
}

/// What no batch has taken up yet, and whether a worker will.
struct Fresh {
    touched: Touched,
    fenced: Touched,
    worker: Worker,
}

#[derive(PartialEq, Eq)]
enum Worker {
    Gone,
    Running,
}

static FRESH: Mutex<Fresh> =
    Mutex::new(Fresh { touched: Vec::new(), fenced: Vec::new(), worker: Worker::Gone });

/// Repeats the touch later, if there is a runtime to do it.
pub(super) fn later(database: &Arc<Database>, marks: &Marks, until: Until) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let mut fresh = FRESH.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = &mut *fresh;
    let touched = match until {
        Until::Now => &mut fresh.touched,
        Until::FenceRunsOut => &mut fresh.fenced,
    };
    let known = touched.iter_mut().find(|(known, _)| Weak::as_ptr(known) == Arc::as_ptr(database));
    match known {
        Some((_, known)) => {
            known.merge(marks);
            *known = std::mem::take(known).bounded();
        }
        None => touched.push((Arc::downgrade(database), marks.clone())),
    }
    if fresh.worker == Worker::Gone {
        fresh.worker = Worker::Running;
        runtime.spawn(work(Leaving));
    }
}

/// Says that the worker is gone, even if its runtime was dropped around it.
struct Leaving;

impl Drop for Leaving {
    fn drop(&mut self) {
        FRESH.lock().unwrap_or_else(PoisonError::into_inner).worker = Worker::Gone;
    }
}

struct Batch {
    since: Instant,
    touched: Touched,
    repeats: usize,
}

async fn work(leaving: Leaving) {
    let mut batches: Vec<Batch> = Vec::new();
    loop {
        sleep(TICK).await;
        {
            let mut fresh = FRESH.lock().unwrap_or_else(PoisonError::into_inner);
            let (touched, fenced) = (std::mem::take(&mut fresh.touched), std::mem::take(&mut fresh.fenced));
            let batch = |touched, repeats| Batch { since: Instant::now(), touched, repeats };
            let fresh_batches = [batch(touched, 0), batch(fenced, AFTER_FENCE)];
            batches.extend(fresh_batches.into_iter().filter(|batch| !batch.touched.is_empty()));
            if batches.is_empty() {
                // Under the lock, so that nobody counts on a worker that has made up its mind.
                fresh.worker = Worker::Gone;
                std::mem::forget(leaving);
                return;
            }
        }
        for batch in &mut batches {
            if batch.since.elapsed() >= REPEATS[batch.repeats] {
                batch.repeats += 1;
                publish(&batch.touched).await;
            }
        }
        batches.retain(|batch| batch.repeats < REPEATS.len());
    }
}

async fn publish(touched: &Touched) {
    for (database, marks) in touched {
        let Some(database) = database.upgrade() else { continue };
        let cause = Arc::new("the repetition of a hook, which cannot see COMMIT");
        if let Err(error) = database.cache().publish(marks.clone(), Some(cause)).await {
            tracing::debug!(%error, "a publication is owed");
        }
    }
}
