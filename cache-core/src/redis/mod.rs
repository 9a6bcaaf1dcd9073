//! The log and the store that processes share in a Redis server.
//!
//! | part | what it is for |
//! |---|---|
//! | `settings`, `failure` | which server; what went wrong, in words |
//! | `socket`, `resp`, `driver` | a stream of bytes; where answers end; the task that gives them to who waits |
//! | `queue`, `batch`, `guard` | who waits for them; looks that go together; what wakes those who wait too long |
//! | `identity`, `link`, `transport` | who the server is; one connection to one server incarnation; the one in use |
//! | `names`, `script`, `wire` | keys; what the server runs as one step; heads and records as bytes |
//! | `core`, `combine` | the commands; how callers share them |
//! | `log`, `store` | the log and the store |
//! | `tail`, `confirmed` | what follows the log; where it was last |
//!
//! **Keys**, each beginning with the prefix: `head` and `log` have no time to live, `e:<key>` (entries) and
//! `c:<key>` (claims of a load) always have one. Nothing else is kept, so nothing grows with the number of entries.
//!
//! **Size of the log**: it should hold what is published while a process looks away, or an entry waits to be
//! read by a new process: records a second times seconds. 16,384 records of ten marks take about 1.6 MB.

mod batch;
mod combine;
mod confirmed;
mod core;
mod driver;
mod failure;
mod guard;
mod identity;
mod link;
mod log;
mod names;
mod pause;
mod queue;
mod resp;
mod script;
mod settings;
mod socket;
mod store;
mod tail;
mod transport;
mod wire;

use std::sync::Arc;

pub(crate) use self::log::RedisLog;
pub(crate) use self::settings::Settings;
pub(crate) use self::store::RedisStore;

/// The log and the store of one server. It does not connect yet.
pub(crate) fn open(settings: Settings) -> (Arc<RedisLog>, Arc<RedisStore>) {
    let log = Arc::new(RedisLog::new(settings));
    let store = Arc::new(RedisStore::new(Arc::clone(&log)));
    (log, store)
}
