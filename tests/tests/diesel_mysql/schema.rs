//! The schema, and what happens when it changes.

use cache_diesel::CacheExt;
use cache_diesel::{Cache, CachedConnection};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::shop::*;
use crate::writes::check;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../cache-diesel/tests/migrations");

fn count(conn: &mut Conn, table: &str) -> QueryResult<i64> {
    diesel::dsl::sql::<BigInt>(&format!("SELECT count(*) FROM {table}")).cached().get_result(conn)
}

#[test]
fn migrations_run_through_the_wrapper_and_are_noticed() {
    let mut shop = Shop::open();
    check(&mut shop);
    shop.conn.run_pending_migrations(MIGRATIONS).unwrap();
    assert!(!shop.conn.has_pending_migration(MIGRATIONS).unwrap());
    assert_eq!(count(&mut shop.conn, "tag"), Ok(0));
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(count(conn, "tag"), Ok(0))));
    shop.conn.batch_execute("INSERT INTO tag VALUES (1, 'a')").unwrap();
    assert_eq!(count(&mut shop.conn, "tag"), Ok(1));
    assert_eq!(shop.conn.writes_around(), 0);
    shop.conn.revert_all_migrations(MIGRATIONS).unwrap();
    assert!(count(&mut shop.conn, "tag").is_err());
}

#[test]
fn a_change_that_others_made_is_taken_up_when_asked() {
    let mut shop = Shop::open();
    shop.bare().batch_execute("CREATE VIEW rusty AS SELECT * FROM article WHERE category = 'rust'").unwrap();
    shop.conn.refresh_schema().unwrap();
    assert_eq!(count(&mut shop.conn, "rusty"), Ok(2));
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(count(conn, "rusty"), Ok(2))));
    diesel::delete(article::table.find(1)).execute(&mut shop.conn).unwrap();
    assert_eq!(count(&mut shop.conn, "rusty"), Ok(1));
}

#[test]
fn databases_of_one_server_are_apart_and_connections_to_one_share() {
    let mut shop = Shop::open();
    let other = Shop::open();
    let mut elsewhere = CachedConnection::new(other.bare(), shop.cache.clone()).unwrap();
    diesel::delete(article::table.find(1)).execute(&mut elsewhere).unwrap();
    assert_eq!(by_category(&mut elsewhere, "rust").len(), 1);
    assert_eq!(by_category(&mut shop.conn, "rust").len(), 2);
    let mut another = shop.connect();
    assert!(is_hit(&mut another, |conn| assert_eq!(by_category(conn, "rust").len(), 2)));
}

#[test]
fn a_connection_that_sees_what_may_be_rolled_back_is_refused() {
    let shop = Shop::open();
    let mut bare = shop.bare();
    bare.batch_execute("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED").unwrap();
    let refused = CachedConnection::new(bare, Cache::from_url("memory://?private").unwrap()).unwrap_err();
    assert!(refused.to_string().contains("READ UNCOMMITTED"), "{refused}");
}

#[test]
fn a_connection_with_an_open_transaction_is_refused() {
    let shop = Shop::open();
    let mut bare = shop.bare();
    bare.begin_test_transaction().unwrap();
    let refused = CachedConnection::new(bare, shop.cache.clone()).unwrap_err();
    assert!(refused.to_string().contains("a transaction is open"), "{refused}");
}

#[test]
fn a_disabled_cache_passes_everything_through() {
    let shop = Shop::open();
    let mut conn = CachedConnection::new(shop.bare(), Cache::disabled()).unwrap();
    assert_eq!(by_category(&mut conn, "rust").len(), 2);
    diesel::delete(article::table.find(1)).execute(&mut conn).unwrap();
    assert_eq!(by_category(&mut conn, "rust").len(), 1);
}
