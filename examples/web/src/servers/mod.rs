//! Servers of one's own: private processes on free ports with their files in a temporary folder, gone when dropped.

mod postgres;
mod redis;

use std::env;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

pub use postgres::Postgres;
pub use redis::Redis;

use crate::Result;

/// Where the database and the cache are, and the servers that were started because nobody said.
#[derive(Debug)]
pub struct Servers {
    pub database_url: String,
    pub cache_url: String,
    _postgres: Option<Postgres>,
    _redis: Option<Redis>,
}

impl Servers {
    /// What `DATABASE_URL` and `CACHE_URL` name, or else servers of one's own.
    pub async fn from_environment() -> Result<Self> {
        let (database_url, postgres) = match env::var("DATABASE_URL") {
            Ok(url) => (url, None),
            Err(_) => {
                let postgres = Postgres::start().await?;
                (postgres.url("postgres"), Some(postgres))
            }
        };
        let (cache_url, redis) = match env::var("CACHE_URL") {
            Ok(url) => (url, None),
            Err(_) => {
                let redis = Redis::start().await?;
                (redis.url(), Some(redis))
            }
        };
        Ok(Self { database_url, cache_url, _postgres: postgres, _redis: redis })
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
