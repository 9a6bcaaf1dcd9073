//! Reads, writes, transactions, schema changes.

use cache_diesel::{AsyncCacheExt, Cache};
use cache_tests::servers::RedisServer;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, RunQueryDsl, SaveChangesDsl, SimpleAsyncConnection,
    TransactionManager,
};

use crate::shop::{ALL, Article, Conn, Shop, article, by_category, find, hits, new_article, until};

#[tokio::test]
async fn a_write_that_returned_is_seen_and_ends_nothing_else() {
    let mut shop = Shop::open().await;
    let (conn, reader) = (&mut shop.conn, &mut connected(&shop.url, &shop.cache).await);
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

#[tokio::test]
async fn rows_that_were_read_before_a_commit_are_not_left_behind() {
    let mut shop = Shop::open().await;
    let mut writer = shop.connect().await;
    let mut late = async |writer: Option<&mut Conn>| {
        let block = shop.conn.cached_query("titles").run(async |conn: &mut Conn| {
            let titles =
                article::table.order(article::id).select(article::title).load::<String>(conn).await?;
            if let Some(writer) = writer {
                diesel::update(article::table.find(1)).set(article::title.eq("late")).execute(writer).await?;
            }
            Ok::<_, DieselError>(titles)
        });
        block.await.unwrap()
    };
    assert_eq!(late(Some(&mut writer)).await[0], "a1");
    assert_eq!(late(None).await[0], "late");
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
    assert_eq!(find(&mut reader, 1).await.unwrap().title, "yes");
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
async fn reads_can_run_in_tasks_that_move_between_threads() {
    let shop = Shop::open().await;
    let mut conn = shop.connect().await;
    let task = tokio::spawn(async move {
        let first: Vec<i64> =
            article::table.select(article::id).order(article::id).cached().load(&mut conn).await?;
        let shared =
            article::table.select(article::id).cached().shared().get_results::<i64>(&mut conn).await?;
        let count = article::table.cached().count(&mut conn).await?;
        let missing = article::table
            .find(77)
            .select(article::id)
            .cached()
            .get_result::<i64>(&mut conn)
            .await
            .optional()?;
        let inside = conn.transaction(async |conn| {
            let cached: Vec<i64> = article::table.select(article::id).cached().load(conn).await?;
            Ok::<_, DieselError>(cached.len())
        });
        assert_eq!(inside.await?, 4);
        let block = conn.cached_query("block").run(async |conn: &mut Conn| {
            let cached: Vec<i64> = article::table.select(article::id).cached().load(conn).await?;
            Ok::<_, DieselError>(cached.len())
        });
        assert_eq!(block.await?, 4);
        Ok::<_, DieselError>((first, shared.len(), count, missing))
    });
    assert_eq!(task.await.unwrap().unwrap(), (vec![1, 2, 3, 4], 4, 4, None));
}

async fn connected(url: &str, cache: &cache_diesel::Cache) -> Conn {
    crate::shop::connect(url, cache).await
}
