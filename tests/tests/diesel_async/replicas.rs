//! Servers that follow another one, and may lag behind.

use cache_diesel::Cache;
use cache_tests::servers::PostgresServer;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::shop::{DDL, article, bare, connect, find};

#[tokio::test]
async fn a_replica_that_is_wrapped_like_any_connection_leaves_nothing_in_the_cache() {
    let primary = PostgresServer::start();
    bare(&primary.url("postgres")).await.batch_execute(DDL).await.unwrap();
    let behind = primary.replica();
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut replica = connect(&behind.url("postgres"), &cache).await;
    let mut conn = connect(&primary.url("postgres"), &cache).await;
    diesel::update(article::table.find(1)).set(article::title.eq("new")).execute(&mut conn).await.unwrap();
    for _ in 0..2 {
        assert_eq!(find(&mut replica, 1).await.unwrap().title, "a1");
        assert_eq!(find(&mut conn, 1).await.unwrap().title, "new");
    }
}
