//! What the application prints: for each read, hit or miss, why, and its time beside the uncached time.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cache_diesel::Cache;
use cache_diesel::cache::{Event, Subscription};
use diesel::{QueryResult, SqliteConnection};

use crate::blog::Conn;

/// Listens to a cache and prints.
pub struct Report {
    last: Arc<Mutex<Option<String>>>,
    _subscription: Subscription,
}

impl Report {
    pub fn new(cache: &Cache) -> Self {
        let last = Arc::<Mutex<Option<String>>>::default();
        let heard = Arc::clone(&last);
        let subscription = cache.on_event(move |event| {
            if let Event::Read { source, .. } = event {
                *heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(source.to_string());
            }
        });
        Self { last, _subscription: subscription }
    }

    pub fn title(&self, title: &str) {
        println!("\n{title}");
    }

    /// Runs a read both ways, checks that they agree, and prints what the cache did.
    pub fn read<T: PartialEq + Debug>(
        &self,
        conn: &mut Conn,
        name: &str,
        cached: impl FnOnce(&mut Conn) -> QueryResult<T>,
        uncached: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        let (value, time) = timed(|| cached(conn))?;
        let why = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let why = why.unwrap_or_else(|| "bypass: in a transaction".to_owned());
        let (truth, uncached_time) = timed(|| uncached(conn.inner_mut()))?;
        assert_eq!(value, truth, "a cached read must equal the uncached one");
        println!("  read  {name:<28} {time:>10.1?}  uncached {uncached_time:>10.1?}  {why}");
        Ok(value)
    }

    /// Runs a write and prints its time.
    pub fn write<T>(
        &self,
        conn: &mut Conn,
        name: &str,
        write: impl FnOnce(&mut Conn) -> QueryResult<T>,
    ) -> QueryResult<T> {
        let (value, time) = timed(|| write(conn))?;
        println!("  write {name:<28} {time:>10.1?}");
        Ok(value)
    }
}

fn timed<T>(call: impl FnOnce() -> QueryResult<T>) -> QueryResult<(T, Duration)> {
    let start = Instant::now();
    let value = call()?;
    Ok((value, start.elapsed()))
}
