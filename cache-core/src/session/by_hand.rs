//! A transaction that a statement begins on a pool, where no handle follows it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::schema::Dialect;
use crate::sql::Control;

/// Whether a connection of a pool may be in a transaction that nobody follows: what it reads is as old as its snapshot,
/// or may be rolled back.
#[derive(Debug, Default)]
pub(super) struct ByHand {
    /// How many statements that may begin one are on their way.
    beginning: AtomicUsize,
    open: Mutex<Option<Opened>>,
}

/// What began it, and so may end it beside COMMIT and ROLLBACK.
#[derive(Debug)]
enum Opened {
    Begun,
    /// SQLite's outermost savepoint, and how many of its name are within.
    Saved(String, usize),
}

/// A statement that may begin one. Dropped, it has run.
#[derive(Debug)]
pub(super) struct Beginning(Arc<ByHand>);

impl ByHand {
    pub(super) fn is_open(&self) -> bool {
        self.beginning.load(Ordering::Acquire) > 0 || self.with(|open| open.is_some())
    }

    /// A statement with this control is about to be sent.
    pub(super) fn will_run(self: &Arc<Self>, dialect: Dialect, controls: &[Control]) -> Option<Beginning> {
        let begins = |control: &Control| match control {
            Control::Begin | Control::CommitAndChain => true,
            Control::Savepoint(_) => dialect == Dialect::Sqlite,
            _ => false,
        };
        controls.iter().any(begins).then(|| {
            self.beginning.fetch_add(1, Ordering::AcqRel);
            Beginning(Arc::clone(self))
        })
    }

    /// A statement with this control has run.
    pub(super) fn ran(&self, dialect: Dialect, controls: &[Control]) {
        self.with(|open| {
            for control in controls {
                match (control, &mut *open) {
                    (Control::Begin | Control::CommitAndChain, None) => *open = Some(Opened::Begun),
                    (Control::Savepoint(name), None) if dialect == Dialect::Sqlite => {
                        *open = Some(Opened::Saved(name.clone(), 1));
                    }
                    (Control::Savepoint(name), Some(Opened::Saved(first, count))) if name == first => {
                        *count += 1
                    }
                    (Control::Release(name), Some(Opened::Saved(first, count))) if name == first => {
                        *count -= 1;
                        if *count == 0 {
                            *open = None;
                        }
                    }
                    (Control::Commit | Control::Rollback, _) => *open = None,
                    _ => {}
                }
            }
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut Option<Opened>) -> T) -> T {
        change(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Beginning {
    fn drop(&mut self) {
        self.0.beginning.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_open_after(dialect: Dialect, controls: &[Control]) -> bool {
        let hand = Arc::<ByHand>::default();
        let beginning = hand.will_run(dialect, controls);
        assert_eq!(hand.is_open(), beginning.is_some());
        hand.ran(dialect, controls);
        drop(beginning);
        hand.is_open()
    }

    #[test]
    fn a_transaction_is_open_until_what_ends_it() {
        use Control::{Begin, Commit, CommitAndChain, Other, Release, Rollback, RollbackTo, Savepoint};
        let (s, t) = (|| "s".to_owned(), || "t".to_owned());
        for (open, controls) in [
            (true, &[Begin][..]),
            (true, &[Begin, Other]),
            (false, &[Begin, Commit]),
            (true, &[Begin, CommitAndChain]),
            (true, &[CommitAndChain]),
            (false, &[Begin, Savepoint(s()), RollbackTo(s()), Rollback]),
            (true, &[Begin, Savepoint(s()), Release(s())]),
            (true, &[Savepoint(s()), Savepoint(t()), Release(t())]),
            (true, &[Savepoint(s()), Savepoint(s()), Release(s())]),
            (false, &[Savepoint(s()), Savepoint(t()), Release(s())]),
        ] {
            assert_eq!(is_open_after(Dialect::Sqlite, controls), open, "{controls:?}");
        }
        assert!(!is_open_after(Dialect::MySql, &[Savepoint(s())]));
    }
}
