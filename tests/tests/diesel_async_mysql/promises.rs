//! Reads, writes, transactions, schema changes.

use cache_diesel::{AsyncCacheExt, BeforeImages, Cache};
use cache_tests::servers::RedisServer;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, RunQueryDsl, SaveChangesDsl, SimpleAsyncConnection,
    TransactionManager,
};
use futures_util::TryStreamExt;
use futures_util::future::join;

use crate::database::Bare;
use crate::shop::{ALL, Article, Conn, Shop, article, by_category, find, hits, new_article, until};

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
async fn a_transaction_is_published_at_its_commit_and_only_then() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    hits(&mut reader).await;
    let rolled_back = shop.conn.transaction(async |conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("no")).execute(conn).await?;
        Err::<(), _>(DieselError::RollbackTransaction)
    });
    assert!(rolled_back.await.is_err());
    assert_eq!(hits(&mut reader).await, ALL);
    let committed = shop.conn.transaction(async |conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("yes")).execute(conn).await?;
        let inner = conn.transaction(async |conn| {
            diesel::update(article::table.find(3)).set(article::title.eq("inner")).execute(conn).await?;
            Err::<(), _>(DieselError::RollbackTransaction)
        });
        assert!(inner.await.is_err());
        assert_eq!(hits(&mut reader).await, ALL, "nothing before COMMIT");
        assert_eq!(find(conn, 1).await.unwrap().title, "yes", "a transaction sees what it wrote");
        Ok::<_, DieselError>(())
    });
    committed.await.unwrap();
    assert_eq!(hits(&mut reader).await, ["3", "sql"]);
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
async fn a_commit_that_cannot_be_announced_is_rolled_back_if_the_user_says_so() {
    let server = RedisServer::start();
    let url = format!("redis://{}/0?prefix=shop&private&strict_writes&timeout=50ms", server.address());
    let mut shop = Shop::open_with(Cache::from_url(&url).unwrap()).await;
    server.pause();
    let mut renamed = async || {
        let transaction = shop.conn.transaction(async |conn| {
            let inner = conn.transaction(async |conn| {
                diesel::update(article::table.find(1)).set(article::title.eq("strict")).execute(conn).await
            });
            inner.await
        });
        let renamed = transaction.await;
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut shop.conn);
        assert_eq!(status.transaction_depth(), Ok(None), "no transaction is left open");
        renamed
    };
    assert!(renamed().await.unwrap_err().to_string().contains("strict_writes"));
    server.resume();
    until("it is made", async || renamed().await.is_ok()).await;
    assert_eq!(find(&mut shop.conn, 1).await.unwrap().title, "strict");
}

#[tokio::test]
async fn a_connection_that_was_never_attached_says_how_to_attach_it() {
    let mut shop = Shop::open().await;
    let mut conn = Conn::establish(&shop.url).await.unwrap();
    for refused in [
        conn.batch_execute("SELECT 1").await,
        article::table.count().get_result::<i64>(&mut conn).await.map(drop),
        article::table.cached().count(&mut conn).await.map(drop),
        diesel::delete(article::table).execute(&mut conn).await.map(drop),
    ] {
        assert!(refused.unwrap_err().to_string().contains("attach"));
    }
    conn.attach(shop.cache.clone()).await.unwrap();
    hits(&mut conn).await;
    assert_eq!(hits(&mut shop.conn).await, ALL);
    let mut unread = Conn::new(shop.bare().await, Cache::disabled()).await.unwrap();
    assert_eq!(by_category(&mut unread, "rust").await.len(), 2);
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
async fn reads_can_run_in_tasks_that_move_between_threads() {
    let shop = Shop::open().await;
    let mut conn = shop.connect().await;
    let task = tokio::spawn(async move {
        let first: Vec<i64> =
            article::table.select(article::id).order(article::id).cached().load(&mut conn).await?;
        let shared =
            article::table.select(article::id).cached().shared().get_results::<i64>(&mut conn).await?;
        let missing = article::table.find(77).select(article::id).cached();
        let missing = missing.get_result::<i64>(&mut conn).await.optional()?;
        let streamed: Vec<i64> =
            article::table.select(article::id).load_stream::<i64>(&mut conn).await?.try_collect().await?;
        let block = conn.cached_query("block").run(async |conn: &mut Conn| {
            let cached: Vec<i64> = article::table.select(article::id).cached().load(conn).await?;
            Ok::<_, DieselError>(cached.len())
        });
        assert_eq!(block.await?, 4);
        Ok::<_, DieselError>((first, shared.len(), missing, streamed.len()))
    });
    assert_eq!(task.await.unwrap().unwrap(), (vec![1, 2, 3, 4], 4, None, 4));
}
