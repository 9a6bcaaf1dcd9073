//! Fences of writers that live are kept up: one task looks after all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::announce::Raised;
use super::patience::Patience;
use super::shared::Shared;

/// How often they are looked at. One that was there the last time is renewed: with the usual timeout it never has less
/// than the time of a COMMIT left.
const PERIOD: Duration = Duration::from_millis(200);

/// The fences of this process.
#[derive(Default)]
pub(super) struct Kept(Mutex<Keeping>);

#[derive(Default)]
struct Keeping {
    raised: Vec<Weak<Raised>>,
    has_keeper: bool,
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, Keeping> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Renews a fence for as long as its writer lives and has not published.
    pub(super) fn keep_up(&self, raised: &Arc<Raised>) {
        let mut kept = self.kept.lock();
        kept.raised.push(Arc::downgrade(raised));
        let has_keeper = std::mem::replace(&mut kept.has_keeper, true);
        drop(kept);
        if !has_keeper {
            let keeper = Keeper(self.this.clone());
            match self.log.remote() {
                Some(remote) => remote.spawn(Box::pin(keeper.run())),
                None => drop(keeper),
            }
        }
    }

    /// Renews those that are due; false if there is none any more, and nobody to look after them.
    async fn renew(&self) -> bool {
        let due = {
            let mut kept = self.kept.lock();
            kept.raised.retain(|raised| raised.strong_count() > 0);
            kept.has_keeper = !kept.raised.is_empty();
            if !kept.has_keeper {
                return false;
            }
            kept.raised.clone()
        };
        let mut patience = Patience::new(&*self.log);
        for raised in due {
            // One that is lifted meanwhile must not go up again.
            if let Some(raised) = raised.upgrade().filter(|raised| raised.age() >= PERIOD) {
                // If it fails, the fence runs out and is a touch, which is what it would be if the writer died.
                let _ = self.append_fence(&raised, &mut patience).await;
            }
        }
        true
    }
}

/// The task. If it is dropped with its runtime, the next writer starts another one.
struct Keeper(Weak<Shared>);

impl Keeper {
    async fn run(mut self) {
        while let Some(pause) = self.0.upgrade().and_then(|shared| Some(shared.log.remote()?.sleep(PERIOD))) {
            pause.await;
            let Some(shared) = self.0.upgrade() else { return };
            if !shared.renew().await {
                // Another one may be there by now.
                self.0 = Weak::new();
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.kept.lock().has_keeper = false;
        }
    }
}
