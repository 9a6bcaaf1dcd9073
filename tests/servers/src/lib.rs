//! Real servers of one's own, and what can go wrong on the way to them.
//!
//! Each server is a private process on a free port with its files in a temporary folder, and is killed when
//! it is dropped.
//!
//! | part | what it is for |
//! |---|---|
//! | [`RedisServer`] | a `redis-server`: stop, kill, pause, restart, promote |
//! | [`MariaDb`] | a `mariadbd`: kill, pause, restart; one that the tests of a process share |
//! | [`PostgresServer`] | a PostgreSQL cluster, and databases in it (feature `sea-orm`) |
//! | [`resp`] | a client of one connection, for what the tests ask a server themselves |
//! | [`Proxy`] | a TCP proxy that cuts, delays or swallows what goes through it |
//! | [`wait`] | conditions with a deadline |

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code: a panic is how it reports")]

mod mariadb;
mod postgres;
mod proxy;
mod redis;
pub mod resp;
pub mod wait;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

pub use mariadb::MariaDb;
pub use postgres::PostgresServer;
pub use proxy::{Link, Proxy, Trap};
pub use redis::{Options, Persistence, RedisServer, Restart, Tls};

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("a listener has an address")
}
