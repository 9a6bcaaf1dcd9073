//! Tracked blocks: several reads, one entry.

use std::any::type_name;
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use cache_core::store::KeyBuilder;
use cache_core::{EntryKey, Result as CacheResult};
use serde::Serialize;

use crate::codec::CacheValue;
use crate::connection::CachedConnection;
use crate::load::{Attached, Entry, Once, load, refresh};
use crate::query::{CacheConnection, Cached, Form, Owned, Reader};
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

/// A block on either, as the connection is: see [`CacheConnection::cached_query`].
#[derive(Debug)]
pub struct EitherBlock<'db, C> {
    db: &'db C,
    block: Either<'db>,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "the large one is the ordinary one, and would be allocated")]
enum Either<'db> {
    Cached(Block<'db>),
    Bypass(TransactionBlock<'db>),
}

impl<'db, C: CacheConnection> EitherBlock<'db, C> {
    pub(crate) fn new(db: &'db C, key: impl Serialize) -> Self {
        let block = match db.reader() {
            Reader::Cached(db) => Either::Cached(Block::new(db, key)),
            Reader::Bypass(transaction) => Either::Bypass(TransactionBlock(transaction)),
        };
        Self { db, block }
    }
}

impl<'db> Block<'db> {
    fn new(db: &'db CachedConnection, key: impl Serialize) -> Self {
        let identity = db.session().database().identity();
        let builder = KeyBuilder::new("block").text(identity.as_str()).text(identity.session());
        Self { db, key: builder.value(&key) }
    }
}

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
        Cached::new(Block::new(self, key))
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
    /// Where the policy has the entry loaded anew while the old one is served, one caller loads and waits; with
    /// [`run_owned`](Self::run_owned) nobody does.
    ///
    /// # Cancel safety
    /// Dropping the future drops the block's, and stores nothing.
    pub async fn run<T, E, B>(self, body: B) -> Result<F::Of<T>, E>
    where
        T: CacheValue,
        B: for<'c> AsyncFnOnce(&'c CachedConnection) -> Result<T, E>,
    {
        let (Block { db, key }, options) = (self.query, self.options);
        let Some(key) = entry_key::<T>(options.key, key) else {
            return body(db).await.map(|value| F::give(Arc::new(value)));
        };
        let codec = db.cache().codec::<T>();
        let entry: Entry<'_, T> = Entry { key, policy: &options.policy, codec: &codec, sql: "" };
        load(db, entry, body, None::<Attached<T>>).await.map(F::give)
    }

    /// As [`run`](Self::run), for a body that owns what it uses: where the policy has the entry loaded anew while the
    /// old one is served, it runs in a task of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cache_seaorm::{Cache, CachedConnection};
    /// use sea_orm::{ConnectionTrait, Database, DbErr, Statement};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::from_url("memory://?private")?;
    /// # let db = CachedConnection::new(Database::connect("sqlite::memory:").await?, cache).await?;
    /// # db.execute_unprepared("CREATE TABLE cake (id INTEGER PRIMARY KEY)").await?;
    /// let block = db.cached_query("cakes").early_refresh(Duration::from_secs(60));
    /// let cakes = block.run_owned(async |db: CachedConnection| {
    ///     let count = Statement::from_string(db.get_database_backend(), "SELECT count(*) FROM cake");
    ///     let row = db.query_one_raw(count).await?;
    ///     row.map_or(Ok(0_i64), |row| row.try_get_by_index(0))
    /// });
    /// assert_eq!(cakes.await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the block returns. Errors are not cached; one in such a task is an event of the cache.
    ///
    /// # Cancel safety
    /// That of [`run`](Self::run). A task goes on without its caller.
    pub async fn run_owned<T, E, B, Fut>(self, body: B) -> Result<F::Of<T>, E>
    where
        T: CacheValue,
        E: Display + Send,
        B: FnOnce(CachedConnection) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        let (Block { db, key }, options) = (self.query, self.options);
        let Some(key) = entry_key::<T>(options.key, key) else {
            return body(db.clone()).await.map(|value| F::give(Arc::new(value)));
        };
        let codec = db.cache().codec::<T>();
        let entry: Entry<'_, T> = Entry { key, policy: &options.policy, codec: &codec, sql: "" };
        let body = Once::new(body);
        let detach = |due| {
            let codec = db.cache().codec::<T>();
            refresh(db, options.policy.clone(), codec, due, body.take());
        };
        let run = async |db: &CachedConnection| body.take()(db.clone()).await;
        load(db, entry, run, Some(detach)).await.map(F::give)
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

/// The key of a result of type `T`; none if it cannot be made.
fn entry_key<T>(named: Option<EntryKey>, key: CacheResult<KeyBuilder>) -> Option<EntryKey> {
    match (named, key) {
        (Some(key), _) => Some(key),
        (None, Ok(key)) => Some(key.text(type_name::<T>()).finish()),
        (None, Err(error)) => {
            tracing::warn!(%error, "a block is not cached because its key cannot be serialized");
            None
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

impl<C: CacheConnection, F: Form> Cached<EitherBlock<'_, C>, F> {
    /// The result of the block: as [`run`](Cached::run) of a connection's block has it, or in a transaction by running it.
    ///
    /// # Errors
    /// What the block returns. Errors are not cached.
    ///
    /// # Cancel safety
    /// Dropping the future drops the block's, and stores nothing.
    pub async fn run<T, E, B>(self, body: B) -> Result<F::Of<T>, E>
    where
        T: CacheValue,
        B: for<'c> AsyncFnOnce(&'c C) -> Result<T, E>,
    {
        let EitherBlock { db, block } = self.query;
        match block {
            Either::Cached(block) => {
                let block = Cached::<_, F>::with(block, self.options);
                block.run(async |tracked: &CachedConnection| body(db.lend(tracked)).await).await
            }
            Either::Bypass(block) => {
                let block = Cached::<_, F>::with(block, self.options);
                block.run(async |_: &CachedTransaction| body(db).await).await
            }
        }
    }
}
