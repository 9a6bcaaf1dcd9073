//! Reads, writes, transactions, schema changes.

use cache_diesel::{AsyncCacheExt, BeforeImages};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::{AsyncConnection, RunQueryDsl, SaveChangesDsl, SimpleAsyncConnection};
use futures_util::future::join;

use crate::database::Bare;
use crate::shop::{ALL, Article, Conn, Shop, article, by_category, find, hits, new_article};

/// All that is cached is what the database says.
async fn check(shop: &Shop, reader: &mut Conn) {
    let mut bare: Bare = shop.bare().await;
    for id in [1, 3] {
        let truth = article::table.find(id).first::<Article>(&mut bare).await.optional().unwrap();
        assert_eq!(find(reader, id).await, truth);
    }
    for category in ["rust", "sql"] {
        let rows = article::table.filter(article::category.eq(category)).order(article::id);
        assert_eq!(by_category(reader, category).await, rows.load::<Article>(&mut bare).await.unwrap());
    }
}

#[tokio::test]
async fn a_write_that_returned_is_seen_and_ends_nothing_else() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    hits(&mut reader).await;
    assert_eq!(hits(&mut reader).await, ALL);

    let update = diesel::update(article::table.find(1)).set(article::title.eq("x"));
    assert_eq!(update.execute(&mut shop.conn).await, Ok(1));
    assert_eq!(hits(&mut reader).await, ["3", "sql"]);
    let rows = vec![new_article(9, "sql"), new_article(10, "sql")];
    assert_eq!(diesel::insert_into(article::table).values(rows).execute(&mut shop.conn).await, Ok(2));
    assert_eq!(hits(&mut reader).await, ["1", "3", "rust"]);
    let saved: Article =
        (&Article { title: "s".into(), ..new_article(3, "sql") }).save_changes(&mut shop.conn).await.unwrap();
    assert_eq!((saved.title.as_str(), find(&mut reader, 3).await), ("s", Some(saved.clone())));
    hits(&mut reader).await;
    let replaced = diesel::replace_into(article::table).values(new_article(1, "sql"));
    replaced.execute(&mut shop.conn).await.unwrap();
    check(&shop, &mut reader).await;
    let texts = "UPDATE article SET views = 1 WHERE id = 2; DELETE FROM article WHERE id = 9";
    shop.conn.batch_execute(texts).await.unwrap();
    check(&shop, &mut reader).await;
    let block = "BEGIN NOT ATOMIC UPDATE article SET title = 'block' WHERE id = 3; END";
    shop.conn.batch_execute(block).await.unwrap();
    check(&shop, &mut reader).await;
    assert_eq!(find(&mut reader, 3).await.unwrap().title, "block");
}

#[tokio::test]
async fn a_move_ends_the_count_that_its_row_leaves_and_the_one_that_it_enters_and_no_other() {
    async fn counts(conn: &mut Conn) -> Vec<&'static str> {
        let mut hits = Vec::new();
        for category in ["new", "rust", "sql"] {
            let before = conn.cache().unwrap().stats().hits;
            article::table.filter(article::category.eq(category)).cached().count(conn).await.unwrap();
            hits.extend((conn.cache().unwrap().stats().hits > before).then_some(category));
        }
        hits
    }
    async fn move_to(conn: &mut Conn, id: i64, category: &str) -> QueryResult<usize> {
        diesel::update(article::table.find(id)).set(article::category.eq(category)).execute(conn).await
    }
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    counts(&mut reader).await;
    assert_eq!(move_to(&mut shop.conn, 3, "new").await, Ok(1));
    assert_eq!(counts(&mut reader).await, ["rust"]);
    let transaction = shop.conn.transaction(async |conn| move_to(conn, 4, "new").await);
    transaction.await.unwrap();
    assert_eq!(counts(&mut reader).await, ["rust"]);
    assert_eq!(diesel::delete(article::table.find(4)).execute(&mut shop.conn).await, Ok(1));
    assert_eq!(counts(&mut reader).await, ["rust", "sql"]);
    shop.conn.batch_execute("ALTER TABLE article ADD CHECK (category <> 'never')").await.unwrap();
    assert!(move_to(&mut shop.conn, 3, "never").await.is_err());
    assert_eq!(move_to(&mut shop.connect().await, 3, "sql").await, Ok(1), "no lock is left");
    counts(&mut reader).await;
    shop.conn.set_before_images(BeforeImages::Never);
    assert_eq!(move_to(&mut shop.conn, 3, "new").await, Ok(1));
    assert_eq!(counts(&mut reader).await, [""; 0], "without looking");
    check(&shop, &mut reader).await;
}

/// Two connections that wait for each other: the server ends the transaction of one.
#[tokio::test]
async fn a_deadlock_leaves_nothing_stale() {
    let shop = Shop::open().await;
    let (mut one, mut other, mut reader) = (shop.connect().await, shop.connect().await, shop.connect().await);
    check(&shop, &mut reader).await;
    let retitle = async |conn: &mut Conn, id: i64| {
        diesel::update(article::table.find(id)).set(article::title.eq("dead")).execute(conn).await
    };
    one.batch_execute("BEGIN").await.unwrap();
    other.batch_execute("BEGIN").await.unwrap();
    retitle(&mut one, 1).await.unwrap();
    retitle(&mut other, 3).await.unwrap();
    let (first, second) = join(retitle(&mut one, 3), retitle(&mut other, 1)).await;
    assert!(first.is_err() != second.is_err(), "{first:?} {second:?}");
    let (mut victim, mut winner) = if first.is_err() { (one, other) } else { (other, one) };
    winner.batch_execute("ROLLBACK").await.unwrap();
    check(&shop, &mut reader).await;
    retitle(&mut victim, 1).await.unwrap();
    check(&shop, &mut reader).await;
    victim.batch_execute("ROLLBACK").await.unwrap();
    check(&shop, &mut reader).await;
}

#[tokio::test]
async fn a_schema_change_is_followed() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    check(&shop, &mut reader).await;
    let trigger = "CREATE TRIGGER moved BEFORE UPDATE ON article FOR EACH ROW SET NEW.category = 'sql'";
    shop.conn.batch_execute(trigger).await.unwrap();
    check(&shop, &mut reader).await;
    diesel::update(article::table.find(1)).set(article::views.eq(5)).execute(&mut shop.conn).await.unwrap();
    check(&shop, &mut reader).await;
    shop.bare().await.batch_execute("DROP TRIGGER moved").await.unwrap();
    shop.conn.refresh_schema().await.unwrap();
    hits(&mut reader).await;
    diesel::update(article::table.find(1)).set(article::views.eq(6)).execute(&mut shop.conn).await.unwrap();
    assert!(hits(&mut reader).await.contains(&"rust"), "without the trigger the list stays");
}

#[tokio::test]
async fn what_commits_by_itself_publishes_what_was_open() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    check(&shop, &mut reader).await;
    let implicit = shop.conn.transaction(async |conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("implicit")).execute(conn).await?;
        conn.batch_execute("CREATE TABLE other (id INT)").await?;
        assert_eq!(find(&mut reader, 1).await.unwrap().title, "implicit", "committed by itself");
        diesel::update(article::table.find(3)).set(article::title.eq("later")).execute(conn).await?;
        assert_eq!(find(&mut reader, 3).await.unwrap().title, "later");
        Err::<(), _>(DieselError::RollbackTransaction)
    });
    assert!(implicit.await.is_err());
    check(&shop, &mut reader).await;
}
