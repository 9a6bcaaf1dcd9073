//! Random writes through Diesel, and cached reads compared with the database after each.
//!
//! `DIESEL_SEEDS=0..200` runs as many databases, `DIESEL_STEPS` as many writes in each.

use crate::random;

#[test]
fn no_cached_read_is_stale() {
    random::no_cached_read_is_stale(0..3);
}
