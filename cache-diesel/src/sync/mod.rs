//! The wrapped connection for callers who block.
//!
//! | module | what it is for |
//! |---|---|
//! | `cacheable` | the connections that can be wrapped, and how their schema is read |
//! | `attached` | what a connection that is attached to a cache has beside |
//! | `connection`, `load` | Diesel's own traits: statements, rows |
//! | `ready`, `run` | what a statement has to wait for; the one way of every statement |
//! | `forward`, `save` | Diesel's smaller traits; `save_changes` |
//! | `read`, `block` | the way of cached reads and blocks |
//! | `view` | reads that are cached as the server sent them |
//! | `watch` | what runs around the wrapper |
//! | `pool` | pools of cached connections |
//! | `sqlite`, `postgres`, `mysql` | what only these have |

mod attached;
mod block;
mod cacheable;
mod connection;
mod forward;
mod load;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "r2d2")]
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod read;
mod ready;
mod run;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod save;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "postgres")]
mod view;
mod watch;

use std::fmt;
use std::sync::Arc;

use cache_core::schema::Dialect;
use cache_core::session::BeforeImages;
use cache_core::{Cache, Declaration, Result, sync};

pub use self::block::{Block, CachedBlock};
pub use self::cacheable::Cacheable;
pub use self::load::Cursor;
#[cfg(feature = "r2d2")]
pub use self::pool::AttachTo;
#[cfg(feature = "postgres")]
pub use self::view::View;

use self::attached::Attached;
use self::ready::never_attached;
use self::watch::Watch;
use crate::backend::CacheBackend;
use crate::error::transaction_is_open;

/// A connection whose writes invalidate what the cache holds, and on which reads can be `.cached()`.
///
/// It implements Diesel's own traits, so the whole query builder works on it unchanged. It is deliberately no `Deref`
/// to the connection inside: statements run through that are seen late and by their text only.
/// [`inner_mut`](Self::inner_mut) is the way around.
///
/// A pool holds cached connections, and never the other way round.
pub struct CachedConnection<C> {
    inner: C,
    /// By which it was established, if it was.
    url: Option<String>,
    watch: Watch,
    /// Whether the connection inside was handed out since the last statement, and the session with it.
    is_lent: bool,
    link: Link,
}

enum Link {
    /// It refuses statements.
    Detached,
    Attached(Box<Attached>),
}

impl<C: Cacheable> CachedConnection<C> {
    /// Wraps a connection: reads the database's schema, unless another connection to it already has.
    ///
    /// What is read on a PostgreSQL server that follows another one leaves nothing in the cache; see
    /// [`on_replica`](Self::on_replica) for other servers.
    ///
    /// Connections to one SQLite database in memory (`cache=shared`) are known as such only if they are established by
    /// `CachedConnection::establish` and then [attached](Self::attach).
    ///
    /// Instrumentation of the connection is replaced by that of
    /// [`set_default_instrumentation`](diesel::connection::set_default_instrumentation); set your own on the wrapper.
    ///
    /// ```
    /// use cache_diesel::{Cache, CachedConnection};
    /// use diesel::prelude::*;
    /// use diesel::connection::SimpleConnection;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::from_url("memory://")?;
    /// let mut conn = CachedConnection::new(SqliteConnection::establish(":memory:")?, cache)?;
    /// conn.batch_execute("CREATE TABLE cake (id INTEGER PRIMARY KEY, name TEXT)")?;
    /// let inserted = diesel::sql_query("INSERT INTO cake (name) VALUES ('cheese')").execute(&mut conn)?;
    /// assert_eq!(inserted, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](cache_core::ErrorKind::Schema) if the schema cannot be read, and those of [`Cache::connect`].
    pub fn new(inner: C, cache: Cache) -> Result<Self> {
        let mut connection = Self::detached(inner, None);
        connection.attach(cache)?;
        Ok(connection)
    }

    fn detached(mut inner: C, url: Option<String>) -> Self {
        let watch = Watch::install(&mut inner);
        Self { inner, url, watch, is_lent: false, link: Link::Detached }
    }

    /// Attaches an established connection to a cache. Until then it refuses all statements.
    ///
    /// ```
    /// use cache_diesel::{Cache, CachedConnection};
    /// use diesel::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut conn = CachedConnection::<SqliteConnection>::establish(":memory:")?;
    /// let refused = diesel::sql_query("SELECT 1").execute(&mut conn).unwrap_err();
    /// assert!(refused.to_string().contains("attach"));
    /// conn.attach(Cache::from_url("memory://")?)?;
    /// diesel::sql_query("SELECT 1").execute(&mut conn)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`new`](Self::new), after which it is attached as before; and if a transaction is open, but on SQLite for a
    /// connection that was never attached.
    pub fn attach(&mut self, cache: Cache) -> Result<()> {
        sync::prepare();
        // A test may have begun its transaction before. What another cache is owed would be lost.
        let in_transaction = self.is_in_transaction();
        let may_be = <C::Backend as CacheBackend>::DIALECT == Dialect::Sqlite && self.cache().is_none();
        if in_transaction && !may_be {
            return Err(transaction_is_open());
        }
        let mut attached = {
            let _announced = self.watch.announce();
            Attached::open(&mut self.inner, &cache, self.url.as_deref())?
        };
        if in_transaction {
            attached.session_mut().lose_sight();
        }
        self.watch.attach(attached.session());
        self.link = Link::Attached(Box::new(attached));
        Ok(())
    }

    /// The same database on a replica that may lag behind. `.cached()` reads there go to the replica each time and leave
    /// nothing in the cache: a replica that has not seen a write yet would leave what it replaced. Write through this
    /// connection, not through the replica.
    ///
    /// # Errors
    /// If this connection is not attached to a cache, and if a transaction is open on the replica.
    pub fn on_replica(&self, replica: C) -> Result<Self> {
        let Link::Attached(attached) = &self.link else { return Err(never_attached()) };
        let database = Arc::clone(attached.session().session().database());
        let mut replica = Self::detached(replica, None);
        if replica.is_in_transaction() {
            return Err(transaction_is_open());
        }
        let attached = Attached::on_replica(database);
        replica.watch.attach(attached.session());
        replica.link = Link::Attached(Box::new(attached));
        Ok(replica)
    }

    /// The cache; none if the connection was never attached to one.
    #[must_use]
    pub fn cache(&self) -> Option<&Cache> {
        match &self.link {
            Link::Attached(attached) => Some(attached.cache()),
            Link::Detached => None,
        }
    }

    /// The connection itself, for what the wrapper cannot do: user functions, collations, `COPY .. TO`.
    ///
    /// Reads on it are not cached, and neither is a block that uses it. A write is found by its text when it has run,
    /// invalidates widely, and is reported by a warning. Transactions and savepoints are those of the wrapper, whichever of
    /// the two begins or ends them.
    ///
    /// What finds it is the connection's instrumentation: set your own on the wrapper, which calls it. Set on the connection
    /// inside, it leaves nothing that can be seen there: whatever was done is noticed by the wrapper's next statement, which
    /// invalidates everything, and reads bypass the cache until a transaction has ended.
    pub fn inner_mut(&mut self) -> &mut C {
        self.lend()
    }

    /// Watches every connection that this process establishes from now on, wrapped or not: what a bare
    /// [`SqliteConnection`](diesel::SqliteConnection) writes to this connection's database ends what it may have changed,
    /// when it commits. For programs that cannot wrap all their connections.
    ///
    /// It takes the place of Diesel's default instrumentation, and sees texts but no bound values: a write of a table ends
    /// all that depends on the table's rows in the same columns. Each statement of such a connection is analysed. It is for
    /// one database in a process, and not for connections of diesel-async.
    ///
    /// ```
    /// use cache_diesel::{Cache, CacheExt, CachedConnection};
    /// use diesel::connection::SimpleConnection;
    /// use diesel::prelude::*;
    ///
    /// diesel::table! { cake (id) { id -> BigInt, } }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = folder.path().join("cakes.db").display().to_string();
    /// let mut conn = CachedConnection::new(SqliteConnection::establish(&url)?, Cache::from_url("memory://")?)?;
    /// conn.batch_execute("CREATE TABLE cake (id BIGINT PRIMARY KEY NOT NULL)")?;
    /// conn.watch_all()?;
    /// assert_eq!(cake::table.cached().count(&mut conn)?, 0);
    ///
    /// let mut bare = SqliteConnection::establish(&url)?;
    /// diesel::insert_into(cake::table).values(cake::id.eq(1)).execute(&mut bare)?;
    /// assert_eq!(cake::table.cached().count(&mut conn)?, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the connection is not attached.
    pub fn watch_all(&mut self) -> Result<()> {
        watch::watch_all(self.attached_mut()?.session().session().database())
    }

    /// How many writes went around the wrapper.
    #[must_use]
    pub fn writes_around(&self) -> u64 {
        self.watch.writes()
    }

    /// Declares scopes by hand, for tables without the derive. If any is new, all entries end.
    ///
    /// # Errors
    /// If the cache's log does not answer, and if the connection is not attached.
    pub fn declare(&mut self, declarations: impl IntoIterator<Item = Declaration>) -> Result<()> {
        let database = Arc::clone(self.attached_mut()?.session().session().database());
        sync::wait(database.declare(declarations.into_iter().collect()))
    }

    /// Reads the schema again: after migrations that did not run through this connection. Schema changes that did are
    /// noticed at once, and others within a second.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](cache_core::ErrorKind::Schema) if the schema cannot be read, and in a transaction unless it is
    /// SQLite's; and if the connection is not attached.
    pub fn refresh_schema(&mut self) -> Result<()> {
        self.take_back();
        let _announced = self.watch.announce();
        match &mut self.link {
            Link::Attached(attached) => attached.refresh(&mut self.inner),
            Link::Detached => Err(never_attached()),
        }
    }

    /// Sets which writes are preceded by a query of the rows that they are about to change, for all connections to
    /// this database.
    ///
    /// A statement that moves a row to another scope does not say which it leaves; without the query, every count and
    /// page that uses the column ends. By default writes by key look first, in a transaction of their own that keeps
    /// other writers out; inside a transaction only after its first write, where nobody can come between. A write that
    /// returns rows outside of a transaction never looks.
    pub fn set_before_images(&mut self, mode: BeforeImages) {
        if let Link::Attached(attached) = &self.link {
            attached.session().session().database().set_before_images(mode);
        }
    }
}

impl<C: Cacheable> CachedConnection<C> {
    /// Whether a transaction is open, whoever has begun it.
    fn is_in_transaction(&mut self) -> bool {
        let is_seen = match self.attached_mut() {
            Ok(attached) => attached.session().session().is_in_transaction(),
            Err(_) => false,
        };
        is_seen || run::is_in_transaction(&mut self.inner)
    }
}

impl<C> fmt::Debug for CachedConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CachedConnection");
        match &self.link {
            Link::Attached(attached) => debug.field("session", attached.session()),
            Link::Detached => debug.field("session", &"none"),
        };
        debug.finish_non_exhaustive()
    }
}
