//! What a user of Diesel can rely on, on a real PostgreSQL, by libpq.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "modules that other tests share")]

mod database;
mod documented;
mod kills;
mod mood;
mod oracle;
mod promises;
#[path = "../../../cache-diesel/tests/diesel/queries.rs"]
mod queries;
#[path = "../../../cache-diesel/tests/random/mod.rs"]
mod random;
mod replicas;
#[path = "../../src/rng.rs"]
#[allow(unreachable_pub, reason = "a module that other tests share")]
mod rng;
#[path = "../../../cache-diesel/tests/diesel/shop.rs"]
mod shop;
mod values;
mod view;
