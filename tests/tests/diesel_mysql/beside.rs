//! SeaORM and Diesel on one MariaDB and one cache server. Each private cache stands for a process of its own.

use std::time::{Duration, Instant};

use cache_diesel::{Cache, CacheExt, Declaration};
use cache_seaorm::CachedConnection as SeaConnection;
use cache_tests::servers::RedisServer;
use diesel::prelude::*;
use sea_orm::{ConnectionTrait, Database};

use crate::shop::{Conn, Shop, article, published};

const COUNT: &str = "SELECT count(*) FROM article WHERE published = 1 AND category = ";

fn hits(cache: &Cache) -> u64 {
    cache.stats().hits + cache.stats().store_hits
}

/// Counts through the cache; tells whether it was a hit.
async fn sea_count(db: &SeaConnection, category: &str) -> (i64, bool) {
    let before = hits(db.cache());
    let sql = format!("{COUNT}'{category}'");
    let count = db.cached_query(&sql).run(async |db| {
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), &sql);
        db.query_one_raw(statement).await?.map_or(Ok(0), |row| row.try_get_by_index(0))
    });
    (count.await.unwrap(), hits(db.cache()) > before)
}

fn diesel_count(conn: &mut Conn, category: &str) -> (i64, bool) {
    let before = hits(conn.cache().unwrap());
    let count = published(conn, category);
    (count, hits(conn.cache().unwrap()) > before)
}

async fn warm(db: &SeaConnection, conn: &mut Conn) {
    let deadline = Instant::now() + Duration::from_secs(30);
    for category in ["rust", "sql"] {
        while !(sea_count(db, category).await.1 && diesel_count(conn, category).1) {
            assert!(Instant::now() < deadline, "{category} is never kept");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_through_one_is_as_narrow_in_the_other() {
    let server = RedisServer::start();
    let cache =
        || Cache::from_url(&format!("redis://{}/0?prefix=shop&private&fence=off", server.address())).unwrap();
    let mut shop = Shop::open_with(cache());
    let scopes = [
        Declaration::new("article").scope(["published", "category"]).scope(["category"]),
        Declaration::new("author"),
    ];
    let db = SeaConnection::new(Database::connect(shop.url()).await.unwrap(), cache()).await.unwrap();
    db.declare(scopes).await.unwrap();
    let conn = &mut shop.conn;
    warm(&db, conn).await;
    db.execute_unprepared("UPDATE article SET category = 'sql' WHERE id = 1").await.unwrap();
    assert_eq!((diesel_count(conn, "rust"), diesel_count(conn, "sql")), ((1, false), (2, false)));
    warm(&db, conn).await;
    db.execute_unprepared("UPDATE article SET category = 'new' WHERE id = 3").await.unwrap();
    assert_eq!((diesel_count(conn, "rust"), diesel_count(conn, "sql")), ((1, true), (1, false)));
    warm(&db, conn).await;
    diesel::update(article::table.find(3)).set(article::category.eq("rust")).execute(conn).unwrap();
    assert_eq!((sea_count(&db, "rust").await, sea_count(&db, "sql").await), ((2, false), (1, true)));
    assert_eq!(
        article::table.find(3).select(article::title).cached().first::<String, _>(conn).unwrap(),
        "b1"
    );
}
