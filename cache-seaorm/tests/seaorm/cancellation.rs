//! A caller who goes away leaves nothing stale.

use std::future::Future;
use std::time::Duration;

use cache_seaorm::{CacheExt, CachedConnection};
use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, TransactionTrait, entity::*};
use tokio::time::{sleep, timeout};

use crate::shop::{Shop, article, shop};

async fn title(db: &CachedConnection) -> String {
    article::Entity::find_by_id(1).cached().one(db).await.unwrap().unwrap().title
}

/// Polls the future for so long, at least once, and drops it.
async fn cut_short(future: impl Future, after: Duration) {
    let _ = timeout(after, future).await;
}

/// Waits until the database says so, whoever wrote it.
async fn written(db: &Shop, title: &str) -> bool {
    for _ in 0..2_000 {
        let found = article::Entity::find_by_id(1).one(&db.unseen).await.unwrap().unwrap();
        if found.title == title {
            return true;
        }
        sleep(Duration::from_millis(5)).await;
    }
    false
}

const MOMENTS: [u64; 6] = [0, 50, 200, 500, 2_000, 20_000];

#[tokio::test]
async fn a_write_that_lands_after_its_caller_has_gone_is_seen() {
    let db = shop().await;
    title(&db).await;
    let lock = db.unseen.begin().await.unwrap();
    lock.execute_unprepared("UPDATE tag SET label = label").await.unwrap();
    let write = db.execute_unprepared("UPDATE article SET title = 'late' WHERE id = 1");
    cut_short(write, Duration::from_millis(50)).await;
    assert_eq!(title(&db).await, "one", "the write still waits for the lock");
    lock.commit().await.unwrap();
    assert!(written(&db, "late").await);
    eventually(&db, "late").await;
}

/// Who keeps it may never come back to it.
#[tokio::test]
async fn a_write_that_its_caller_keeps_and_does_not_poll_is_seen() {
    let db = shop().await;
    title(&db).await;
    let lock = db.unseen.begin().await.unwrap();
    lock.execute_unprepared("UPDATE tag SET label = label").await.unwrap();
    let mut write = db.execute_unprepared("UPDATE article SET title = 'kept' WHERE id = 1");
    assert!(write.as_mut().now_or_never().is_none(), "it waits for the lock");
    lock.commit().await.unwrap();
    assert!(written(&db, "kept").await);
    eventually(&db, "kept").await;
    assert_eq!(write.await.unwrap().rows_affected(), 1);
}

/// The write's own task publishes right after the database has it.
async fn eventually(db: &Shop, expected: &str) {
    for _ in 0..2_000 {
        if title(db).await == expected {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("stale for ten seconds: {}", title(db).await);
}

#[tokio::test]
async fn a_commit_that_is_cut_short_is_seen() {
    let db = shop().await;
    for (number, micros) in MOMENTS.iter().enumerate() {
        title(&db).await;
        let tx = db.begin().await.unwrap();
        let sql = format!("UPDATE article SET title = 'commit {number}' WHERE id = 1");
        tx.execute_unprepared(&sql).await.unwrap();
        cut_short(tx.commit(), Duration::from_micros(*micros)).await;
        // Once polled, it runs to its end.
        assert!(written(&db, &format!("commit {number}")).await);
        eventually(&db, &format!("commit {number}")).await;
    }
}

#[tokio::test]
async fn a_statement_that_is_cut_short_in_a_transaction_counts() {
    let db = shop().await;
    for (number, micros) in MOMENTS.iter().enumerate() {
        title(&db).await;
        let tx = db.begin().await.unwrap();
        let sql = format!("UPDATE article SET title = 'statement {number}' WHERE id = 1");
        cut_short(tx.execute_unprepared(&sql), Duration::from_micros(*micros)).await;
        tx.commit().await.unwrap();
        let found = article::Entity::find_by_id(1).one(&db.unseen).await.unwrap().unwrap();
        assert_eq!(title(&db).await, found.title);
    }
}

#[tokio::test]
async fn a_read_that_is_cut_short_stores_nothing_and_blocks_nobody() {
    let db = shop().await;
    for micros in MOMENTS {
        let read = db.cached_query(("cut", micros)).run(async |db| {
            let found = article::Entity::find_by_id(1).one(db).await;
            sleep(Duration::from_millis(5)).await;
            found.map(|article| article.map(|article| article.id))
        });
        cut_short(read, Duration::from_micros(micros)).await;
        let whole = db.cached_query(("cut", micros)).run(async |db| {
            article::Entity::find_by_id(1).one(db).await.map(|article| article.map(|article| article.id))
        });
        assert_eq!(whole.await.unwrap(), Some(1));
    }
}
