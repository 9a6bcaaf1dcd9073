//! The wrapped connection of diesel-async, for callers who do not block.
//!
//! | module | what it is for |
//! |---|---|
//! | `attached` | what a connection that is attached to a cache has beside |
//! | `introspect` | reading the schema through it on PostgreSQL |
//! | `cacheable` | the connections that can be wrapped, and what is different of them |
//! | `connection` | diesel-async's own traits on PostgreSQL |
//! | `run` | the one way of every statement on PostgreSQL, whoever stops waiting for it |
//! | `mysql` | both on MariaDB and MySQL |
//! | `turns`, `task` | statements that are on their way at once; what must not be cut short |
//! | `read`, `block` | the way of cached reads and blocks |
//! | `view` | reads that are cached as the server sent them, on PostgreSQL |
//! | `transaction` | transactions of a certain kind, on PostgreSQL |
//! | `instrument` | the user's instrumentation |
//! | `pool` | pools of cached connections |

mod attached;
mod block;
mod cacheable;
#[cfg(feature = "async-postgres")]
mod connection;
mod instrument;
#[cfg(feature = "async-postgres")]
mod introspect;
#[cfg(feature = "async-mysql")]
mod mysql;
#[cfg(any(feature = "deadpool", feature = "bb8"))]
mod pool;
mod read;
#[cfg(feature = "async-postgres")]
mod run;
mod task;
#[cfg(feature = "async-postgres")]
mod transaction;
#[cfg_attr(not(feature = "async-postgres"), allow(dead_code, reason = "only PostgreSQL pipelines"))]
mod turns;
#[cfg(feature = "async-postgres")]
mod view;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cache_core::session::{BeforeImages, Part};
use cache_core::{Cache, Declaration, Error, ErrorKind, Result};
use diesel::QueryResult;
use diesel::connection::CacheSize;
use diesel_async::{AnsiTransactionManager, TransactionManager};

pub use self::block::AsyncBlock;
pub use self::cacheable::AsyncCacheable;
#[cfg(any(feature = "deadpool", feature = "bb8"))]
pub use self::pool::attach_to;
#[cfg(feature = "async-postgres")]
pub use self::transaction::AsyncTransactionBuilder;
#[cfg(feature = "async-postgres")]
pub use self::view::AsyncView;

use self::attached::Attached;
use self::instrument::Forward;
use self::turns::Turns;
use crate::error::{refused, transaction_is_open};

/// A connection of diesel-async whose writes invalidate what the cache holds, and on which reads can be
/// [`.cached()`](crate::AsyncCacheExt::cached).
///
/// It implements diesel-async's own traits, so the whole query builder works on it unchanged; on PostgreSQL a shared
/// reference of it pipelines.
///
/// A pool holds cached connections, and never the other way round.
///
/// # Cancel safety
/// A future that is dropped while the database runs its statement leaves the statement running, as ever. Nothing stale
/// stays behind: a write that is not in a transaction is published when it can run no more, for which a task of its own
/// waits, and so is a COMMIT; the next statement on this connection waits for that task. In a transaction, what the
/// statement may have written is owed at COMMIT.
///
/// A future that has been polled, and then is neither polled nor dropped, keeps its turn: statements that need the
/// connection to themselves (BEGIN, COMMIT, a changed schema or setting) wait for it.
pub struct AsyncCachedConnection<C: AsyncCacheable> {
    inner: Arc<C::Held>,
    /// The transactions of this connection: the one inside has none of its own.
    transactions: AnsiTransactionManager,
    /// A serialization failure that the transaction manager has not been told of.
    must_roll_back: AtomicBool,
    instrumentation: Forward,
    /// A size that the connection inside has not been given, because it is in use.
    cache_size: Option<CacheSize>,
    turns: Turns,
    /// It refuses statements without one.
    link: Option<Arc<Attached>>,
}

impl<C: AsyncCacheable> AsyncCachedConnection<C> {
    /// Wraps a connection: reads the database's schema, unless another connection to it already has.
    ///
    /// What is read on a PostgreSQL server that follows another one leaves nothing in the cache; see
    /// [`on_replica`](Self::on_replica) for other servers.
    ///
    /// Instrumentation of the connection is replaced by that of
    /// [`set_default_instrumentation`](diesel::connection::set_default_instrumentation); set your own on the wrapper.
    ///
    /// ```no_run
    /// use cache_diesel::{AsyncCachedConnection, Cache};
    /// use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::from_url("memory://")?;
    /// let bare = AsyncPgConnection::establish("postgres://localhost/shop").await?;
    /// let mut conn = AsyncCachedConnection::new(bare, cache).await?;
    /// let inserted = diesel::sql_query("INSERT INTO cake (name) VALUES ('cheese')").execute(&mut conn).await?;
    /// assert_eq!(inserted, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if the schema cannot be read, [`ErrorKind::Configuration`] if a transaction is open or the
    /// connection is set to something under which nothing can be cached, and those of [`Cache::connect`].
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub async fn new(inner: C, cache: Cache) -> Result<Self> {
        let mut connection = Self::outside_of_transactions(inner)?;
        connection.attach(cache).await?;
        Ok(connection)
    }

    /// The same database on a replica that may lag behind. `.cached()` reads there go to the replica each time and leave
    /// nothing in the cache: a replica that has not seen a write yet would leave what it replaced. Write through this
    /// connection, not through the replica.
    ///
    /// # Errors
    /// If this connection is not attached to a cache, and if a transaction is open on the replica.
    pub fn on_replica(&self, replica: C) -> Result<Self> {
        let attached = self.link.as_ref().ok_or_else(never_attached)?;
        let mut replica = Self::outside_of_transactions(replica)?;
        replica.link = Some(Arc::new(Attached::on_replica(Arc::clone(attached.session().database()))));
        Ok(replica)
    }

    fn outside_of_transactions(mut inner: C) -> Result<Self> {
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut inner);
        if matches!(status.transaction_depth(), Ok(None)) {
            Ok(Self::detached(inner))
        } else {
            Err(transaction_is_open())
        }
    }

    fn detached(mut inner: C) -> Self {
        let instrumentation = Forward::of_default();
        inner.set_instrumentation(instrumentation.clone());
        Self {
            inner: Arc::new(inner.hold()),
            transactions: AnsiTransactionManager::default(),
            must_roll_back: AtomicBool::new(false),
            instrumentation,
            cache_size: None,
            turns: Turns::new(),
            link: None,
        }
    }

    /// Attaches an established connection to a cache. Until then it refuses all statements.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    ///
    /// # Cancel safety
    /// The connection stays as it was. Its next use waits until the schema has been read.
    pub async fn attach(&mut self, cache: Cache) -> Result<()> {
        self.settle().await;
        if self.link.as_ref().is_some_and(|attached| attached.session().is_in_transaction()) {
            return Err(transaction_is_open());
        }
        let attached = C::attach(&self.inner, &self.turns, &cache).await?;
        cache.set_timer(task::sleep);
        self.link = Some(Arc::new(attached));
        Ok(())
    }

    /// The cache; none if the connection was never attached to one.
    #[must_use]
    pub fn cache(&self) -> Option<Cache> {
        self.link.as_ref().map(|attached| attached.session().cache().clone())
    }

    /// Declares scopes by hand, for tables without the derive. If any is new, all entries end.
    ///
    /// # Errors
    /// If the cache's log does not answer, and if the connection is not attached.
    ///
    /// # Cancel safety
    /// The scopes may be declared or not.
    pub async fn declare(&mut self, declarations: impl IntoIterator<Item = Declaration>) -> Result<()> {
        let attached = self.link.as_ref().ok_or_else(never_attached)?;
        let session = attached.session();
        session.database().declare(declarations.into_iter().collect()).await
    }

    /// Reads the schema again: after migrations that did not run through this connection. Schema changes that did are
    /// noticed at once, and others within a second.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if the schema cannot be read, if the connection is not attached, and in a transaction.
    ///
    /// # Cancel safety
    /// The schema is read to its end.
    pub async fn refresh_schema(&mut self) -> Result<()> {
        self.settle().await;
        let attached = self.link.as_ref().ok_or_else(never_attached)?;
        C::refresh(&self.inner, &self.turns, attached).await
    }

    /// Sets which writes are preceded by a query of the rows that they are about to change, for all connections to this
    /// database.
    ///
    /// A statement that moves a row to another scope does not say which it leaves; without the query, every count and
    /// page that uses the column ends. By default writes by key look first, under the lock that they take anyway, in a
    /// transaction of their own (two more round trips); inside a transaction only after its first write.
    pub fn set_before_images(&mut self, mode: BeforeImages) {
        if let Some(attached) = &self.link {
            attached.session().database().set_before_images(mode);
        }
    }

    /// What a cached read needs, after what it has to wait for.
    async fn ready(&mut self) -> QueryResult<Arc<Attached>> {
        let part = self.link.as_ref().map(|attached| attached.session().part());
        self.settle().await;
        let attached = self.link.as_ref().ok_or_else(|| refused(never_attached()))?;
        C::keep_up(&self.inner, &self.turns, attached).await;
        part.into_iter().for_each(Part::hand_over);
        Ok(Arc::clone(attached))
    }

    /// Waits for what still runs on the connection, and gives it what it could not be given meanwhile.
    async fn settle(&mut self) {
        self.turns.settle().await;
        if let Some(size) = self.cache_size.take() {
            self.resize(size);
        }
    }

    fn resize(&mut self, size: CacheSize) {
        match Arc::get_mut(&mut self.inner) {
            Some(inner) => C::resize(inner, size),
            None => self.cache_size = Some(size),
        }
    }
}

fn never_attached() -> Error {
    let message = "this connection was never attached to a cache: call `attach(cache)` on it; pools do with `attach_to`";
    Error::new(ErrorKind::Configuration, message)
}

impl<C: AsyncCacheable> fmt::Debug for AsyncCachedConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncCachedConnection")
            .field("session", &self.link.as_ref().map(|attached| attached.session()))
            .finish_non_exhaustive()
    }
}
