//! The way of cached reads.

use std::sync::Arc;

use cache_core::cache::{Loaded, Request};
use cache_core::codec::Codec;
use cache_core::session::{Explainer, Explanation, Tracker};
use cache_core::{Cache, EntryKey, Policy, sync};
use diesel::QueryResult;
use diesel::dsl::{CountStar, Limit, Select};
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::query_dsl::LoadQuery;
use diesel::query_dsl::methods::{LimitDsl, SelectDsl};
use diesel::result::Error as DieselError;

use super::{Cacheable, CachedConnection};
use crate::known::Id;
use crate::query::{Cached, Form, Options};
use crate::value::CacheValue;

/// A read that is to be served from the cache.
pub(super) struct Entry<'a, T> {
    pub(super) key: EntryKey,
    pub(super) policy: &'a Policy,
    pub(super) codec: &'a dyn Codec<T>,
    /// Its statement; empty if it is not one statement.
    pub(super) sql: &'a str,
}

impl<Q, F: Form> Cached<Q, F> {
    /// All rows.
    ///
    /// # Errors
    /// What the query itself returns.
    pub fn load<'query, U, C>(self, conn: &mut CachedConnection<C>) -> QueryResult<F::Of<Vec<U>>>
    where
        C: Cacheable,
        Q: QueryFragment<C::Backend> + QueryId + LoadQuery<'query, CachedConnection<C>, U>,
        U: CacheValue,
    {
        let run = |query: Q, conn: &mut CachedConnection<C>| query.internal_load(conn)?.collect();
        fetch(conn, self.query, &self.options, run).map(F::give)
    }

    /// The same as [`load`](Self::load).
    ///
    /// # Errors
    /// What the query itself returns.
    pub fn get_results<'query, U, C>(self, conn: &mut CachedConnection<C>) -> QueryResult<F::Of<Vec<U>>>
    where
        C: Cacheable,
        Q: QueryFragment<C::Backend> + QueryId + LoadQuery<'query, CachedConnection<C>, U>,
        U: CacheValue,
    {
        self.load(conn)
    }

    /// The first row of the result. That there is none is cached too.
    ///
    /// # Errors
    /// What the query itself returns, and [`NotFound`](DieselError::NotFound) if there is no row.
    pub fn get_result<'query, U, C>(self, conn: &mut CachedConnection<C>) -> QueryResult<U>
    where
        C: Cacheable,
        Q: QueryFragment<C::Backend> + QueryId + LoadQuery<'query, CachedConnection<C>, U>,
        U: CacheValue,
    {
        let run = |query: Q, conn: &mut CachedConnection<C>| query.internal_load(conn)?.next().transpose();
        let found = fetch_as(conn, self.query, &self.options, Cache::one_or_none::<U>, run)?;
        Arc::unwrap_or_clone(found).ok_or(DieselError::NotFound)
    }

    /// The first row, which alone is asked for. That there is none is cached too.
    ///
    /// # Errors
    /// What the query itself returns, and [`NotFound`](DieselError::NotFound) if there is no row.
    pub fn first<'query, U, C>(self, conn: &mut CachedConnection<C>) -> QueryResult<U>
    where
        C: Cacheable,
        Q: LimitDsl,
        Limit<Q>: QueryFragment<C::Backend> + QueryId + LoadQuery<'query, CachedConnection<C>, U>,
        U: CacheValue,
    {
        self.map(|query| query.limit(1)).get_result(conn)
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// What the query itself returns.
    pub fn count<'query, C>(self, conn: &mut CachedConnection<C>) -> QueryResult<i64>
    where
        C: Cacheable,
        Q: SelectDsl<CountStar>,
        Select<Q, CountStar>:
            QueryFragment<C::Backend> + QueryId + LoadQuery<'query, CachedConnection<C>, i64>,
    {
        self.map(|query| query.select(diesel::dsl::count_star())).get_result(conn)
    }
}

/// The entry of a query, or what `run` reads.
fn fetch<C, Q, T>(
    conn: &mut CachedConnection<C>,
    query: Q,
    options: &Options,
    run: impl FnOnce(Q, &mut CachedConnection<C>) -> QueryResult<T>,
) -> QueryResult<Arc<T>>
where
    C: Cacheable,
    Q: QueryFragment<C::Backend> + QueryId,
    T: CacheValue,
{
    fetch_as(conn, query, options, Cache::codec::<T>, run)
}

/// The same for results that become bytes in this way.
pub(super) fn fetch_as<C, Q, T, K>(
    conn: &mut CachedConnection<C>,
    query: Q,
    options: &Options,
    codec: impl FnOnce(&Cache) -> K,
    run: impl FnOnce(Q, &mut CachedConnection<C>) -> QueryResult<T>,
) -> QueryResult<Arc<T>>
where
    C: Cacheable,
    Q: QueryFragment<C::Backend> + QueryId,
    T: Send + Sync + 'static,
    K: Codec<T>,
{
    let (_, _, attached) = conn.ready()?;
    let session = attached.session().session().clone();
    if session.is_in_transaction() {
        session.note_bypass();
        return run(query, conn).map(Arc::new);
    }
    let known = &mut attached.known;
    let text = || known.text::<C::Backend>(Id::of::<_, C::Backend>(&query), &query);
    let (key, sql) = options.entry::<C::Backend, T>(&session, &query, text)?;
    let codec = codec(attached.cache());
    let entry = Entry { key, policy: &options.policy, codec: &codec, sql: &sql };
    load(conn, entry, |conn| run(query, conn))
}

/// The entry, or what `run` reads, on the connection while a tracker notes what that depends on.
pub(super) fn load<C, T, E>(
    conn: &mut CachedConnection<C>,
    entry: Entry<'_, T>,
    run: impl FnOnce(&mut CachedConnection<C>) -> Result<T, E>,
) -> Result<Arc<T>, E>
where
    C: Cacheable,
    T: Send + Sync + 'static,
    E: From<DieselError>,
{
    let (_, _, attached) = conn.ready()?;
    let session = attached.session().session().clone();
    if let Some(explainer) = session.explainer() {
        return explain(conn, entry, explainer, run).map(Arc::new);
    }
    if session.distrust().is_some() {
        return run(conn).map(Arc::new);
    }
    let part = session.part();
    let Entry { key, policy, codec, sql } = entry;
    let outcome = sync::wait(session.cache().load(&Request { key, policy, codec }, async |_| {
        let tracker = Tracker::new();
        let value = conn.tracked(Some(Arc::clone(&tracker)), run)?;
        Ok::<_, E>(Loaded { value, watched: tracker.finish(policy) })
    }))?;
    if !sql.is_empty() {
        session.database().habits().read(sql, &outcome.source);
    }
    part.absorb(&outcome);
    Ok(outcome.value)
}

/// Reads the database, tells what the read depends on, and looks at the entry without touching it.
fn explain<C, T, E>(
    conn: &mut CachedConnection<C>,
    entry: Entry<'_, T>,
    explainer: &Explainer,
    run: impl FnOnce(&mut CachedConnection<C>) -> Result<T, E>,
) -> Result<T, E>
where
    C: Cacheable,
    E: From<DieselError>,
{
    let _part = conn.ready()?.2.session().session().part();
    let tracker = Tracker::explaining();
    let value = conn.tracked(Some(Arc::clone(&tracker)), run)?;
    let (_, _, attached) = conn.ready()?;
    let explained = attached.session().session().explain_read(entry.key, entry.policy, entry.sql, &tracker);
    explainer.note(match sync::wait(explained) {
        Ok(read) => Explanation::Read(Box::new(read)),
        Err(error) => Explanation::Note(format!("the cache does not answer: {error}")),
    });
    Ok(value)
}
