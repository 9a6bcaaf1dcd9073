//! Nothing is invalidated before COMMIT, and nothing at all by what is rolled back.

use cache_seaorm::{CacheExt, CachedConnection};
use sea_orm::{ConnectionTrait, DbErr, TransactionError, TransactionTrait, entity::*};

use crate::shop::{Shop, article, shop};

pub async fn title(db: &CachedConnection) -> String {
    article::Entity::find_by_id(1).cached().one(db).await.unwrap().unwrap().title
}

pub async fn set_title<C: ConnectionTrait>(db: &C, title: &str) {
    db.execute_unprepared(&format!("UPDATE article SET title = '{title}' WHERE id = 1")).await.unwrap();
}

/// Whether the title is served without asking the database.
pub async fn is_cached(db: &Shop) -> bool {
    db.selects();
    title(db).await;
    db.selects() == 0
}

#[tokio::test]
async fn a_commit_invalidates_before_it_returns() {
    let db = shop().await;
    assert_eq!(title(&db).await, "one");
    let tx = db.begin().await.unwrap();
    set_title(&tx, "new").await;
    assert!(is_cached(&db).await, "nothing is invalidated before COMMIT");
    assert_eq!(title(&db).await, "one");
    tx.commit().await.unwrap();
    assert_eq!(title(&db).await, "new");
}

#[tokio::test]
async fn a_rollback_and_a_drop_invalidate_nothing() {
    let db = shop().await;
    title(&db).await;
    let tx = db.begin().await.unwrap();
    set_title(&tx, "new").await;
    tx.rollback().await.unwrap();
    assert!(is_cached(&db).await);
    let tx = db.begin().await.unwrap();
    set_title(&tx, "new").await;
    drop(tx);
    assert!(is_cached(&db).await);
    assert_eq!(title(&db).await, "one");
}

#[tokio::test]
async fn only_the_outermost_commit_invalidates() {
    let db = shop().await;
    title(&db).await;
    let outer = db.begin().await.unwrap();
    let inner = outer.begin().await.unwrap();
    set_title(&inner, "new").await;
    inner.commit().await.unwrap();
    assert!(is_cached(&db).await, "RELEASE is no COMMIT");
    outer.commit().await.unwrap();
    assert_eq!(title(&db).await, "new");
}

#[tokio::test]
async fn a_savepoint_that_is_rolled_back_invalidates_nothing() {
    let db = shop().await;
    title(&db).await;
    let outer = db.begin().await.unwrap();
    let inner = outer.begin().await.unwrap();
    set_title(&inner, "new").await;
    inner.rollback().await.unwrap();
    let inner = outer.begin().await.unwrap();
    set_title(&inner, "new").await;
    drop(inner);
    outer.execute_unprepared("UPDATE article SET title = 'x' WHERE id = 2").await.unwrap();
    outer.commit().await.unwrap();
    assert!(is_cached(&db).await);
    assert_eq!(title(&db).await, "one");
}

#[tokio::test]
async fn a_closure_commits_or_rolls_back() {
    let db = shop().await;
    title(&db).await;
    let failed = db
        .transaction_async(async |tx| {
            set_title(tx, "lost").await;
            Err::<(), _>(DbErr::Custom("no".into()))
        })
        .await;
    assert!(matches!(failed, Err(TransactionError::Transaction(_))));
    assert!(is_cached(&db).await);
    let nested = db
        .transaction_async(async |tx| {
            tx.transaction_async(async |tx| {
                set_title(tx, "kept").await;
                Ok::<_, DbErr>(())
            })
            .await
        })
        .await;
    nested.unwrap();
    assert_eq!(title(&db).await, "kept");
}

#[tokio::test]
async fn a_fill_that_a_commit_overtakes_is_not_served() {
    let db = shop().await;
    let (read, write) = (tokio::sync::Barrier::new(2), tokio::sync::Barrier::new(2));
    let block = db.cached_query("slow").run(async |db| {
        let found = article::Entity::find_by_id(1).one(db).await?;
        read.wait().await;
        write.wait().await;
        Ok::<_, DbErr>(found.map(|article| article.title))
    });
    let change = async {
        read.wait().await;
        let tx = db.begin().await.unwrap();
        set_title(&tx, "new").await;
        tx.commit().await.unwrap();
        write.wait().await;
    };
    let (old, ()) = tokio::join!(block, change);
    assert_eq!(old.unwrap().unwrap(), "one");
    let again = db.cached_query("slow").run(async |db| {
        let found = article::Entity::find_by_id(1).one(db).await?;
        Ok::<_, DbErr>(found.map(|article| article.title))
    });
    assert_eq!(again.await.unwrap().unwrap(), "new");
}
