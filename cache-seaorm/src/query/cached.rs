//! What `.cached()` returns.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use cache_core::{EntryKey, Policy};

/// A query whose result is cached.
///
/// The calls that run it (`all`, `one`, `count`, ...) are SeaORM's own.
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

    /// Returns results as the cache holds them, behind an [`Arc`]: a hit copies nothing.
    pub fn shared(self) -> Cached<Q, Shared> {
        Cached { query: self.query, options: self.options, form: PhantomData }
    }
}

impl<Q, F> Cached<Q, F> {
    /// The same with another query.
    pub(super) fn map<P>(self, change: impl FnOnce(Q) -> P) -> Cached<P, F> {
        Cached { query: change(self.query), options: self.options, form: PhantomData }
    }

    /// How long the entry may be served at most, whatever happens.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with_policy(|policy| policy.ttl(ttl))
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

/// How results are handed out.
pub trait Form {
    /// A result in this form.
    type Of<T>;

    /// Hands out a result.
    fn give<T: Clone>(result: Arc<T>) -> Self::Of<T>;
}

/// Results of the caller's own, copied out of the cache.
#[derive(Clone, Copy, Debug)]
pub enum Owned {}

/// Results as the cache holds them.
#[derive(Clone, Copy, Debug)]
pub enum Shared {}

impl Form for Owned {
    type Of<T> = T;

    fn give<T: Clone>(result: Arc<T>) -> T {
        Arc::unwrap_or_clone(result)
    }
}

impl Form for Shared {
    type Of<T> = Arc<T>;

    fn give<T: Clone>(result: Arc<T>) -> Arc<T> {
        result
    }
}
