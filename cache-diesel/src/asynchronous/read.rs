//! The way of cached reads.

use std::future::Future;
use std::sync::Arc;

use cache_core::cache::{Loaded, Request};
use cache_core::codec::Codec;
use cache_core::session::{Explainer, Explanation, Tracker};
use cache_core::{Cache, EntryKey, Policy};
use diesel::QueryResult;
use diesel::dsl::{CountStar, Limit, Select};
use diesel::query_builder::QueryFragment;
use diesel::query_dsl::methods::{LimitDsl, SelectDsl};
use diesel::result::Error as DieselError;
use diesel_async::AsyncConnectionCore;
use diesel_async::methods::LoadQuery;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};

use super::attached::Attached;
use super::{AsyncCacheable, AsyncCachedConnection};
use crate::backend::sql_of;
use crate::query::{Awaited, Cached, Form, Options};
use crate::value::CacheValue;

type Conn<C> = AsyncCachedConnection<C>;

/// A read that is to be served from the cache.
pub(super) struct Entry<'a, T> {
    pub(super) key: EntryKey,
    pub(super) policy: &'a Policy,
    pub(super) codec: &'a dyn Codec<T>,
    /// Its statement; empty if it is not one statement.
    pub(super) sql: &'a str,
}

/// How a query is run on a connection that is borrowed for `'conn`.
type Run<'conn, C, Q, T> = fn(Q, &'conn mut Conn<C>) -> BoxFuture<'conn, QueryResult<T>>;

// The futures of diesel-async's `LoadQuery` are in no `async` block here: whoever calls these from one of theirs could not
// send it to another thread.
impl<Q, F: Form, C> Cached<Q, F, Awaited<C>>
where
    C: AsyncCacheable,
    Conn<C>: AsyncConnectionCore<Backend = C::Backend>,
{
    /// All rows.
    ///
    /// # Errors
    /// What the query itself returns.
    ///
    /// # Cancel safety
    /// Nothing is cached, and who waits for the same read loads instead.
    pub fn load<'conn, 'query, U>(
        self,
        conn: &'conn mut Conn<C>,
    ) -> BoxFuture<'conn, QueryResult<F::Of<Vec<U>>>>
    where
        Q: QueryFragment<C::Backend> + LoadQuery<'query, Conn<C>, U> + Send + 'conn,
        U: CacheValue,
        'query: 'conn,
    {
        let run: Run<'conn, C, Q, Vec<U>> = |query, conn| {
            let rows = query.internal_load(conn);
            rows.and_then(TryStreamExt::try_collect).boxed()
        };
        fetch(conn, self.query, self.options, Cache::codec::<Vec<U>>, run).map_ok(F::give).boxed()
    }

    /// The same as [`load`](Self::load).
    ///
    /// # Errors
    /// What the query itself returns.
    ///
    /// # Cancel safety
    /// As [`load`](Self::load).
    pub fn get_results<'conn, 'query, U>(
        self,
        conn: &'conn mut Conn<C>,
    ) -> BoxFuture<'conn, QueryResult<F::Of<Vec<U>>>>
    where
        Q: QueryFragment<C::Backend> + LoadQuery<'query, Conn<C>, U> + Send + 'conn,
        U: CacheValue,
        'query: 'conn,
    {
        self.load(conn)
    }

    /// The first row of the result. That there is none is cached too.
    ///
    /// # Errors
    /// What the query itself returns, and [`NotFound`](DieselError::NotFound) if there is no row.
    ///
    /// # Cancel safety
    /// As [`load`](Self::load).
    pub fn get_result<'conn, 'query, U>(self, conn: &'conn mut Conn<C>) -> BoxFuture<'conn, QueryResult<U>>
    where
        Q: QueryFragment<C::Backend> + LoadQuery<'query, Conn<C>, U> + Send + 'conn,
        U: CacheValue,
        'query: 'conn,
    {
        let run: Run<'conn, C, Q, Option<U>> = |query, conn| {
            let rows = query.internal_load(conn);
            rows.and_then(|rows| Box::pin(rows).into_future().map(|(first, _)| first.transpose())).boxed()
        };
        let found = fetch(conn, self.query, self.options, Cache::one_or_none::<U>, run);
        found.map(|found| Arc::unwrap_or_clone(found?).ok_or(DieselError::NotFound)).boxed()
    }

    /// The first row, which alone is asked for. That there is none is cached too.
    ///
    /// # Errors
    /// What the query itself returns, and [`NotFound`](DieselError::NotFound) if there is no row.
    ///
    /// # Cancel safety
    /// As [`load`](Self::load).
    pub fn first<'conn, 'query, U>(self, conn: &'conn mut Conn<C>) -> BoxFuture<'conn, QueryResult<U>>
    where
        Q: LimitDsl,
        Limit<Q>: QueryFragment<C::Backend> + LoadQuery<'query, Conn<C>, U> + Send + 'conn,
        U: CacheValue,
        'query: 'conn,
    {
        self.map(|query| query.limit(1)).get_result(conn)
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// What the query itself returns.
    ///
    /// # Cancel safety
    /// As [`load`](Self::load).
    pub fn count<'conn, 'query>(self, conn: &'conn mut Conn<C>) -> BoxFuture<'conn, QueryResult<i64>>
    where
        Q: SelectDsl<CountStar>,
        Select<Q, CountStar>: QueryFragment<C::Backend> + LoadQuery<'query, Conn<C>, i64> + Send + 'conn,
        'query: 'conn,
    {
        self.map(|query| query.select(diesel::dsl::count_star())).get_result(conn)
    }
}

/// The entry of a query, or what `run` reads.
async fn fetch<'conn, C, Q, T, K>(
    conn: &'conn mut Conn<C>,
    query: Q,
    options: Options,
    codec: fn(&Cache) -> K,
    run: Run<'conn, C, Q, T>,
) -> QueryResult<Arc<T>>
where
    C: AsyncCacheable,
    Q: QueryFragment<C::Backend>,
    T: CacheValue,
    K: Codec<T>,
{
    let attached = conn.ready().await?;
    let session = attached.session();
    if session.is_in_transaction() {
        session.note_bypass();
        return run(query, conn).await.map(Arc::new);
    }
    let (key, sql) =
        options.entry::<C::Backend, T>(&session, &query, || sql_of::<C::Backend>(&query).map(Arc::from))?;
    let codec = codec(session.cache());
    let entry = Entry { key, policy: &options.policy, codec: &codec, sql: &sql };
    load(&attached, entry, move || run(query, conn)).await
}

/// The entry, or what `run` reads, on the connection while a tracker notes what that depends on.
pub(super) async fn load<T, E, Fut>(
    attached: &Arc<Attached>,
    entry: Entry<'_, T>,
    run: impl FnOnce() -> Fut,
) -> Result<Arc<T>, E>
where
    T: Send + Sync + 'static,
    Fut: Future<Output = Result<T, E>>,
{
    let session = attached.session();
    if let Some(explainer) = session.explainer() {
        return explain(attached, entry, explainer, run()).await.map(Arc::new);
    }
    if session.distrust().is_some() {
        return run().await.map(Arc::new);
    }
    let part = session.part();
    let Entry { key, policy, codec, sql } = entry;
    let request = Request { key, policy, codec };
    let outcome = session.cache().load(&request, async |_| {
        let tracker = Tracker::new();
        let tracked = attached.tracked(Arc::clone(&tracker));
        let value = run().await?;
        drop(tracked);
        Ok::<_, E>(Loaded { value, watched: tracker.finish(policy) })
    });
    let outcome = outcome.await?;
    if !sql.is_empty() {
        session.database().habits().read(sql, &outcome.source);
    }
    part.absorb(&outcome);
    // A hit never waits, and a loop of hits would starve the other tasks of its thread.
    tokio::task::coop::consume_budget().await;
    Ok(outcome.value)
}

/// Reads the database, tells what the read depends on, and looks at the entry without touching it.
async fn explain<T, E>(
    attached: &Arc<Attached>,
    entry: Entry<'_, T>,
    explainer: &Explainer,
    run: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let session = attached.session();
    let _part = session.part();
    let tracker = Tracker::explaining();
    let tracked = attached.tracked(Arc::clone(&tracker));
    let value = run.await?;
    drop(tracked);
    let explained = session.explain_read(entry.key, entry.policy, entry.sql, &tracker).await;
    explainer.note(match explained {
        Ok(read) => Explanation::Read(Box::new(read)),
        Err(error) => Explanation::Note(format!("the cache does not answer: {error}")),
    });
    Ok(value)
}
