//! `.cached()` on queries.

use std::any::type_name;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

pub use cache_core::cache::{Form, Owned, Shared};
use cache_core::session::Session;
use cache_core::store::KeyBuilder;
use cache_core::{EntryKey, Policy};
use diesel::QueryResult;
use diesel::query_builder::{AsQuery, QueryFragment};

use crate::backend::CacheBackend;

/// `.cached()` on everything that Diesel can load: tables, selects, joins, boxed queries, `sql_query`.
pub trait CacheExt: AsQuery + Sized {
    /// Reads through the cache.
    ///
    /// ```
    /// use cache_diesel::{Cache, CacheExt, CachedConnection};
    /// use diesel::connection::SimpleConnection;
    /// use diesel::prelude::*;
    ///
    /// diesel::table! { cake (id) { id -> Integer, name -> Text, } }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::from_url("memory://")?;
    /// let mut conn = CachedConnection::new(SqliteConnection::establish(":memory:")?, cache)?;
    /// conn.batch_execute("CREATE TABLE cake (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL)")?;
    /// let names = cake::table.select(cake::name).order(cake::id);
    /// assert_eq!(names.cached().load::<String, _>(&mut conn)?, [""; 0]);
    /// diesel::insert_into(cake::table).values(cake::name.eq("cheese")).execute(&mut conn)?;
    /// assert_eq!(names.cached().load::<String, _>(&mut conn)?, ["cheese"]);
    /// # Ok(())
    /// # }
    /// ```
    fn cached(self) -> Cached<Self::Query> {
        Cached::new(self.as_query())
    }
}

impl<Q: AsQuery> CacheExt for Q {}

/// `.cached()` on everything that diesel-async can load. Import it where diesel-async's `RunQueryDsl` is, and
/// [`CacheExt`] where Diesel's is.
#[cfg(any(feature = "async-mysql", feature = "async-postgres"))]
pub trait AsyncCacheExt: AsQuery + Sized {
    /// Reads through the cache.
    ///
    /// ```no_run
    /// use cache_diesel::{AsyncCacheExt, AsyncCachedConnection, Cache};
    /// use diesel::prelude::*;
    /// use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
    ///
    /// diesel::table! { cake (id) { id -> Integer, name -> Text, } }
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let bare = AsyncPgConnection::establish("postgres://localhost/shop").await?;
    /// let mut conn = AsyncCachedConnection::new(bare, Cache::from_url("memory://")?).await?;
    /// let names = cake::table.select(cake::name).order(cake::id);
    /// assert_eq!(names.cached().load::<String>(&mut conn).await?, [""; 0]);
    /// diesel::insert_into(cake::table).values(cake::name.eq("cheese")).execute(&mut conn).await?;
    /// assert_eq!(names.cached().load::<String>(&mut conn).await?, ["cheese"]);
    /// # Ok(())
    /// # }
    /// ```
    fn cached<C>(self) -> Cached<Self::Query, Owned, Awaited<C>> {
        Cached::new(self.as_query())
    }
}

#[cfg(any(feature = "async-mysql", feature = "async-postgres"))]
impl<Q: AsQuery> AsyncCacheExt for Q {}

/// A query whose result is cached.
///
/// The calls that run it (`load`, `first`, `get_result`, `count`) are Diesel's own; `.optional()` follows them as ever.
#[derive(Clone, Debug)]
#[must_use = "a query does nothing until it runs"]
pub struct Cached<Q, F = Owned, M = Blocking> {
    pub(crate) query: Q,
    pub(crate) options: Options,
    form: PhantomData<fn() -> (F, M)>,
}

/// Run by a caller who blocks, on a [`CachedConnection`](crate::CachedConnection).
#[derive(Clone, Copy, Debug)]
pub enum Blocking {}

/// Run by a caller who awaits it, on a connection of diesel-async of this type.
#[cfg(any(feature = "async-mysql", feature = "async-postgres"))]
#[derive(Clone, Copy, Debug)]
pub struct Awaited<C>(PhantomData<fn() -> C>);

/// How one query is cached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) policy: Policy,
    pub(crate) key: Option<EntryKey>,
}

impl Options {
    /// The key of the entry for a result of type `T`, and the text of the statement; that is empty if nobody needs it.
    pub(crate) fn entry<DB: CacheBackend, T>(
        &self,
        session: &Session,
        query: &impl QueryFragment<DB>,
        text: impl FnOnce() -> QueryResult<Arc<str>>,
    ) -> QueryResult<(EntryKey, Arc<str>)> {
        if let Some(key) = self.key
            && session.explainer().is_none()
        {
            // With a key of the user's own, a hit needs no statement.
            return Ok((key, Arc::default()));
        }
        let sql = text()?;
        let identity = session.database().identity();
        let key = KeyBuilder::new("diesel")
            .text(identity.as_str())
            .text(identity.session())
            .text(type_name::<T>())
            .text(&sql);
        let key = DB::collect(query, |values| DB::identify(values, key).finish())?;
        Ok((self.key.unwrap_or(key), sql))
    }
}

impl<Q, M> Cached<Q, Owned, M> {
    pub(crate) fn new(query: Q) -> Self {
        Self { query, options: Options::default(), form: PhantomData }
    }

    /// Returns results as the cache holds them, behind an [`Arc`]: a hit copies nothing.
    pub fn shared(self) -> Cached<Q, Shared, M> {
        Cached { query: self.query, options: self.options, form: PhantomData }
    }
}

impl<Q, F, M> Cached<Q, F, M> {
    /// How long the entry may be served at most, whatever happens.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with_policy(|policy| policy.ttl(ttl))
    }

    /// For how long after its time to live an entry that no write has touched may still be served, while one caller,
    /// over all callers and processes, loads it anew and waits.
    pub fn stale_while_revalidate(self, longer: Duration) -> Self {
        self.with_policy(|policy| policy.stale_while_revalidate(longer))
    }

    /// For how long after its time to live an entry that no write has touched is served if the query fails.
    pub fn stale_if_error(self, longer: Duration) -> Self {
        self.with_policy(|policy| policy.stale_if_error(longer))
    }

    /// Serves an entry **although a write has touched it**, while one caller loads it anew and waits, if it is not older
    /// than this: a read may then not see what was written before it. See [`Policy::stale_after_write`].
    pub fn stale_after_write(self, age: Duration) -> Self {
        self.with_policy(|policy| policy.stale_after_write(age))
    }

    /// Adds a tag: `cache.invalidate(Dep::tag(..))` ends every entry that carries it.
    pub fn tag(self, tag: impl Into<String>) -> Self {
        self.with_policy(|policy| policy.tag(tag))
    }

    /// Replaces how the query is cached, tags and time to live included.
    pub fn policy(self, policy: Policy) -> Self {
        self.with_policy(|_| policy)
    }

    /// Names the entry, which then need not be found by hashing the statement and its values. Whatever decides the
    /// result must be in the key, the database too if several share the cache. An entry has one type: `load` and
    /// `first` of one key only make each other miss. On a view (`conn.cached()`) it names the entry of every statement
    /// that is run through it: run one.
    pub fn key(mut self, key: EntryKey) -> Self {
        self.options.key = Some(key);
        self
    }

    /// The same with another query.
    pub(crate) fn map<P>(self, change: impl FnOnce(Q) -> P) -> Cached<P, F, M> {
        Cached { query: change(self.query), options: self.options, form: PhantomData }
    }

    fn with_policy(mut self, change: impl FnOnce(Policy) -> Policy) -> Self {
        self.options.policy = change(self.options.policy);
        self
    }
}
