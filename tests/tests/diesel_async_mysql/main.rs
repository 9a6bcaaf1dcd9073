//! What a user of diesel-async can rely on, on a real MariaDB.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod bare;
#[path = "../diesel_async/cancelled.rs"]
mod cancelled;
mod database;
#[path = "../diesel_async/everywhere.rs"]
mod everywhere;
#[path = "../diesel_async/functions.rs"]
mod functions;
#[path = "../diesel_async/pools.rs"]
mod pools;
mod promises;
#[path = "../diesel_async/random/mod.rs"]
mod random;
#[path = "../diesel_async/shop.rs"]
mod shop;
