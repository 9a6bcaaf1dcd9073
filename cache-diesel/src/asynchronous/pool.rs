//! Pools of cached connections.

use std::sync::Arc;

use cache_core::Cache;
use diesel::ConnectionError;
use diesel_async::pooled_connection::{ManagerConfig, PoolableConnection};
use diesel_async::{AnsiTransactionManager, AsyncConnection, TransactionManager};
use futures_util::FutureExt;

use super::{AsyncCacheable, AsyncCachedConnection};
use crate::error::refused;

impl<C: AsyncCacheable> PoolableConnection for AsyncCachedConnection<C>
where
    Self: AsyncConnection<TransactionManager = AnsiTransactionManager>,
{
    fn is_broken(&mut self) -> bool {
        // One that something still runs on, though nobody waits, is only busy.
        let inner = Arc::get_mut(&mut self.inner).is_some_and(C::is_broken);
        inner || AnsiTransactionManager::is_broken_transaction_manager(self)
    }
}

/// The configuration of a pool whose connections are attached to a cache: `deadpool`'s, with the feature `deadpool`.
///
/// ```no_run
/// # #[cfg(feature = "deadpool")]
/// # mod app {
/// use cache_diesel::{AsyncCachedConnection, AsyncCacheExt, Cache, attach_to};
/// use diesel::prelude::*;
/// use diesel_async::AsyncPgConnection;
/// use diesel_async::pooled_connection::AsyncDieselConnectionManager;
/// use diesel_async::pooled_connection::deadpool::Pool;
///
/// diesel::table! { cake (id) { id -> BigInt, } }
///
/// # pub async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = Cache::from_url("memory://")?;
/// let url = "postgres://localhost/shop";
/// let manager = AsyncDieselConnectionManager::new_with_config(url, attach_to(cache));
/// let pool: Pool<AsyncCachedConnection<AsyncPgConnection>> = Pool::builder(manager).max_size(4).build()?;
///
/// let mut conn = pool.get().await?;
/// let cakes = cake::table.cached().count(&mut conn).await?;
/// assert_eq!(cakes, cake::table.cached().count(&mut conn).await?);
/// # Ok(())
/// # }
/// # }
/// ```
///
/// And `bb8`'s, with the feature `bb8`:
///
/// ```no_run
/// # #[cfg(feature = "bb8")]
/// # mod app {
/// use cache_diesel::{AsyncCachedConnection, AsyncCacheExt, Cache, attach_to};
/// use diesel::prelude::*;
/// use diesel_async::AsyncPgConnection;
/// use diesel_async::pooled_connection::AsyncDieselConnectionManager;
/// use diesel_async::pooled_connection::bb8::Pool;
///
/// diesel::table! { cake (id) { id -> BigInt, } }
///
/// # pub async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = Cache::from_url("memory://")?;
/// let url = "postgres://localhost/shop";
/// let manager = AsyncDieselConnectionManager::new_with_config(url, attach_to(cache));
/// let pool: Pool<AsyncCachedConnection<AsyncPgConnection>> = Pool::builder().max_size(4).build(manager).await?;
///
/// let mut conn = pool.get().await?;
/// let cakes = cake::table.cached().count(&mut conn).await?;
/// assert_eq!(cakes, cake::table.cached().count(&mut conn).await?);
/// # Ok(())
/// # }
/// # }
/// ```
#[must_use]
pub fn attach_to<C: AsyncCacheable>(cache: Cache) -> ManagerConfig<AsyncCachedConnection<C>>
where
    AsyncCachedConnection<C>: AsyncConnection<TransactionManager = AnsiTransactionManager>,
{
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(move |url| {
        let (cache, url) = (cache.clone(), url.to_owned());
        async move {
            let mut connection = AsyncCachedConnection::<C>::establish(&url).await?;
            let attached = connection.attach(cache).await;
            attached.map_err(|error| ConnectionError::CouldntSetupConfiguration(refused(error)))?;
            Ok(connection)
        }
        .boxed()
    });
    config
}
