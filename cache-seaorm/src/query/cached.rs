//! What `.cached()` returns.

use std::marker::PhantomData;
use std::time::Duration;

pub use cache_core::cache::{Form, Owned, Shared};
use cache_core::{EntryKey, Policy};

/// A query whose result is cached.
///
/// The calls that run it (`all`, `one`, `count`, `paginate`, `cursor_by`, `from_raw_sql`, ...) are SeaORM's own; there is no
/// `stream`, whose rows nobody keeps. What says how a row is decoded comes before `.cached()`: `into_tuple`, `into_model`,
/// `into_partial_model`, `into_json`.
#[derive(Clone, Debug)]
#[must_use = "a query does nothing until it runs"]
pub struct Cached<Q, F = Owned> {
    pub(crate) query: Q,
    pub(crate) options: Options,
    form: PhantomData<fn() -> F>,
}

/// How one query is cached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) policy: Policy,
    pub(crate) key: Option<EntryKey>,
}

impl<Q> Cached<Q> {
    pub(crate) fn new(query: Q) -> Self {
        Self { query, options: Options::default(), form: PhantomData }
    }

    /// Returns results as the cache holds them, behind an [`Arc`](std::sync::Arc): a hit copies nothing.
    pub fn shared(self) -> Cached<Q, Shared> {
        Cached { query: self.query, options: self.options, form: PhantomData }
    }
}

impl<Q, F> Cached<Q, F> {
    pub(crate) fn with(query: Q, options: Options) -> Self {
        Self { query, options, form: PhantomData }
    }

    /// The same with another query.
    pub(super) fn map<P>(self, change: impl FnOnce(Q) -> P) -> Cached<P, F> {
        Cached::with(change(self.query), self.options)
    }

    /// How long the entry may be served at most, whatever happens.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with_policy(|policy| policy.ttl(ttl))
    }

    /// For how long after its time to live an entry that no write has touched may still be served, while one load,
    /// over all callers and processes, fetches it anew in a task of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cache_seaorm::CacheExt;
    /// use sea_orm::{DbBackend, FromQueryResult, JsonValue, Statement};
    ///
    /// let sql = "SELECT category, count(*) FROM article GROUP BY category";
    /// let counts = JsonValue::find_by_statement(Statement::from_string(DbBackend::Sqlite, sql));
    /// let counts = counts
    ///     .cached()
    ///     .ttl(Duration::from_secs(60))
    ///     .early_refresh(Duration::from_secs(10))
    ///     .stale_while_revalidate(Duration::from_secs(60))
    ///     .stale_if_error(Duration::from_secs(3600));
    /// ```
    pub fn stale_while_revalidate(self, longer: Duration) -> Self {
        self.with_policy(|policy| policy.stale_while_revalidate(longer))
    }

    /// For how long after its time to live an entry that no write has touched is served if the query fails.
    pub fn stale_if_error(self, longer: Duration) -> Self {
        self.with_policy(|policy| policy.stale_if_error(longer))
    }

    /// How long before the end of its time to live a hit has the entry loaded anew, in a task of its own.
    pub fn early_refresh(self, before: Duration) -> Self {
        self.with_policy(|policy| policy.early_refresh(before))
    }

    /// Serves an entry **although a write has touched it**, while it is loaded anew, if it is not older than this: a
    /// read may then not see what was written before it. See [`Policy::stale_after_write`].
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

    /// Names the entry, which then need not be found by hashing the statement and its values. Whatever
    /// decides the result must be in the key, the database too if several share the cache. An entry has one
    /// type: `all` and `one` of one key only make each other miss.
    pub fn key(mut self, key: EntryKey) -> Self {
        self.options.key = Some(key);
        self
    }

    fn with_policy(mut self, change: impl FnOnce(Policy) -> Policy) -> Self {
        self.options.policy = change(self.options.policy);
        self
    }
}
