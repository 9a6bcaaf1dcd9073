//! Pools of cached connections.

use std::time::Duration;

use cache_diesel::attach_to;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, bb8, deadpool};
use diesel_async::{AsyncConnection, RunQueryDsl};

use crate::database::CONNECTION;
use crate::shop::{ALL, Conn, Shop, article, find, hits};

fn manager(shop: &Shop) -> AsyncDieselConnectionManager<Conn> {
    AsyncDieselConnectionManager::new_with_config(&shop.url, attach_to(shop.cache.clone()))
}

fn deadpool(shop: &Shop, size: usize) -> deadpool::Pool<Conn> {
    deadpool::Pool::builder(manager(shop)).max_size(size).build().unwrap()
}

async fn bb8(shop: &Shop, size: u32) -> bb8::Pool<Conn> {
    bb8::Pool::builder().max_size(size).build(manager(shop)).await.unwrap()
}

async fn pid(conn: &mut Conn) -> i64 {
    diesel::select(diesel::dsl::sql::<BigInt>(CONNECTION)).get_result(conn).await.unwrap()
}

/// All connections of a pool are attached, share what is cached, and are used again.
macro_rules! shares {
    ($pool:expr) => {{
        let pool = $pool;
        let (mut one, mut two) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        hits(&mut one).await;
        assert_eq!(hits(&mut two).await, ALL);
        let update = diesel::update(article::table.find(1)).set(article::title.eq("x"));
        update.execute(&mut *one).await.unwrap();
        assert_eq!(hits(&mut two).await, ["3", "sql"]);
        let same = pid(&mut one).await;
        drop(one);
        assert_eq!(pid(&mut pool.get().await.unwrap()).await, same);
    }};
}

/// A connection whose transaction was abandoned is replaced.
macro_rules! replaces {
    ($pool:expr) => {{
        let pool = $pool;
        let mut conn = pool.get().await.unwrap();
        let before = pid(&mut conn).await;
        let transaction = conn.transaction(async |conn| {
            diesel::update(article::table.find(1)).set(article::title.eq("gone")).execute(conn).await?;
            std::future::pending::<()>().await;
            Ok::<_, DieselError>(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(200), transaction).await.is_err());
        drop(conn);
        let mut conn = pool.get().await.unwrap();
        assert_ne!(pid(&mut conn).await, before);
        assert_eq!(find(&mut conn, 1).await.unwrap().title, "a1");
    }};
}

#[tokio::test]
async fn connections_of_deadpool_are_attached_and_share_what_is_cached() {
    let shop = Shop::open().await;
    shares!(deadpool(&shop, 2));
}

#[tokio::test]
async fn connections_of_bb8_are_attached_and_share_what_is_cached() {
    let shop = Shop::open().await;
    shares!(bb8(&shop, 2).await);
}

#[tokio::test]
async fn deadpool_replaces_a_connection_whose_transaction_was_abandoned() {
    let shop = Shop::open().await;
    replaces!(deadpool(&shop, 1));
}

#[tokio::test]
async fn bb8_replaces_a_connection_whose_transaction_was_abandoned() {
    let shop = Shop::open().await;
    replaces!(bb8(&shop, 1).await);
}
