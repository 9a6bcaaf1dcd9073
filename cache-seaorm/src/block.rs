//! Tracked blocks: several reads, one entry.

use std::any::type_name;
use std::sync::Arc;

use cache_core::store::KeyBuilder;
use cache_core::{EntryKey, Result as CacheResult};
use serde::Serialize;

use crate::codec::CacheValue;
use crate::connection::CachedConnection;
use crate::load::{Entry, load};
use crate::query::{Cached, Form, Owned};
use crate::transaction::CachedTransaction;

/// A block whose result is cached; [`run`](Cached::run) runs it.
pub type CachedBlock<'db, F = Owned> = Cached<Block<'db>, F>;

/// A block on a connection.
#[derive(Debug)]
pub struct Block<'db> {
    db: &'db CachedConnection,
    key: CacheResult<KeyBuilder>,
}

/// A block in a transaction, which is not cached.
#[derive(Clone, Copy, Debug)]
pub struct TransactionBlock<'db>(&'db CachedTransaction);

impl CachedConnection {
    /// Caches what a block returns. All that it reads through the connection handed to it is tracked: typed
    /// queries, loaders, raw statements, helper functions. What it reads elsewhere (another connection, a
    /// clock, a file) is not.
    ///
    /// The key tells this block's results apart: the block's name and whatever decides the result.
    ///
    /// ```
    /// use cache_seaorm::{Cache, CachedConnection};
    /// use sea_orm::{ConnectionTrait, Database, DbErr, Statement};
    ///
    /// async fn cakes(db: &CachedConnection) -> Result<i64, DbErr> {
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
    /// db.execute_unprepared("INSERT INTO cake VALUES (1)").await?;
    /// assert_eq!(cakes(&db).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cached_query(&self, key: impl Serialize) -> CachedBlock<'_> {
        let builder = KeyBuilder::new("block").text(self.session().database().identity().as_str());
        Cached::new(Block { db: self, key: builder.value(&key) })
    }
}

impl CachedTransaction {
    /// The same call as [`CachedConnection::cached_query`]; in a transaction the block just runs.
    pub fn cached_query(&self, _key: impl Serialize) -> Cached<TransactionBlock<'_>> {
        Cached::new(TransactionBlock(self))
    }
}

impl<F: Form> Cached<Block<'_>, F> {
    /// The result of the block, from the cache or by running it. A block that writes, or reads what cannot be
    /// tracked, is run each time.
    ///
    /// # Errors
    /// What the block returns. Errors are not cached.
    ///
    /// # Cancel safety
    /// Dropping the future drops the block's, and stores nothing.
    pub async fn run<T, E, B>(self, body: B) -> Result<F::Of<T>, E>
    where
        T: CacheValue,
        B: for<'c> AsyncFnOnce(&'c CachedConnection) -> Result<T, E>,
    {
        let (Block { db, key }, options) = (self.query, self.options);
        let key = match (options.key, key) {
            (Some(key), _) => key,
            (None, Ok(key)) => key.text(type_name::<T>()).finish(),
            (None, Err(error)) => {
                tracing::warn!(%error, "a block is not cached because its key cannot be serialized");
                return body(db).await.map(|value| F::give(Arc::new(value)));
            }
        };
        let codec = db.cache().codec::<T>();
        let entry: Entry<'_, T> = Entry { key, policy: &options.policy, codec: &codec, sql: "" };
        load(db, entry, body).await.map(F::give)
    }

    /// The key of the entry for a result of type `T`, for `cache.invalidate_entry`.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`](cache_core::ErrorKind::Codec) if the key cannot be serialized.
    pub fn entry_key<T: CacheValue>(self) -> CacheResult<EntryKey> {
        match self.options.key {
            Some(key) => Ok(key),
            None => Ok(self.query.key?.text(type_name::<T>()).finish()),
        }
    }
}

impl<F: Form> Cached<TransactionBlock<'_>, F> {
    /// Runs the block.
    ///
    /// # Errors
    /// What the block returns.
    pub async fn run<T, E, B>(self, body: B) -> Result<F::Of<T>, E>
    where
        T: CacheValue,
        B: for<'c> AsyncFnOnce(&'c CachedTransaction) -> Result<T, E>,
    {
        self.query.0.session().note_bypass();
        body(self.query.0).await.map(|value| F::give(Arc::new(value)))
    }
}
