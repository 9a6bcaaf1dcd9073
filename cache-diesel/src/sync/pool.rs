//! Pools of cached connections.

use cache_core::Cache;
use diesel::r2d2::{CustomizeConnection, Error};

use super::{Cacheable, CachedConnection};
use crate::error::refused;

/// Attaches the connections of an `r2d2` pool to a cache.
///
/// ```
/// use cache_diesel::{AttachTo, Cache, CacheExt, CachedConnection};
/// use diesel::prelude::*;
/// use diesel::r2d2::{ConnectionManager, Pool};
///
/// diesel::table! { cake (id) { id -> BigInt, } }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = folder.path().join("cakes.db").display().to_string();
/// let cache = Cache::from_url("memory://")?;
/// let attach = AttachTo::new(cache).after("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000;");
/// let pool = Pool::builder()
///     .max_size(4)
///     .connection_customizer(Box::new(attach))
///     .build(ConnectionManager::<CachedConnection<SqliteConnection>>::new(url))?;
///
/// let mut conn = pool.get()?;
/// diesel::sql_query("CREATE TABLE cake (id BIGINT PRIMARY KEY NOT NULL)").execute(&mut conn)?;
/// assert_eq!(cake::table.cached().count(&mut conn)?, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AttachTo {
    cache: Cache,
    settings: String,
}

impl AttachTo {
    /// Attaches each new connection to this cache.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self { cache, settings: String::new() }
    }

    /// Runs statements on each new connection before it is attached: its settings. Run on an attached connection they
    /// would end everything that is cached, since a setting may change what results are.
    #[must_use]
    pub fn after(mut self, settings: impl Into<String>) -> Self {
        self.settings = settings.into();
        self
    }
}

impl<C: Cacheable> CustomizeConnection<CachedConnection<C>, Error> for AttachTo {
    fn on_acquire(&self, conn: &mut CachedConnection<C>) -> Result<(), Error> {
        if !self.settings.is_empty() {
            conn.inner_mut().batch_execute(&self.settings).map_err(Error::QueryError)?;
        }
        conn.attach(self.cache.clone()).map_err(|error| Error::QueryError(refused(error)))
    }
}
