//! A cache that processes share, on a real server. Each private cache here stands for a process: it has a log, an
//! index and typed values of its own.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

mod adapter;
mod contention;
mod errors;
mod fences;
mod going_on;
mod hooks;
mod kills;
mod lines;
mod losses;
mod outages;
mod records;
mod refreshes;
mod sharing;
mod stores;
#[cfg(feature = "redis-tls")]
mod tls;
mod trail;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache_core::{Cache, Dep, Error};
use cache_tests::servers::RedisServer;

const TAG: &str = "texts";

/// The URL of a server, with options. Without fences, so that entries are kept from the first moment on.
fn url(server: &RedisServer, options: &str) -> String {
    format!("redis://{}/0?prefix=test&private&fence=nobody&{options}", server.address())
}

/// A process that has connected.
async fn process(server: &RedisServer) -> Cache {
    process_with(server, "").await
}

async fn process_with(server: &RedisServer, options: &str) -> Cache {
    let cache = Cache::from_url(&url(server, options)).unwrap();
    cache.connect().await.unwrap();
    cache
}

/// What a database holds, and how often it was asked.
#[derive(Clone, Debug, Default)]
struct Truth {
    value: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Truth {
    /// Reads through the cache.
    async fn read(&self, cache: &Cache) -> usize {
        let load = async || {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Error>(self.value.load(Ordering::SeqCst))
        };
        *cache.get_or_load("value", [Dep::tag(TAG)], load).await.unwrap()
    }

    /// Writes, and publishes as an adapter does after COMMIT.
    async fn write(&self, cache: &Cache, value: usize) -> Result<(), Error> {
        self.value.store(value, Ordering::SeqCst);
        cache.invalidate(Dep::tag(TAG)).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
