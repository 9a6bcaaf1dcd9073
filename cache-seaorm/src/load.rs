//! The one way of every cached read through the cache.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use cache_core::EntryKey;
use cache_core::Policy;
use cache_core::cache::{Loaded, Refresh, Request};
use cache_core::codec::Codec;
use cache_core::session::{Explainer, Explanation, Tracker};
use tracing::Instrument;

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

/// What a load does that cannot run in a task of its own.
pub(crate) type Attached<T> = fn(Refresh<T>);

/// The entry, or what `run` reads, on a connection that notes what it depends on. If the entry is due to be loaded
/// anew and `detach` is given, it gets the right to do so, and `run` is not called.
pub(crate) async fn load<T, E, F>(
    db: &CachedConnection,
    entry: Entry<'_, T>,
    run: F,
    detach: Option<impl FnOnce(Refresh<T>)>,
) -> Result<Arc<T>, E>
where
    T: Send + Sync + 'static,
    F: for<'c> AsyncFnOnce(&'c CachedConnection) -> Result<T, E>,
{
    if let Some(explainer) = db.session().explainer() {
        return explain(db, entry, explainer, run).await.map(Arc::new);
    }
    if db.session().distrust().is_some() {
        return run(db).await.map(Arc::new);
    }
    let part = db.session().part();
    db.check_schema().await;
    let Entry { key, policy, codec, sql } = entry;
    let request = Request { key, policy, codec };
    let load = async |_| {
        let tracker = Tracker::new();
        let value = run(&db.tracked(Arc::clone(&tracker))).await?;
        Ok(Loaded { value, watched: tracker.finish(policy) })
    };
    let outcome = match detach {
        Some(detach) => db.cache().load_detachable(&request, load, detach).await?,
        None => db.cache().load(&request, load).await?,
    };
    if !sql.is_empty() {
        db.session().database().habits().read(sql, &outcome.source);
    }
    part.absorb(&outcome);
    // A hit never waits, and a loop of hits would starve the other tasks of its thread.
    tokio::task::coop::consume_budget().await;
    Ok(outcome.value)
}

/// What either the load or the refresh of a read runs, but never both.
#[derive(Debug)]
pub(crate) struct Once<R>(Mutex<Option<R>>);

impl<R> Once<R> {
    pub(crate) fn new(run: R) -> Self {
        Self(Mutex::new(Some(run)))
    }

    pub(crate) fn take(&self) -> R {
        let run = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        run.expect("a read is loaded or its refresh detached, once")
    }
}

/// Loads an entry anew in a task of its own, within the caller's tracing span.
pub(crate) fn refresh<T, E, R, Fut>(
    db: &CachedConnection,
    policy: Policy,
    codec: impl Codec<T> + 'static,
    refresh: Refresh<T>,
    run: R,
) where
    T: Send + Sync + 'static,
    E: Display + Send,
    R: FnOnce(CachedConnection) -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, E>> + Send,
{
    let db = db.clone();
    let load = async move |_| {
        let tracker = Tracker::new();
        let value = run(db.tracked(Arc::clone(&tracker))).await?;
        Ok(Loaded { value, watched: tracker.finish(&policy) })
    };
    tokio::spawn(async move { refresh.run::<E, _>(&codec, load).await }.in_current_span());
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
    let _part = db.session().part();
    let tracker = Tracker::explaining();
    let value = run(&db.tracked(Arc::clone(&tracker))).await?;
    explainer.note(match db.session().explain_read(entry.key, entry.policy, entry.sql, &tracker).await {
        Ok(read) => Explanation::Read(Box::new(read)),
        Err(error) => Explanation::Note(format!("the cache does not answer: {error}")),
    });
    Ok(value)
}
