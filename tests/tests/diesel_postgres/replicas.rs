//! Servers that follow another one, and may lag behind.

use cache_diesel::{Cache, CachedConnection};
use cache_tests::servers::PostgresServer;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;

use crate::database::{Bare, Database};
use crate::shop::{Article, Conn, DDL, article, find};

fn rename(conn: &mut Conn) {
    diesel::update(article::table.find(1)).set(article::title.eq("new")).execute(conn).unwrap();
}

fn title(conn: &mut Conn) -> Option<String> {
    find(conn, 1).map(|Article { title, .. }| title)
}

#[test]
fn a_replica_that_is_wrapped_like_any_connection_leaves_nothing_in_the_cache() {
    let primary = PostgresServer::start();
    let connect = |server: &PostgresServer| Bare::establish(&server.url("postgres")).unwrap();
    connect(&primary).batch_execute(DDL).unwrap();
    let behind = primary.replica();
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut replica = CachedConnection::new(connect(&behind), cache.clone()).unwrap();
    let mut conn = CachedConnection::new(connect(&primary), cache).unwrap();
    rename(&mut conn);
    for _ in 0..2 {
        assert_eq!(title(&mut replica).as_deref(), Some("a1"));
        assert_eq!(title(&mut conn).as_deref(), Some("new"));
    }
}

#[test]
fn what_is_declared_a_replica_leaves_nothing_in_the_cache() {
    // A replica that has not heard of anything since.
    let (database, behind) = (Database::create(), Database::create());
    for database in [&database, &behind] {
        database.connect().batch_execute(DDL).unwrap();
    }
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut conn = CachedConnection::new(database.connect(), cache).unwrap();
    let mut replica = conn.on_replica(behind.connect()).unwrap();
    rename(&mut conn);
    for _ in 0..2 {
        assert_eq!(title(&mut replica).as_deref(), Some("a1"));
        assert_eq!(title(&mut conn).as_deref(), Some("new"));
    }
    conn.on_replica({
        let mut open = behind.connect();
        open.batch_execute("SELECT 1").unwrap();
        AnsiTransactionManager::begin_transaction(&mut open).unwrap();
        open
    })
    .unwrap_err();
}
