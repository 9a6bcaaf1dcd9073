//! What the application prints: for each read, hit or miss, why, and its time beside the uncached time.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cache_seaorm::Cache;
use cache_seaorm::cache::{Event, Subscription};
use sea_orm::DbErr;

/// Listens to a cache and prints.
pub struct Report {
    last: Arc<Mutex<String>>,
    _subscription: Subscription,
}

impl Report {
    pub fn new(cache: &Cache) -> Self {
        let last = Arc::<Mutex<String>>::default();
        let heard = Arc::clone(&last);
        let subscription = cache.on_event(move |event| {
            if let Event::Read { source, .. } = event {
                *heard.lock().unwrap_or_else(PoisonError::into_inner) = source.to_string();
            }
        });
        Self { last, _subscription: subscription }
    }

    pub fn title(&self, title: &str) {
        println!("\n{title}");
    }

    /// Runs a read both ways, checks that they agree, and prints what the cache did.
    pub async fn read<T: PartialEq + Debug>(
        &mut self,
        name: &str,
        cached: impl Future<Output = Result<T, DbErr>>,
        uncached: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let (value, time) = timed(cached).await?;
        let why = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (truth, uncached_time) = timed(uncached).await?;
        assert_eq!(value, truth, "a cached read must equal the uncached one");
        println!("  read  {name:<28} {time:>10.1?}  uncached {uncached_time:>10.1?}  {why}");
        Ok(value)
    }

    /// Runs a write and prints its time.
    pub async fn write<T>(
        &self,
        name: &str,
        write: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let (value, time) = timed(write).await?;
        println!("  write {name:<28} {time:>10.1?}");
        Ok(value)
    }
}

async fn timed<T>(call: impl Future<Output = Result<T, DbErr>>) -> Result<(T, Duration), DbErr> {
    let start = Instant::now();
    let value = call.await?;
    Ok((value, start.elapsed()))
}
