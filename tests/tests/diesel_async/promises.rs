//! Reads, writes, transactions, schema changes.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use cache_diesel::AsyncCacheExt;
use diesel::prelude::*;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, RunQueryDsl, SaveChangesDsl, SimpleAsyncConnection,
    TransactionManager,
};

use crate::shop::{ALL, Article, Conn, Shop, article, by_category, find, hits, new_article};

#[tokio::test]
async fn a_write_that_returned_is_seen_and_ends_nothing_else() {
    let mut shop = Shop::open().await;
    let reader = &mut shop.connect().await;
    let conn = &mut shop.conn;
    hits(reader).await;
    assert_eq!(hits(reader).await, ALL);

    let update = diesel::update(article::table.find(1)).set(article::title.eq("x"));
    assert_eq!(update.execute(conn).await.unwrap(), 1);
    assert_eq!(hits(reader).await, ["3", "sql"]);
    assert_eq!(find(reader, 1).await.unwrap().title, "x");

    let insert = diesel::insert_into(article::table).values(new_article(9, "sql"));
    let inserted: Article = insert.returning(Article::as_returning()).get_result(conn).await.unwrap();
    assert_eq!(inserted, new_article(9, "sql"));
    assert_eq!(hits(reader).await, ["1", "3", "rust"]);

    let saved: Article =
        (&Article { id: 3, title: "s".into(), ..new_article(3, "sql") }).save_changes(conn).await.unwrap();
    assert_eq!(saved.title, "s");
    assert_eq!(find(reader, 3).await, Some(saved));

    diesel::delete(article::table.find(9)).execute(conn).await.unwrap();
    assert!(by_category(reader, "sql").await.iter().all(|article| article.id != 9));
    hits(reader).await;
    conn.batch_execute("UPDATE article SET views = 1 WHERE id = 2").await.unwrap();
    assert_eq!(hits(reader).await, ["1", "3", "sql"]);
}

#[tokio::test]
async fn what_is_not_understood_ends_everything() {
    let mut shop = Shop::open().await;
    hits(&mut shop.conn).await;
    assert_eq!(hits(&mut shop.conn).await, ALL);
    shop.conn.batch_execute("DO $$ BEGIN UPDATE article SET views = 3; END $$").await.unwrap();
    assert_eq!(hits(&mut shop.conn).await, [""; 0]);
}

/// Two transactions of which the inner one fails because of what another has committed; how both ended.
macro_rules! nested_failure {
    ($shop:expr, $conn:expr) => {{
        let (shop, conn) = ($shop, $conn);
        let mut other = shop.connect().await;
        let mut inside = None;
        let outside = conn
            .transaction(async |conn| {
                conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
                article::table.count().get_result::<i64>(conn).await?;
                let update = diesel::update(article::table.find(1)).set(article::title.eq("other"));
                update.execute(&mut other).await?;
                let inner = conn.transaction(async |conn| {
                    let update = diesel::update(article::table.find(1)).set(article::title.eq("mine"));
                    update.execute(conn).await
                });
                inside = Some(inner.await);
                diesel::update(article::table.find(3)).set(article::title.eq("after")).execute(conn).await
            })
            .await;
        (inside, outside)
    }};
}

#[tokio::test]
async fn a_serialization_failure_in_a_savepoint_ends_as_without_the_wrapper() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    let mut bare = shop.bare().await;
    let expected = nested_failure!(&shop, &mut bare);
    let mut conn = shop.connect().await;
    hits(&mut reader).await;
    let seen = nested_failure!(&shop, &mut conn);
    assert_eq!(format!("{seen:?}"), format!("{expected:?}"));
    assert!(matches!(seen.0, Some(Err(_))), "{seen:?}");
    let count: i64 = article::table.count().get_result(&mut conn).await.unwrap();
    assert_eq!(count, 4);
    for id in [1, 3] {
        let truth = article::table.find(id).first::<Article>(&mut bare).await.unwrap();
        assert_eq!(find(&mut reader, id).await, Some(truth.clone()));
        assert_eq!(find(&mut shop.conn, id).await, Some(truth));
    }
}

#[tokio::test]
async fn a_schema_change_is_followed() {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    conn.batch_execute("CREATE TABLE log (n int); INSERT INTO log VALUES (0)").await.unwrap();
    let count = async |conn: &mut Conn| -> i32 {
        let query = diesel::sql_query("SELECT n FROM log");
        query.cached().load::<Log>(conn).await.unwrap()[0].n
    };
    assert_eq!(count(conn).await, 0);
    conn.batch_execute(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN UPDATE log SET n = n + 1; RETURN NEW; END $$;
         CREATE TRIGGER noted AFTER UPDATE ON article FOR EACH ROW EXECUTE FUNCTION note();",
    )
    .await
    .unwrap();
    assert_eq!(count(conn).await, 0);
    diesel::update(article::table.find(1)).set(article::views.eq(5)).execute(conn).await.unwrap();
    assert_eq!(count(conn).await, 1, "what a new trigger writes is seen");
}

#[derive(Clone, QueryableByName, serde::Serialize, serde::Deserialize)]
struct Log {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    n: i32,
}

#[tokio::test]
async fn what_is_declared_a_replica_leaves_nothing_in_the_cache() {
    // A replica that has not heard of anything since.
    let (mut shop, behind) = (Shop::open().await, Shop::open().await);
    let mut replica = shop.conn.on_replica(behind.bare().await).unwrap();
    let update = diesel::update(article::table.find(1)).set(article::title.eq("new"));
    update.execute(&mut shop.conn).await.unwrap();
    for _ in 0..2 {
        assert_eq!(find(&mut replica, 1).await.unwrap().title, "a1");
        assert_eq!(find(&mut shop.conn, 1).await.unwrap().title, "new");
    }
    let mut open = behind.bare().await;
    AnsiTransactionManager::begin_transaction(&mut open).await.unwrap();
    assert!(shop.conn.on_replica(open).is_err(), "a transaction is open");
}

#[tokio::test]
async fn a_load_that_nobody_polls_is_not_waited_for_for_ever() {
    let mut shop = Shop::open().await;
    let mut other = shop.connect().await;
    let (begun, gate) = (Cell::new(false), Cell::new(false));
    let stopped = async |conn: &mut Conn| -> QueryResult<i64> {
        let block = conn.cached_query("stopped").run(async |conn: &mut Conn| {
            begun.set(true);
            poll_fn(|_| if gate.get() { Poll::Ready(()) } else { Poll::Pending }).await;
            article::table.count().get_result::<i64>(conn).await
        });
        block.await
    };
    let mut leader = Box::pin(stopped(&mut shop.conn));
    while !begun.get() {
        poll_fn(|context| {
            assert!(leader.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        tokio::task::yield_now().await;
    }
    gate.set(true);
    // Half a minute is how long a load is waited for.
    let joined = tokio::time::timeout(Duration::from_secs(120), stopped(&mut other)).await;
    assert_eq!(joined, Ok(Ok(4)));
    assert_eq!(leader.await, Ok(4));
}
