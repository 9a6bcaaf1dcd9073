//! Random writes through Diesel, and cached reads compared with the database after each.
//!
//! `DIESEL_SEEDS=0..200` runs as many databases, `DIESEL_STEPS` as many writes in each.

use cache_tests::servers::MariaDb;

use crate::random;

#[test]
fn no_cached_read_is_stale() {
    // Not another one for each of the databases.
    let _server = MariaDb::shared();
    random::no_cached_read_is_stale(0..3);
}
