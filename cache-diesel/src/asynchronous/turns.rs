//! Whose turn it is: statements of one connection that are on their way at once.
//!
//! The database runs them in the order in which they are sent, and so most can be pipelined. Not those that change what
//! the others mean, of which the session must know before it plans another: BEGIN and COMMIT, a schema change, `SET`. And
//! nothing may come between the queries that read the schema.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, watch};

/// The turns of one connection. They are taken in the order in which they are asked for.
#[derive(Clone, Debug)]
pub struct Turns {
    lock: Arc<RwLock<()>>,
    /// How many statements still run though nobody waits for them.
    abandoned: Arc<watch::Sender<usize>>,
}

/// Who else may be under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Company {
    /// Others of this kind.
    Shared,
    /// Nobody.
    Alone,
}

/// A turn, until it is dropped.
pub(super) enum Turn {
    Shared { _held: OwnedRwLockReadGuard<()> },
    Alone { _held: OwnedRwLockWriteGuard<()> },
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { lock: Arc::default(), abandoned: Arc::new(watch::Sender::new(0)) }
    }

    /// Waits for a turn, and for all that was abandoned.
    ///
    /// # Cancel safety
    /// The turn is given up.
    pub(super) async fn take(&self, company: Company) -> Turn {
        loop {
            self.settle().await;
            let lock = Arc::clone(&self.lock);
            let turn = match company {
                Company::Shared => Turn::Shared { _held: lock.read_owned().await },
                Company::Alone => Turn::Alone { _held: lock.write_owned().await },
            };
            // While this waited for its turn, another may have been abandoned.
            if self.is_settled() {
                return turn;
            }
        }
    }

    /// Waits until nothing runs that nobody waits for.
    pub(super) async fn settle(&self) {
        if !self.is_settled() {
            // The sender is here, so there will be an answer.
            let _ = self.abandoned.subscribe().wait_for(|count| *count == 0).await;
        }
    }

    fn is_settled(&self) -> bool {
        *self.abandoned.borrow() == 0
    }

    /// Keeps a turn for a statement that runs though nobody waits for it, until what this returns is dropped.
    pub(super) fn abandon(&self, turn: Turn) -> Abandoned {
        self.abandoned.send_modify(|count| *count += 1);
        Abandoned { turns: self.clone(), _turn: turn }
    }
}

/// The turn of an abandoned statement.
pub(super) struct Abandoned {
    turns: Turns,
    _turn: Turn,
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.turns.abandoned.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn can_take(turns: &Turns, company: Company) -> bool {
        turns.take(company).now_or_never().is_some()
    }

    #[test]
    fn who_is_alone_waits_for_all_others_and_they_for_it() {
        let turns = Turns::new();
        let shared = turns.take(Company::Shared).now_or_never().unwrap();
        assert!(can_take(&turns, Company::Shared));
        assert!(!can_take(&turns, Company::Alone));
        drop(shared);
        let alone = turns.take(Company::Alone).now_or_never().unwrap();
        assert!(!can_take(&turns, Company::Shared));
        drop(alone);
        assert!(can_take(&turns, Company::Alone));
    }

    #[test]
    fn everybody_waits_for_what_was_abandoned() {
        let turns = Turns::new();
        let abandoned = turns.abandon(turns.take(Company::Shared).now_or_never().unwrap());
        assert!(!can_take(&turns, Company::Shared));
        assert!(turns.settle().now_or_never().is_none());
        drop(abandoned);
        assert!(can_take(&turns, Company::Shared));
    }
}
