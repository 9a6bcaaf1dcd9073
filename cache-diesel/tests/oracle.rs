//! Random writes through Diesel, and cached reads compared with the database after each.
//!
//! `DIESEL_SEEDS=0..300` runs as many databases, `DIESEL_STEPS` as many writes in each.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "modules that other tests share")]

#[path = "diesel/database.rs"]
mod database;
mod random;
#[path = "../../tests/src/rng.rs"]
#[allow(unreachable_pub, reason = "a module that other tests share")]
mod rng;
#[path = "diesel/shop.rs"]
mod shop;

#[test]
fn no_cached_read_is_stale() {
    random::no_cached_read_is_stale(0..8);
}
