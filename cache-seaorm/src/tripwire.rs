//! Reports writes that went around the wrapper.
//!
//! SeaORM calls a metric callback for each statement of the handle on which it is installed, and of that
//! handle's clones and transactions. The wrapper's own statements run on another clone, so whatever writes
//! here went around it. The callback cannot see COMMIT, and never `execute_unprepared`: it finds mistakes,
//! and is no way to invalidate.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cache_core::session::Session;
use sea_orm::{DatabaseConnection, Statement};

use crate::values;

/// How many texts are remembered as reported.
const REMEMBERED: usize = 1024;

/// What has been noticed of one connection and its other handles.
#[derive(Debug, Default)]
pub(crate) struct Tripwire {
    writes: AtomicU64,
    reported: Mutex<HashSet<String>>,
}

impl Tripwire {
    /// Takes the place of the handle's metric callback.
    pub(crate) fn install(self: &Arc<Self>, db: &mut DatabaseConnection, session: &Session) {
        let (tripwire, session) = (Arc::clone(self), session.clone());
        db.set_metric_callback(move |info| {
            if !info.failed {
                tripwire.notice(&session, info.statement);
            }
        });
    }

    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    fn notice(&self, session: &Session, statement: &Statement) {
        let step = session.step(&statement.sql, &|| values::of_statement(statement));
        if !step.is_write() {
            return;
        }
        self.writes.fetch_add(1, Ordering::Relaxed);
        if self.is_news(&statement.sql) {
            let sql = statement.sql.as_str();
            tracing::warn!(
                sql,
                "a write went around the cached connection; run it through `CachedConnection`"
            );
        }
        // An unfinished step touches all that the statement may have written.
        drop(step);
    }

    fn is_news(&self, sql: &str) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.contains(sql) {
            return false;
        }
        if reported.len() == REMEMBERED {
            reported.clear();
        }
        reported.insert(sql.to_owned())
    }
}
