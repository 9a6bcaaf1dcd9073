//! The front door: [`Cache`] and the way of a cached read.
//!
//! A read asks for an entry by key; if it may not be served, its load runs, and what comes of it is stored with
//! the marks that it watches. A write publishes the marks that it touches. The log decides everything else.
//!
//! | part | what it is for |
//! |---|---|
//! | `builder`, `url`, `registry` | how a cache comes to be, and which handles share one |
//! | [`Policy`], [`Request`] | what a read asks for |
//! | `read`, `flight`, `stored`, `load`, `fill` | hit, join or load, and what becomes of the result |
//! | `stretch`, [`Refresh`] | what is served beyond its end, and loaded anew meanwhile |
//! | `values`, [`Form`] | the first level: typed values, and how they are handed out |
//! | `announce`, `keep`, `publish`, `behind`, `trail`, `owed`, `causes` | what writes say before, and leave in the log after |
//! | `outcomes` | what became of writers that are gone |
//! | `foreign`, `patience` | marks from elsewhere; how long a statement waits |
//! | `by_hand`, `resolve` | get, put and invalidate in the user's own words |
//! | `why`, `inspect`, `stats`, `event` | what it did, and why |

mod announce;
mod behind;
mod builder;
mod by_hand;
mod causes;
mod clock;
mod event;
mod fill;
mod flight;
mod foreign;
mod form;
mod inspect;
mod keep;
mod load;
mod outcomes;
mod owed;
mod patience;
mod policy;
mod publish;
mod read;
mod refresh;
mod registry;
mod request;
mod resolve;
mod shared;
mod stats;
mod stored;
mod stretch;
mod trail;
mod unlearnt;
mod unstorable;
mod url;
mod values;
mod why;

use std::fmt;
use std::sync::Arc;

pub use announce::Announcement;
pub(crate) use announce::Naming;
pub use builder::Builder;
pub use clock::{Clock, ManualClock};
pub use event::{Event, Subscription};
pub use flight::Sleep;
pub(crate) use foreign::Owner;
pub use form::{Form, Owned, Shared};
pub use inspect::{Fresh, Inspection};
pub use policy::{Consistency, Enabled, Policy, Skip};
pub use refresh::Refresh;
pub use request::{LoadStart, Loaded, Outcome, Request, Watched};
pub use resolve::Resolve;
pub use stats::Stats;
pub use why::{Bypass, Cause, Level, MissReason, Origin, Reason, Source, Stale, Touched};

use self::patience::Patience;
use self::url::{Location, Start};
use crate::codec::{OneOrNone, Serde};
use crate::error::{Error, Result};
use crate::log::{Epoch, MemoryLog};
use crate::mark::{Declared, Maker};
use crate::store::Store;

/// A cache. Clones are handles of the same one.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<shared::Shared>,
    /// Of values that are put and loaded by hand through this handle.
    policy: Arc<Policy>,
}

impl Cache {
    /// The cache of this URL. It does not [connect](Self::connect) yet.
    ///
    /// `memory://` is one in this process, `memory://name` one of several. Equal URLs are one cache, and URLs of
    /// one name share a log, so that a write through any ends the entries of all.
    ///
    /// `redis://host/0?prefix=shop` is one that processes share (feature `redis`; `rediss://` for TLS,
    /// `redis+unix:///path`, and the same with `valkey`).
    ///
    /// | option | what it is | default |
    /// |---|---|---|
    /// | `max=64MiB` | the bound of the typed values in this process | 64 MiB |
    /// | `ttl=60s` | the time to live of entries whose policy has none | 10 m |
    /// | `private` | an equal URL is another cache | |
    /// | `store=64MiB` | memory only: a level of bytes of this size | none |
    /// | `prefix=shop` | what all keys on the server begin with | `cache` |
    /// | `timeout=500ms` | how long one statement waits for the server at most | 500 ms |
    /// | `consistency=bounded:1s` | hits ask nobody while the log was confirmed this recently | `strict` |
    /// | `lease=3s` | how long one process keeps others from loading a key | 3 s |
    /// | `compression=zstd` | `none`, `lz4`, or `zstd` by feature | `lz4` |
    /// | `log=16384` | how many records the log keeps | 16384 |
    /// | `strict_writes` | a write that cannot be announced fails before it is made | owed |
    /// | `fence=off` | writes are not announced before COMMIT: one round trip less, and a process that dies between COMMIT and publication leaves stale entries until they expire | on |
    /// | `fence=nobody` | the same, where no process announces: nothing needs to wait for fences that a lost log may hide. One that does announce is not safe from readers with this | |
    /// | `start=degraded` | starting without a server is no error | |
    /// | `ca=/etc/ssl/shop.pem` | TLS only: the certificates in this file are trusted, and no others | the system's |
    /// | `identity=trust` | for servers that hide their identity and never lose data | checked |
    ///
    /// ```
    /// use cache_core::Cache;
    ///
    /// let cache = Cache::from_url("memory://?max=16MiB&ttl=60s")?;
    /// let error = Cache::from_url("memory://?maximum=16MiB").unwrap_err();
    /// assert!(error.to_string().contains("accepted: max=<size>"));
    /// # Ok::<(), cache_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the scheme, an option or a value is not
    /// understood.
    pub fn from_url(url: &str) -> Result<Self> {
        let shared = registry::open(&Location::parse(url)?);
        Ok(Self { shared, policy: Arc::new(Policy::new()) })
    }

    /// A cache of its own, part by part.
    pub fn builder() -> Builder {
        Builder::new(Arc::new(MemoryLog::new()))
    }

    /// A cache that holds nothing: every read loads.
    #[must_use]
    pub fn disabled() -> Self {
        Builder::disabled().build()
    }

    /// Whether it was made by [`disabled`](Self::disabled), so that nobody needs to know what reads depend on.
    ///
    /// ```
    /// use cache_core::Cache;
    ///
    /// assert!(Cache::disabled().is_disabled());
    /// assert!(!Cache::from_url("memory://?private")?.is_disabled());
    /// # Ok::<(), cache_core::Error>(())
    /// ```
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.shared.enabled == Enabled::No
    }

    /// A handle of the same cache with another policy for what is put and loaded by hand.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cache_core::{Cache, Policy};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// let short = cache.with_policy(Policy::new().ttl(Duration::from_secs(5)).tag("texts"));
    /// short.put("motd", "hello".to_owned(), []).await?;
    /// assert!(cache.get::<String>("motd").await.is_some());
    /// # Ok::<(), cache_core::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        Self { shared: Arc::clone(&self.shared), policy: Arc::new(policy) }
    }

    /// The policy of what is put and loaded by hand through this handle.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The codec of every type that serde knows, in this cache's format.
    #[must_use]
    pub fn codec<T>(&self) -> Serde<T> {
        Serde::new(self.shared.format)
    }

    /// The codec of one or none of every type that serde knows, in this cache's format.
    #[must_use]
    pub fn one_or_none<T>(&self) -> OneOrNone<T> {
        OneOrNone::new(self.shared.format)
    }

    /// Waits until the log can be used. Adapters do this when they wrap a connection; a log in this process always
    /// can be.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) if the server refuses the login or is none that can be
    /// used, and [`Unavailable`](crate::ErrorKind::Unavailable) if none answers, unless the URL says
    /// `start=degraded`: then reads go to the database until one does.
    ///
    /// # Cancel safety
    /// The attempt goes on without its caller.
    pub async fn connect(&self) -> Result<()> {
        let shared = self.shared();
        if shared.enabled == Enabled::No {
            return Ok(());
        }
        let connected = shared.log.connect().await;
        let degraded = |error: &Error| shared.start == Start::Degraded && error.is_retryable();
        connected.or_else(|error| if degraded(&error) { Ok(()) } else { Err(error) })
    }

    /// Tells how marks of these tables are made in this process, so that those from elsewhere are recognised, and
    /// in which epoch the schema behind them was read; none if nobody changes it.
    pub fn declare(&self, declared: &[Declared], read_in: Option<Epoch>) {
        self.declare_for(Owner::NOBODY, Maker::Nobody, declared, read_in);
    }

    /// The same for a database that is attached: others may be the same one, and see or declare other things of it.
    pub(crate) fn declare_for(
        &self,
        owner: Owner,
        maker: Maker,
        declared: &[Declared],
        read_in: Option<Epoch>,
    ) {
        self.shared.foreign.know(owner, maker, declared, read_in, &self.shared.index);
    }

    /// Takes back how marks of these tables are made, until it is told anew.
    pub(crate) fn undeclare(&self, owner: Owner, declared: &[Declared]) {
        self.shared.foreign.forget(owner, declared);
    }

    /// A database is attached no more.
    pub(crate) fn leave(&self, owner: Owner) {
        self.shared.foreign.leave(owner);
    }

    /// The log's epoch now; none if the log does not answer. A change of any attached schema begins a new one.
    pub async fn epoch(&self) -> Option<Epoch> {
        let head = Patience::new(&*self.shared.log).wait(self.shared.follow()).await;
        head.ok().map(|head| head.epoch)
    }

    /// The newest epoch that this process has seen.
    #[must_use]
    pub fn seen_epoch(&self) -> Epoch {
        self.shared.log.try_head().unwrap_or_else(|| self.shared.index.newest()).epoch
    }

    /// The store below the typed values.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.shared.store
    }

    /// Lets a database answer for dependencies on its rows, scopes and tables. The cache does not keep it alive.
    pub fn attach_resolver(&self, resolver: Arc<dyn Resolve>) {
        self.shared.resolvers.attach(&resolver);
    }

    /// The databases that are attached and alive.
    #[must_use]
    pub fn resolvers(&self) -> Vec<Arc<dyn Resolve>> {
        self.shared.resolvers.attached()
    }

    /// Calls `hook` for everything that happens in the cache, until the subscription is dropped. It runs in the
    /// middle of reads and writes, so it should be quick, and must not panic.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use cache_core::{Cache, Dep};
    /// use cache_core::cache::Event;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// let published = Arc::new(AtomicUsize::new(0));
    /// let counter = Arc::clone(&published);
    /// let _subscription = cache.on_event(move |event| {
    ///     if let Event::Published { .. } = event {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// cache.invalidate(Dep::tag("texts")).await?;
    /// assert_eq!(published.load(Ordering::Relaxed), 1);
    /// # Ok::<(), cache_core::Error>(()) }).unwrap();
    /// ```
    pub fn on_event(&self, hook: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Subscription {
        self.shared.events.subscribe(Arc::new(hook))
    }

    /// Lends the cache a timer of the caller's runtime, so that nobody waits for ever for the load of another
    /// caller who has stopped polling it. The first one stays.
    pub fn set_timer(&self, sleep: Sleep) {
        let _ = self.shared.sleep.set(sleep);
    }

    /// What the cache has done, and what it holds.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            owed: self.shared.owed.count(),
            entries: self.shared.values.len(),
            bytes: self.shared.values.weight(),
            ..self.shared.counters.stats()
        }
    }

    fn shared(&self) -> &shared::Shared {
        &self.shared
    }
}

impl PartialEq for Cache {
    /// Whether both are handles of the same cache.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for Cache {}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("log", &self.shared.log)
            .field("store", &self.shared.store)
            .field("serving", &self.shared.is_serving())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
