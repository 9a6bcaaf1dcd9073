//! Tracked blocks and explanations: several reads at once.

use std::any::type_name;
use std::sync::Arc;

use cache_core::session::Explainer;
use cache_core::store::KeyBuilder;
use cache_core::{EntryKey, Result as CacheResult};
use diesel::result::Error as DieselError;
use serde::Serialize;

use super::read::{Entry, load};
use super::{Cacheable, CachedConnection};
use crate::explain::Explained;
use crate::query::{Cached, Form, Owned};
use crate::value::CacheValue;

/// A block whose result is cached; [`run`](Cached::run) runs it.
pub type CachedBlock<'c, C, F = Owned> = Cached<Block<'c, C>, F>;

/// A block on a connection.
#[derive(Debug)]
pub struct Block<'c, C> {
    conn: &'c mut CachedConnection<C>,
    key: CacheResult<KeyBuilder>,
}

impl<C: Cacheable> CachedConnection<C> {
    /// Caches what a block returns. All that it reads through the connection handed to it is tracked: queries,
    /// associations, raw statements, helper functions. What it reads elsewhere (another connection, a clock, a file)
    /// is not. In a transaction the block just runs.
    ///
    /// The key tells this block's results apart: the block's name and whatever decides the result.
    ///
    /// ```
    /// use cache_diesel::{Cache, CachedConnection};
    /// use diesel::connection::SimpleConnection;
    /// use diesel::prelude::*;
    ///
    /// diesel::table! { cake (id) { id -> Integer, } }
    ///
    /// fn cakes(conn: &mut CachedConnection<SqliteConnection>) -> QueryResult<i64> {
    ///     conn.cached_query("cakes").run(|conn| cake::table.count().get_result(conn))
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::from_url("memory://")?;
    /// let mut conn = CachedConnection::new(SqliteConnection::establish(":memory:")?, cache)?;
    /// conn.batch_execute("CREATE TABLE cake (id INTEGER PRIMARY KEY)")?;
    /// assert_eq!(cakes(&mut conn)?, 0);
    /// conn.batch_execute("INSERT INTO cake VALUES (1)")?;
    /// assert_eq!(cakes(&mut conn)?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cached_query(&mut self, key: impl Serialize) -> CachedBlock<'_, C> {
        let mut builder = KeyBuilder::new("block");
        if let Ok(attached) = self.attached_mut() {
            let identity = attached.session().session().database().identity();
            builder = builder.text(identity.as_str()).text(identity.session());
        }
        let key = builder.value(&key);
        Cached::new(Block { conn: self, key })
    }

    /// Explains the cached reads and the writes of a block.
    ///
    /// The block really runs: its writes are written and invalidate. Its cached reads ask the database, not the cache,
    /// so that what they depend on can be told; each says what an ordinary read would have found, and leaves the cache
    /// as it is.
    ///
    /// # Errors
    /// What the block returns.
    pub fn explain<T, E>(&mut self, run: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<Explained<T>, E> {
        let explainer = Arc::<Explainer>::default();
        let value = self.explained(Some(Arc::clone(&explainer)), run)?;
        Ok(Explained { value, explanations: explainer.take() })
    }
}

impl<C: Cacheable, F: Form> Cached<Block<'_, C>, F> {
    /// The result of the block, from the cache or by running it. A block that writes, or reads what cannot be
    /// tracked, is run each time.
    ///
    /// # Errors
    /// What the block returns. Errors are not cached.
    pub fn run<T, E>(self, body: impl FnOnce(&mut CachedConnection<C>) -> Result<T, E>) -> Result<F::Of<T>, E>
    where
        T: CacheValue,
        E: From<DieselError>,
    {
        let (Block { conn, key }, options) = (self.query, self.options);
        let (_, _, attached) = conn.ready()?;
        let session = attached.session().session();
        if session.is_in_transaction() {
            session.note_bypass();
            return body(conn).map(|value| F::give(Arc::new(value)));
        }
        let key = match (options.key, key) {
            (Some(key), _) => key,
            (None, Ok(key)) => key.text(type_name::<T>()).finish(),
            (None, Err(error)) => {
                tracing::warn!(%error, "a block is not cached because its key cannot be serialized");
                return body(conn).map(|value| F::give(Arc::new(value)));
            }
        };
        let codec = attached.cache().codec::<T>();
        let entry: Entry<'_, T> = Entry { key, policy: &options.policy, codec: &codec, sql: "" };
        load(conn, entry, body).map(F::give)
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
