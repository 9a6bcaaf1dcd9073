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
    let range = std::env::var("DIESEL_SEEDS").unwrap_or_else(|_| "0..8".to_owned());
    let (from, to) = range.split_once("..").unwrap();
    let steps = std::env::var("DIESEL_STEPS").map_or(100, |steps| steps.parse().unwrap());
    let seen = random::run(from.parse().unwrap()..to.parse().unwrap(), steps)
        .unwrap_or_else(|stale| panic!("{stale}"));
    let share = seen.hits as f64 / seen.compared as f64;
    println!(
        "{} writes, {} compared reads, {:.1} % of them hits: 0 stale",
        seen.writes,
        seen.compared,
        share * 100.0
    );
    assert!(share > 0.2, "a cache that never hits is never stale");
}
