//! Statements that nobody waits for: the server runs them all the same, later.

use std::future::Future;
use std::pin::pin;

use cache_diesel::Cache;
use cache_tests::servers::RedisServer;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::BigInt;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};

use crate::database::{Bare, HOLD_COMMITS, SLOW, WAITING};
use crate::shop::{Shop, article, bare, connect, find, hits, until};

/// Polls a future until a statement of this database waits for a lock, and drops it.
pub(crate) async fn cancel_when_blocked<T>(url: &str, future: impl Future<Output = T>) {
    let mut watcher = bare(url).await;
    let mut future = pin!(future);
    let blocked = until("a statement waits for a lock", async || waiting(&mut watcher).await > 0);
    tokio::select! {
        biased;
        _ = &mut future => panic!("it was to be blocked"),
        () = blocked => {}
    }
}

pub(crate) async fn waiting(watcher: &mut Bare) -> i64 {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    diesel::sql_query(WAITING).get_result::<Waiting>(watcher).await.unwrap().count
}

async fn title(conn: &mut Bare) -> String {
    article::table.find(1).select(article::title).get_result(conn).await.unwrap()
}

/// Whoever reads while the statement waits caches what is about to be old.
async fn an_abandoned_write_leaves_nothing_stale(shop: Shop, other: Cache) {
    for keep in [true, false] {
        let new = format!("late, kept {keep}");
        let mut blocker = shop.bare().await;
        blocker.batch_execute("BEGIN; SELECT id FROM article WHERE id = 1 FOR UPDATE").await.unwrap();
        let mut conn = shop.connect().await;
        let mut reader = connect(&shop.url, &other).await;
        let update = diesel::update(article::table.find(1)).set(article::title.eq(&new));
        cancel_when_blocked(&shop.url, update.execute(&mut conn)).await;
        let old = find(&mut reader, 1).await;
        assert_ne!(old.as_ref().unwrap().title, new);
        find(&mut reader, 1).await;
        let conn = Some(conn).filter(|_| keep);
        blocker.batch_execute("ROLLBACK").await.unwrap();
        match conn {
            // The next statement of the connection waits until it is published.
            Some(mut conn) => conn.batch_execute("SELECT 1").await.unwrap(),
            None => {
                until("the write is made", async || title(&mut blocker).await == new).await;
                until("it is published", async || find(&mut reader, 1).await.unwrap().title == new).await;
            }
        }
        assert_eq!(title(&mut blocker).await, new);
        assert_eq!(find(&mut reader, 1).await.unwrap().title, new);
        find(&mut reader, 1).await;
        assert_eq!(find(&mut reader, 1).await.unwrap().title, new);
    }
}

#[tokio::test]
async fn a_cancelled_autocommit_write_leaves_nothing_stale() {
    let shop = Shop::open().await;
    let cache = shop.cache.clone();
    an_abandoned_write_leaves_nothing_stale(shop, cache).await;
}

#[tokio::test]
async fn a_cancelled_autocommit_write_leaves_nothing_stale_in_another_process() {
    let server = RedisServer::start();
    let cache = || Cache::from_url(&format!("redis://{}/0?prefix=shop&private", server.address())).unwrap();
    an_abandoned_write_leaves_nothing_stale(Shop::open_with(cache()).await, cache()).await;
}

#[tokio::test]
async fn a_cancelled_transaction_leaves_nothing_stale() {
    let shop = Shop::open().await;
    let mut reader = shop.connect().await;
    hits(&mut reader).await;
    let mut blocker = shop.bare().await;
    blocker.batch_execute("BEGIN; SELECT id FROM article WHERE id = 2 FOR UPDATE").await.unwrap();
    let mut conn = shop.connect().await;
    let transaction = conn.transaction(async |conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("gone")).execute(conn).await?;
        diesel::update(article::table.find(2)).set(article::title.eq("gone")).execute(conn).await?;
        Ok::<_, DieselError>(())
    });
    cancel_when_blocked(&shop.url, transaction).await;
    hits(&mut reader).await;
    blocker.batch_execute("ROLLBACK").await.unwrap();

    // It goes on where it was, if somebody lets it.
    diesel::update(article::table.find(3)).set(article::title.eq("more")).execute(&mut conn).await.unwrap();
    conn.batch_execute("COMMIT").await.unwrap();
    for id in 1..=3 {
        let truth: String =
            article::table.find(id).select(article::title).get_result(&mut blocker).await.unwrap();
        assert_ne!(truth, format!("a{id}"));
        assert_eq!(find(&mut reader, id).await.unwrap().title, truth);
    }
}

#[tokio::test]
async fn a_cancelled_commit_leaves_nothing_stale() {
    let shop = Shop::open_apart().await;
    let mut blocker = shop.bare().await;
    let (once, in_transaction) = SLOW;
    let (hold, let_go) = HOLD_COMMITS;
    blocker.batch_execute(once).await.unwrap();
    for keep in [true, false] {
        let new = format!("committed, kept {keep}");
        let (mut conn, mut reader) = (shop.connect().await, shop.connect().await);
        AnsiTransactionManager::begin_transaction(&mut conn).await.unwrap();
        diesel::update(article::table.find(1)).set(article::title.eq(&new)).execute(&mut conn).await.unwrap();
        conn.batch_execute(in_transaction).await.unwrap();
        blocker.batch_execute(hold).await.unwrap();
        cancel_when_blocked(&shop.url, AnsiTransactionManager::commit_transaction(&mut conn)).await;
        assert_ne!(find(&mut reader, 1).await.unwrap().title, new);
        find(&mut reader, 1).await;
        let conn = Some(conn).filter(|_| keep);
        blocker.batch_execute(let_go).await.unwrap();
        match conn {
            Some(mut conn) => conn.batch_execute("SELECT 1").await.unwrap(),
            None => {
                until("it is committed", async || title(&mut blocker).await == new).await;
                until("it is published", async || find(&mut reader, 1).await.unwrap().title == new).await;
            }
        }
        assert_eq!(title(&mut blocker).await, new);
        assert_eq!(find(&mut reader, 1).await.unwrap().title, new);
    }
}
