//! Tracked blocks and explanations: several reads at once.

use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use cache_core::session::Explainer;
use cache_core::store::KeyBuilder;
use cache_core::{EntryKey, Result as CacheResult};
use diesel::result::Error as DieselError;
use serde::Serialize;

use super::read::{Entry, load};
use super::{AsyncCacheable, AsyncCachedConnection};
use crate::explain::Explained;
use crate::query::{Awaited, Cached, Form, Owned};
use crate::value::CacheValue;

/// A block on a connection of diesel-async.
pub struct AsyncBlock<'c, C: AsyncCacheable> {
    conn: &'c mut AsyncCachedConnection<C>,
    key: CacheResult<KeyBuilder>,
}

impl<C: AsyncCacheable> fmt::Debug for AsyncBlock<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncBlock").field("conn", &self.conn).field("key", &self.key).finish()
    }
}

impl<C: AsyncCacheable> AsyncCachedConnection<C> {
    /// Caches what a block returns. All that it reads through the connection handed to it is tracked: queries,
    /// associations, raw statements, helper functions. What it reads elsewhere (another connection, a clock, a file)
    /// is not. In a transaction the block just runs.
    ///
    /// The key tells this block's results apart: the block's name and whatever decides the result.
    pub fn cached_query(&mut self, key: impl Serialize) -> Cached<AsyncBlock<'_, C>, Owned, Awaited<C>> {
        let mut builder = KeyBuilder::new("block");
        if let Some(attached) = &self.link {
            let session = attached.session();
            let identity = session.database().identity();
            builder = builder.text(identity.as_str()).text(identity.session());
        }
        let key = builder.value(&key);
        Cached::new(AsyncBlock { conn: self, key })
    }

    /// Explains the cached reads and the writes of a block.
    ///
    /// The block really runs: its writes are written and invalidate. Its cached reads ask the database, not the cache,
    /// so that what they depend on can be told; each says what an ordinary read would have found, and leaves the cache
    /// as it is.
    ///
    /// # Errors
    /// What the block returns.
    ///
    /// # Cancel safety
    /// Dropping the future drops the block.
    pub async fn explain<T, E, R>(&mut self, run: R) -> Result<Explained<T>, E>
    where
        E: From<DieselError>,
        R: for<'c> AsyncFnOnce(&'c mut Self) -> Result<T, E>,
    {
        let attached = self.ready().await?;
        let explainer = Arc::<Explainer>::default();
        let explained = attached.explained(Arc::clone(&explainer));
        let value = run(self).await?;
        drop(explained);
        Ok(Explained { value, explanations: explainer.take() })
    }
}

impl<C: AsyncCacheable, F: Form> Cached<AsyncBlock<'_, C>, F, Awaited<C>> {
    /// The result of the block, from the cache or by running it. A block that writes, or reads what cannot be
    /// tracked, is run each time.
    ///
    /// # Errors
    /// What the block returns. Errors are not cached.
    ///
    /// # Cancel safety
    /// Dropping the future drops the block, and nothing is cached.
    pub async fn run<T, E, R>(self, body: R) -> Result<F::Of<T>, E>
    where
        T: CacheValue,
        E: From<DieselError>,
        R: for<'c> AsyncFnOnce(&'c mut AsyncCachedConnection<C>) -> Result<T, E>,
    {
        let (AsyncBlock { conn, key }, options) = (self.query, self.options);
        let attached = conn.ready().await?;
        let session = attached.session();
        if session.is_in_transaction() {
            session.note_bypass();
            return body(conn).await.map(|value| F::give(Arc::new(value)));
        }
        let key: EntryKey = match (options.key, key) {
            (Some(key), _) => key,
            (None, Ok(key)) => key.text(type_name::<T>()).finish(),
            (None, Err(error)) => {
                tracing::warn!(%error, "a block is not cached because its key cannot be serialized");
                return body(conn).await.map(|value| F::give(Arc::new(value)));
            }
        };
        let codec = session.cache().codec::<T>();
        let entry: Entry<'_, T> = Entry { key, policy: &options.policy, codec: &codec, sql: "" };
        load(&attached, entry, move || body(conn)).await.map(F::give)
    }
}
