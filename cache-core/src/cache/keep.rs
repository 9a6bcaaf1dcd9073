//! Fences of writers that live are kept up: one task looks after all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

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
    /// Who looks after them, if anybody.
    keeper: Option<Duty>,
    keepers: u64,
}

/// Which of the tasks it is, and when it has looked last. Its runtime may stand still.
#[derive(Clone, Copy)]
struct Duty {
    keeper: u64,
    looked: Instant,
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, Keeping> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeping {
    fn add(&mut self, raised: &Arc<Raised>) {
        if self.raised.len() == self.raised.capacity() {
            self.raised.retain(|raised| raised.strong_count() > 0);
        }
        self.raised.push(Arc::downgrade(raised));
    }

    /// The number of a new keeper, if there is none that looks.
    fn take_on(&mut self) -> Option<u64> {
        if self.keeper.is_some_and(|duty| duty.looked.elapsed() < PERIOD * 3) {
            return None;
        }
        self.keepers += 1;
        self.keeper = Some(Duty { keeper: self.keepers, looked: Instant::now() });
        Some(self.keepers)
    }
}

impl Shared {
    /// Renews a fence for as long as its writer lives and has not published.
    pub(super) fn keep_up(&self, raised: &Arc<Raised>) {
        let number = {
            let mut kept = self.kept.lock();
            kept.add(raised);
            kept.take_on()
        };
        if let (Some(number), Some(remote)) = (number, self.log.remote()) {
            let keeper = Keeper { shared: self.this.clone(), number };
            remote.spawn(Box::pin(keeper.run()));
        }
    }

    /// Those that may be up, for the keeper of this number; none if it is off duty.
    fn look(&self, number: u64) -> Option<Vec<Weak<Raised>>> {
        let mut kept = self.kept.lock();
        kept.raised.retain(|raised| raised.strong_count() > 0);
        let duty = kept.keeper.filter(|duty| duty.keeper == number)?;
        kept.keeper = (!kept.raised.is_empty()).then(|| Duty { looked: Instant::now(), ..duty });
        kept.keeper.map(|_| kept.raised.clone())
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

/// The task. If it is dropped with its runtime, the next writer starts another one.
struct Keeper {
    shared: Weak<Shared>,
    number: u64,
}

impl Keeper {
    async fn run(self) {
        loop {
            let pause = self.shared.upgrade().and_then(|shared| Some(shared.log.remote()?.sleep(PERIOD)));
            let Some(pause) = pause else { return };
            pause.await;
            let Some(shared) = self.shared.upgrade() else { return };
            let Some(raised) = shared.look(self.number) else { return };
            shared.renew(raised);
            // Who should have sent it stands still with its runtime.
            shared.send_trailing(PERIOD);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            let mut kept = shared.kept.lock();
            kept.keeper = kept.keeper.filter(|duty| duty.keeper != self.number);
        }
    }
}
