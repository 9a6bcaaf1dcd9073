//! What the application prints: for each read, hit or miss, and why.

use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cache_diesel::Cache;
use cache_diesel::cache::{Event, Subscription};
use diesel::QueryResult;
use diesel_async::pooled_connection::deadpool::Pool;

use crate::Error;
use crate::shop::{Conn, names};

/// A process, and what its cache did last.
pub struct Process {
    pub pool: Pool<Conn>,
    name: &'static str,
    cache: Cache,
    last: Arc<Mutex<Option<String>>>,
    _subscription: Subscription,
}

impl Process {
    pub fn new(name: &'static str, cache: Cache, pool: Pool<Conn>) -> Self {
        let last = Arc::<Mutex<Option<String>>>::default();
        let heard = Arc::clone(&last);
        let subscription = cache.on_event(move |event| {
            if let Event::Read { source, .. } = event {
                *heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(source.to_string());
            }
        });
        Self { pool, name, cache, last, _subscription: subscription }
    }

    /// Reads, and prints what the cache did.
    pub async fn read<T: Debug>(
        &self,
        what: &str,
        read: impl Future<Output = QueryResult<T>>,
    ) -> QueryResult<T> {
        let start = Instant::now();
        let value = read.await?;
        let time = start.elapsed();
        let why = self.last.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        println!("  {:<6} {what:<30} {time:>10.1?}  {why}", self.name);
        Ok(value)
    }

    /// On a new log nothing is kept for two seconds: a writer that nobody knows may still be about to commit.
    pub async fn until_kept(&self, conn: &mut Conn) -> QueryResult<()> {
        while self.cache.stats().hits == 0 {
            names(conn, "nothing").await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Delivers what is owed.
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.cache.close().await?)
    }
}
