//! What one task does for all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A duty that one task at a time has, for as long as it says now and then that it goes on.
///
/// A task that ends with its runtime drops its [`Turn`], and whoever needs the duty done next starts another one. A task
/// whose runtime stands still says nothing any more: it is relieved, and finds that out if it ever goes on.
#[derive(Debug, Default)]
pub(crate) struct Duty {
    /// Whether somebody has it, for who asks often.
    is_taken: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    turns: u64,
    /// Who has it, and when that has said so.
    holder: Option<(u64, Instant)>,
}

/// A task's turn at a duty. Dropped, the duty is free.
#[derive(Debug)]
#[must_use = "who drops it does nothing for the others"]
pub(crate) struct Turn {
    duty: Arc<Duty>,
    number: u64,
}

impl Duty {
    /// Whether somebody has it, who may stand still: one load.
    #[cfg(feature = "redis")]
    #[inline]
    pub(crate) fn is_taken(&self) -> bool {
        self.is_taken.load(Ordering::Relaxed)
    }

    /// A turn, unless somebody has one who has said so no longer than `patience` ago.
    pub(crate) fn take(self: &Arc<Self>, patience: Duration) -> Option<Turn> {
        let mut state = self.lock();
        if state.holder.is_some_and(|(_, said)| said.elapsed() <= patience) {
            return None;
        }
        state.turns += 1;
        let number = state.turns;
        self.set(&mut state, Some(number));
        Some(Turn { duty: Arc::clone(self), number })
    }

    fn set(&self, state: &mut State, holder: Option<u64>) {
        state.holder = holder.map(|number| (number, Instant::now()));
        self.is_taken.store(holder.is_some(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Says that it goes on; returns whether it does. It ends if it was relieved, and if it is not needed: whoever makes it
    /// needed again before it asks for a turn finds it here, or the duty free.
    pub(crate) fn goes_on(&self, is_needed: impl FnOnce() -> bool) -> bool {
        let mut state = self.duty.lock();
        if !self.has_it(&state) {
            return false;
        }
        let goes_on = is_needed();
        self.duty.set(&mut state, goes_on.then_some(self.number));
        goes_on
    }

    fn has_it(&self, state: &State) -> bool {
        state.holder.is_some_and(|(number, _)| number == self.number)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.duty.lock();
        if self.has_it(&state) {
            self.duty.set(&mut state, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_until_it_ends_or_is_not_needed() {
        let duty = Arc::<Duty>::default();
        let turn = duty.take(Duration::MAX).unwrap();
        assert!(duty.take(Duration::MAX).is_none());
        assert!(turn.goes_on(|| true));
        assert!(duty.take(Duration::MAX).is_none());
        drop(turn);
        let turn = duty.take(Duration::MAX).unwrap();
        assert!(!turn.goes_on(|| false));
        let next = duty.take(Duration::MAX).unwrap();
        assert!(!turn.goes_on(|| true), "its turn is over");
        drop(turn);
        assert!(next.goes_on(|| true), "and its end is not another's");
    }

    #[test]
    fn who_stands_still_is_relieved() {
        let duty = Arc::<Duty>::default();
        let still = duty.take(Duration::ZERO).unwrap();
        while duty.take(Duration::ZERO).is_none_or(|next| !next.goes_on(|| true)) {
            std::hint::spin_loop();
        }
        assert!(!still.goes_on(|| true));
    }
}
