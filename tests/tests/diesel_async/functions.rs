//! Functions whose results are cached.

use std::cell::Cell;

use cache_diesel::{AsyncCachedConnection, Dep, cached_query};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::database::Bare;
use crate::shop::{Conn, Shop, article};

#[cached_query(ttl = "60s", tags("titles"))]
async fn titles(
    conn: &mut AsyncCachedConnection<Bare>,
    category: &str,
    limit: i64,
) -> QueryResult<Vec<String>> {
    let titles = article::table.filter(article::category.eq(category)).order(article::id).limit(limit);
    titles.select(article::title).load(conn).await
}

/// Under another name of the connection, and with a lifetime of its own.
#[cached_query(skip(misses), stale_if_error = "5m")]
async fn counted<'c>(conn: &'c mut Conn, misses: &Cell<u32>) -> QueryResult<i64> {
    misses.set(misses.get() + 1);
    article::table.count().get_result(conn).await
}

async fn is_hit(conn: &mut Conn, read: impl AsyncFnOnce(&mut Conn)) -> bool {
    let before = conn.cache().unwrap().stats().hits;
    read(conn).await;
    conn.cache().unwrap().stats().hits > before
}

#[tokio::test]
async fn a_function_is_cached_by_its_arguments_until_what_it_read_changes() {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    assert_eq!(titles(conn, "rust", 1).await.unwrap(), ["a1"]);
    assert_eq!(titles(conn, "rust", 2).await.unwrap(), ["a1", "a2"]);
    let first = async |conn: &mut Conn| assert_eq!(titles(conn, "rust", 1).await.unwrap(), ["a1"]);
    assert!(is_hit(conn, first).await);
    diesel::update(article::table.find(1)).set(article::views.eq(9)).execute(conn).await.unwrap();
    assert!(is_hit(conn, first).await);
    diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(conn).await.unwrap();
    assert_eq!(titles(conn, "rust", 2).await.unwrap(), ["x", "a2"]);
    shop.cache.invalidate(Dep::tag("titles")).await.unwrap();
    assert!(!is_hit(conn, async |conn| drop(titles(conn, "rust", 2).await)).await);
}

#[tokio::test]
async fn a_function_may_have_arguments_that_are_not_in_its_key() {
    let mut shop = Shop::open().await;
    let misses = Cell::new(0);
    for _ in 0..3 {
        assert_eq!(counted(&mut shop.conn, &misses).await, Ok(4));
    }
    assert_eq!(misses.get(), 1);
}

#[tokio::test]
async fn a_cached_function_can_be_called_in_a_task_that_moves_between_threads() {
    let mut shop = Shop::open().await;
    let task = tokio::spawn(async move { titles(&mut shop.conn, "sql", 5).await });
    assert_eq!(task.await.unwrap().unwrap(), ["b1", "b2"]);
}
