//! What a user of Diesel can rely on, on a real MariaDB, by its client library.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "modules that other tests share")]

mod beside;
#[path = "../../../cache-diesel/tests/diesel/blocks.rs"]
mod blocks;
mod commits;
mod database;
#[path = "../../../cache-diesel/tests/diesel/functions.rs"]
mod functions;
mod oracle;
#[path = "../../../cache-diesel/tests/diesel/pools.rs"]
mod pools;
#[path = "../../../cache-diesel/tests/diesel/queries.rs"]
mod queries;
#[path = "../../../cache-diesel/tests/random/mod.rs"]
mod random;
#[path = "../../../cache-diesel/tests/diesel/reads.rs"]
mod reads;
#[path = "../../src/rng.rs"]
#[allow(unreachable_pub, reason = "a module that other tests share")]
mod rng;
mod schema;
#[path = "../../../cache-diesel/tests/diesel/shop.rs"]
mod shop;
mod transparency;
mod values;
mod writes;
