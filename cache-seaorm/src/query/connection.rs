//! What `.cached()` reads run on.

use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::cached::Cached;
use crate::block::EitherBlock;
use crate::connection::CachedConnection;
use crate::transaction::CachedTransaction;

/// A connection that `.cached()` reads run on: [`CachedConnection`], or [`CachedTransaction`], in which they
/// bypass the cache.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no cache",
    label = "a cached read needs a `CachedConnection` or a `CachedTransaction`",
    note = "wrap the connection: `CachedConnection::new(connection, cache).await?`"
)]
pub trait CacheConnection: ConnectionTrait + Send + private::Sealed {
    /// Caches what a block returns, in code that does not know which of the two it runs on:
    /// [`CachedConnection::cached_query`] on a connection; in a transaction the block just runs.
    ///
    /// ```
    /// use cache_seaorm::{Cache, CacheConnection, CachedConnection};
    /// use sea_orm::{ConnectionTrait, Database, DbErr, Statement, TransactionTrait};
    ///
    /// async fn cakes(db: &impl CacheConnection) -> Result<i64, DbErr> {
    ///     db.cached_query("cakes")
    ///         .run(async |db| {
    ///             let count = "SELECT count(*) FROM cake";
    ///             let count = Statement::from_string(db.get_database_backend(), count);
    ///             let row = db.query_one_raw(count).await?;
    ///             row.map_or(Ok(0), |row| row.try_get_by_index(0))
    ///         })
    ///         .await
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::from_url("memory://")?;
    /// let db = CachedConnection::new(Database::connect("sqlite::memory:").await?, cache).await?;
    /// db.execute_unprepared("CREATE TABLE cake (id INTEGER PRIMARY KEY)").await?;
    /// assert_eq!(cakes(&db).await?, 0);
    /// let tx = db.begin().await?;
    /// tx.execute_unprepared("INSERT INTO cake VALUES (1)").await?;
    /// assert_eq!(cakes(&tx).await?, 1);
    /// tx.rollback().await?;
    /// assert_eq!(cakes(&db).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A function with [`#[cached_query]`](crate::cached_query) may take either, too. What loads in a task of its own
    /// (`run_owned`, which `stale_while_revalidate` of such a function needs) takes the [`CachedConnection`] itself.
    fn cached_query(&self, key: impl Serialize) -> Cached<EitherBlock<'_, Self>>
    where
        Self: Sized,
    {
        Cached::new(EitherBlock::new(self, key))
    }

    #[doc(hidden)]
    fn reader(&self) -> Reader<'_>;

    /// The connection of a block on this one, which notes what is read. A transaction has no other.
    #[doc(hidden)]
    fn lend<'c>(&'c self, tracked: &'c CachedConnection) -> &'c Self;
}

/// Where a cached read goes.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// Through the cache.
    Cached(&'a CachedConnection),
    /// To the database: a transaction may see what no other reader may.
    Bypass(&'a CachedTransaction),
}

impl CacheConnection for CachedConnection {
    fn reader(&self) -> Reader<'_> {
        Reader::Cached(self)
    }

    fn lend<'c>(&'c self, tracked: &'c CachedConnection) -> &'c Self {
        tracked
    }
}

impl CacheConnection for CachedTransaction {
    fn reader(&self) -> Reader<'_> {
        Reader::Bypass(self)
    }

    fn lend<'c>(&'c self, _tracked: &'c CachedConnection) -> &'c Self {
        self
    }
}

mod private {
    pub trait Sealed {}
    impl Sealed for crate::connection::CachedConnection {}
    impl Sealed for crate::transaction::CachedTransaction {}
}
