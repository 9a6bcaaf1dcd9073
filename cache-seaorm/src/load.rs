//! The one way of every cached read through the cache.

use std::sync::Arc;

use cache_core::EntryKey;
use cache_core::Policy;
use cache_core::cache::{Loaded, Request};
use cache_core::codec::Codec;
use cache_core::session::{Explainer, Explanation, Tracker};

use crate::connection::CachedConnection;

/// A read that is to be served from the cache.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a, T> {
    pub(crate) key: EntryKey,
    pub(crate) policy: &'a Policy,
    pub(crate) codec: &'a dyn Codec<T>,
    /// Its statement; empty if it is not one statement.
    pub(crate) sql: &'a str,
}

/// The entry, or what `run` reads, on a connection that notes what it depends on.
pub(crate) async fn load<T, E, F>(db: &CachedConnection, entry: Entry<'_, T>, run: F) -> Result<Arc<T>, E>
where
    T: Send + Sync + 'static,
    F: for<'c> AsyncFnOnce(&'c CachedConnection) -> Result<T, E>,
{
    if let Some(explainer) = db.session().explainer() {
        return explain(db, entry, explainer, run).await.map(Arc::new);
    }
    db.check_schema().await;
    let Entry { key, policy, codec, sql } = entry;
    let outcome = db
        .cache()
        .load(&Request { key, policy, codec }, async |_| {
            let tracker = Tracker::new();
            let value = run(&db.tracked(Arc::clone(&tracker))).await?;
            Ok(Loaded { value, watched: tracker.finish(policy) })
        })
        .await?;
    if !sql.is_empty() {
        db.session().database().habits().read(sql, &outcome.source);
    }
    if let Some(block) = db.session().tracker() {
        block.absorb(&outcome);
    }
    // A hit never waits, and a loop of hits would starve the other tasks of its thread.
    tokio::task::coop::consume_budget().await;
    Ok(outcome.value)
}

/// Reads the database, tells what the read depends on, and looks at the entry without touching it.
async fn explain<T, E, F>(
    db: &CachedConnection,
    entry: Entry<'_, T>,
    explainer: &Explainer,
    run: F,
) -> Result<T, E>
where
    F: for<'c> AsyncFnOnce(&'c CachedConnection) -> Result<T, E>,
{
    let tracker = Tracker::explaining();
    let value = run(&db.tracked(Arc::clone(&tracker))).await?;
    explainer.note(match db.session().explain_read(entry.key, entry.sql, &tracker).await {
        Ok(read) => Explanation::Read(Box::new(read)),
        Err(error) => Explanation::Note(format!("the cache does not answer: {error}")),
    });
    Ok(value)
}
