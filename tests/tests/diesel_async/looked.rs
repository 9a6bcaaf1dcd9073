//! Writes that look at their rows first, to tell which list a row leaves.

use cache_diesel::{AsyncCacheExt, BeforeImages};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::try_join;

use crate::cancelled::cancel_when_blocked;
use crate::shop::{Article, Conn, Shop, article, by_category, find, hits};

async fn move_to(mut conn: &Conn, id: i64, category: &str) -> QueryResult<usize> {
    diesel::update(article::table.find(id)).set(article::category.eq(category)).execute(&mut conn).await
}

/// Of which categories the count was still there; all are, afterwards.
async fn counts(conn: &mut Conn) -> Vec<&'static str> {
    let mut hits = Vec::new();
    for category in ["new", "rust", "sql"] {
        let before = conn.cache().unwrap().stats().hits;
        article::table.filter(article::category.eq(category)).cached().count(conn).await.unwrap();
        hits.extend((conn.cache().unwrap().stats().hits > before).then_some(category));
    }
    hits
}

#[tokio::test]
async fn a_move_ends_the_count_that_its_row_leaves_and_the_one_that_it_enters_and_no_other() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    counts(&mut reader).await;
    assert_eq!(move_to(&shop.conn, 3, "new").await, Ok(1));
    assert_eq!(counts(&mut reader).await, ["rust"]);

    let back = diesel::update(article::table.find(3)).set(article::category.eq("sql"));
    let back = back.returning(Article::as_returning()).get_result(&mut shop.conn).await.unwrap();
    assert_eq!(back.category, "sql");
    assert_eq!(counts(&mut reader).await, ["rust"]);

    let transaction = shop.conn.transaction(async |conn| {
        diesel::update(article::table.find(4)).set(article::views.eq(1)).execute(conn).await?;
        move_to(conn, 4, "new").await
    });
    transaction.await.unwrap();
    assert_eq!(counts(&mut reader).await, ["rust"]);
    assert_eq!(diesel::delete(article::table.find(4)).execute(&mut shop.conn).await, Ok(1));
    assert_eq!(counts(&mut reader).await, ["rust", "sql"]);

    shop.conn.set_before_images(BeforeImages::Never);
    assert_eq!(move_to(&shop.conn, 3, "new").await, Ok(1));
    assert_eq!(counts(&mut reader).await, [""; 0], "without looking");
}

#[tokio::test]
async fn moves_that_are_awaited_at_once_are_made_one_after_the_other() {
    let shop = Shop::open().await;
    let mut reader = shop.connect().await;
    counts(&mut reader).await;
    let mut conn = &shop.conn;
    let title = article::table.find(2).select(article::title).get_result::<String>(&mut conn);
    let both = try_join(move_to(&shop.conn, 3, "new"), move_to(&shop.conn, 4, "new"));
    assert_eq!(try_join(both, title).await, Ok(((1, 1), "a2".to_owned())));
    assert_eq!(counts(&mut reader).await, ["rust"]);
}

#[tokio::test]
async fn a_move_that_fails_leaves_no_transaction_open() {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    let check = "ALTER TABLE article ADD CHECK (category <> 'never'),
        ADD CONSTRAINT late UNIQUE (title) DEFERRABLE INITIALLY DEFERRED";
    conn.batch_execute(check).await.unwrap();
    let failed = move_to(conn, 1, "never").await.unwrap_err();
    assert!(failed.to_string().contains("check constraint"), "{failed}");
    let late =
        diesel::update(article::table.find(1)).set((article::category.eq("new"), article::title.eq("a2")));
    let failed = late.execute(conn).await.unwrap_err();
    assert!(failed.to_string().contains("unique constraint"), "at its own COMMIT: {failed}");
    assert_eq!(move_to(conn, 1, "new").await, Ok(1));
    assert_eq!(find(&mut shop.connect().await, 1).await.unwrap().category, "new");
}

#[tokio::test]
async fn a_move_that_is_cancelled_while_it_looks_is_not_made() {
    let shop = Shop::open().await;
    let mut reader = shop.connect().await;
    hits(&mut reader).await;
    let mut blocker = shop.bare().await;
    blocker.batch_execute("BEGIN; SELECT FROM article WHERE id = 1 FOR UPDATE").await.unwrap();
    cancel_when_blocked(&shop.url, move_to(&shop.conn, 1, "sql")).await;
    hits(&mut reader).await;
    blocker.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(move_to(&shop.conn, 2, "sql").await, Ok(1), "on the same connection");
    let truth: Article = article::table.find(1).first(&mut blocker).await.unwrap();
    assert_eq!(truth.category, "rust");
    assert_eq!(by_category(&mut reader, "rust").await, [truth]);
    assert_eq!(by_category(&mut reader, "sql").await.len(), 3);
    let update = diesel::update(article::table.find(1)).set(article::views.eq(9));
    assert_eq!(update.execute(&mut reader).await, Ok(1), "no lock is left");
}
