//! Reports writes that went around the wrapper.
//!
//! SeaORM calls a metric callback for each statement of the handle on which it is installed, and of that
//! handle's clones and transactions. The wrapper's own statements run on another clone, so whatever writes
//! here went around it. The callback cannot see COMMIT, and never `execute_unprepared`: it finds mistakes,
//! and is no way to invalidate.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use cache_core::session::Session;
use sea_orm::DatabaseConnection;

use crate::values;

/// How many texts are remembered as reported.
const REMEMBERED: usize = 1024;

/// Puts the tripwire in the place of the handle's metric callback.
pub(crate) fn install(db: &mut DatabaseConnection, session: &Session) {
    let session = session.clone();
    let reported: Mutex<HashSet<String>> = Mutex::default();
    db.set_metric_callback(move |info| {
        if info.failed {
            return;
        }
        let statement = info.statement;
        let step = session.step(&statement.sql, &|| values::of_statement(statement));
        if !step.is_write() {
            return;
        }
        let mut reported = reported.lock().unwrap_or_else(PoisonError::into_inner);
        if !reported.contains(&statement.sql) {
            if reported.len() == REMEMBERED {
                reported.clear();
            }
            reported.insert(statement.sql.clone());
            tracing::warn!(
                sql = statement.sql,
                "a write went around the cached connection; run it through `CachedConnection`"
            );
        }
        // An unfinished step touches all that the statement may have written.
        drop(step);
    });
}
