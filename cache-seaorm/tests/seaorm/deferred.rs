//! Constraints that are checked at COMMIT.

use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::shop::shop;
use crate::transactions::{is_cached, set_title, title};

#[tokio::test]
async fn a_commit_that_fails_may_have_happened() {
    let db = shop().await;
    db.execute_unprepared(
        "CREATE TABLE note (id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL \
         REFERENCES article (id) DEFERRABLE INITIALLY DEFERRED)",
    )
    .await
    .unwrap();
    title(&db).await;
    let tx = db.begin().await.unwrap();
    set_title(&tx, "lost").await;
    tx.execute_unprepared("INSERT INTO note VALUES (1, 99)").await.unwrap();
    tx.commit().await.unwrap_err();
    assert!(!is_cached(&db).await);
    assert_eq!(title(&db).await, "one");
}
