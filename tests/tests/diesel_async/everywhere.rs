//! What holds on every database.

use cache_core::sync;
use cache_diesel::{AsyncCacheExt, Cache};
use cache_tests::gate::Gate;
use cache_tests::servers::RedisServer;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
};
use futures_util::TryStreamExt;

use crate::shop::{ALL, Conn, Shop, article, by_category, find, hits, until};

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

/// As other executors poll.
#[test]
fn without_a_runtime_statements_run_and_what_is_dropped_leaves_nothing_stale() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (mut shop, mut reader, mut bare) = runtime.block_on(async {
        let shop = Shop::open().await;
        let (reader, bare) = (shop.connect().await, shop.bare().await);
        (shop, reader, bare)
    });
    sync::wait(async {
        shop.conn.refresh_schema().await.unwrap();
        for polls in 0..12 {
            find(&mut reader, 1).await;
            let title = format!("polled {polls} times");
            let update = diesel::update(article::table.find(1)).set(article::title.eq(title));
            Gate::abandon(update.execute(&mut shop.conn), polls).await;
            // It waits until that is published.
            shop.conn.batch_execute("SELECT 1").await.unwrap();
            let title: String =
                article::table.find(1).select(article::title).get_result(&mut bare).await.unwrap();
            assert_eq!(find(&mut reader, 1).await.unwrap().title, title, "polled {polls} times");
        }
    });
    let _runtime = runtime.enter();
    drop((shop, reader, bare));
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
        let streamed: Vec<i64> =
            article::table.select(article::id).load_stream::<i64>(&mut conn).await?.try_collect().await?;
        assert_eq!(streamed.len(), 4);
        let block = conn.cached_query("block").run(async |conn: &mut Conn| {
            let cached: Vec<i64> = article::table.select(article::id).cached().load(conn).await?;
            Ok::<_, DieselError>(cached.len())
        });
        assert_eq!(block.await?, 4);
        Ok::<_, DieselError>((first, shared.len(), count, missing))
    });
    assert_eq!(task.await.unwrap().unwrap(), (vec![1, 2, 3, 4], 4, 4, None));
}
