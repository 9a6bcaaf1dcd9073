//! Fences of writers that live are kept up: one task looks after all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::announce::Raised;
use super::patience::Patience;
use super::shared::Shared;
use crate::duty::{Duty, Turn};

/// How often they are looked at. One that was there the last time is renewed: with the usual timeout it never has less
/// than the time of a COMMIT left.
const PERIOD: Duration = Duration::from_millis(200);

/// After this long without a look, another task takes over.
const LONGEST_PERIOD: Duration = PERIOD.saturating_mul(3);

/// The fences of this process.
#[derive(Default)]
pub(super) struct Kept {
    raised: Mutex<Vec<Weak<Raised>>>,
    keeping: Arc<Duty>,
}

impl Kept {
    fn add(&self, raised: &Arc<Raised>) {
        let mut kept = self.lock();
        if kept.len() == kept.capacity() {
            kept.retain(|raised| raised.strong_count() > 0);
        }
        kept.push(Arc::downgrade(raised));
    }

    /// Those that may be up.
    fn look(&self) -> Vec<Weak<Raised>> {
        let mut kept = self.lock();
        kept.retain(|raised| raised.strong_count() > 0);
        kept.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Raised>>> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Renews a fence for as long as its writer lives and has not published.
    pub(super) fn keep_up(&self, raised: &Arc<Raised>) {
        self.kept.add(raised);
        self.look_after_fences();
    }

    /// Has a task keep them up, unless one does: the runtime of the last one may have ended or stand still.
    pub(super) fn look_after_fences(&self) {
        if let (Some(turn), Some(remote)) = (self.kept.keeping.take(LONGEST_PERIOD), self.log.remote()) {
            remote.spawn(Box::pin(keep(self.this.clone(), turn)));
        }
    }

    /// Renews those that are due, all at once: what they append is one record or two.
    fn renew(self: &Arc<Self>, raised: Vec<Weak<Raised>>) {
        let Some(remote) = self.log.remote() else { return };
        let is_due = |raised: &Weak<Raised>| raised.upgrade().is_some_and(|raised| raised.age() >= PERIOD);
        for raised in raised.into_iter().filter(is_due) {
            let shared = Arc::clone(self);
            remote.spawn(Box::pin(async move {
                // One that is lifted by now must not go up again.
                let Some(raised) = raised.upgrade() else { return };
                // If it fails, the fence runs out and is a touch, which is what it would be if the writer died.
                let _ = shared.append_fence(&raised, None, &mut Patience::new(&*shared.log)).await;
            }));
        }
    }
}

async fn keep(shared: Weak<Shared>, turn: Turn) {
    loop {
        let pause = shared.upgrade().and_then(|shared| Some(shared.log.remote()?.sleep(PERIOD)));
        let Some(pause) = pause else { return };
        pause.await;
        let Some(shared) = shared.upgrade() else { return };
        let mut raised = Vec::new();
        let is_needed = || {
            raised = shared.kept.look();
            !raised.is_empty()
        };
        if !turn.goes_on(is_needed) {
            return;
        }
        shared.renew(raised);
        // Who should have sent it stands still with its runtime.
        shared.send_trailing(PERIOD);
    }
}
