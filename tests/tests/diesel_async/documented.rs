//! What diesel-async's documentation shows of connections, and no other test here does.

use cache_diesel::{AsyncCacheExt, AsyncTransactionBuilder, CachedConnection, attach_to};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::BigInt;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, mobc};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::TryStreamExt;

use crate::shop::{ALL, Conn, Shop, article, connect, find, hits};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../cache-diesel/tests/migrations");

async fn retitle(conn: &mut Conn, id: i64, title: &str) -> QueryResult<usize> {
    diesel::update(article::table.find(id)).set(article::title.eq(title)).execute(conn).await
}

async fn is_published_at_its_commit(kind: AsyncTransactionBuilder<'_>, reader: &mut Conn, name: &str) {
    assert_eq!(hits(reader).await, ALL);
    let run = kind.run(async |conn| {
        retitle(conn, 1, name).await?;
        assert_eq!(hits(reader).await, ALL, "{name}");
        Ok::<_, DieselError>(())
    });
    run.await.unwrap();
    assert_eq!(hits(reader).await, ["3", "sql"], "{name}");
    assert_eq!(find(reader, 1).await.unwrap().title, name);
}

#[tokio::test]
async fn transactions_of_every_kind_are_published_at_their_commit() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    hits(&mut reader).await;
    macro_rules! kinds {
        ($($($kind:ident).+,)*) => {
            $({
                let kind = shop.conn.build_transaction().$($kind()).+;
                // Unoptimised futures are large.
                Box::pin(is_published_at_its_commit(kind, &mut reader, stringify!($($kind).+))).await;
            })*
        };
    }
    kinds! {
        read_write, read_committed, repeatable_read, serializable, serializable.read_write.deferrable,
        serializable.not_deferrable,
    }
    let read_only = shop.conn.build_transaction().read_only().serializable().deferrable();
    assert!(read_only.run(async |conn| retitle(conn, 1, "no").await).await.is_err());
    // What was refused may end entries all the same.
    hits(&mut reader).await;
    let rolled_back = shop.conn.build_transaction().run(async |conn| {
        retitle(conn, 1, "no").await?;
        Err::<(), _>(DieselError::RollbackTransaction)
    });
    assert_eq!(rolled_back.await, Err(DieselError::RollbackTransaction));
    let nested = shop
        .conn
        .transaction(async |conn| conn.build_transaction().run(async |_| Ok::<_, DieselError>(())).await);
    assert_eq!(nested.await, Err(DieselError::AlreadyInTransaction));
    assert_eq!(hits(&mut reader).await, ALL);
}

#[tokio::test]
async fn a_built_transaction_can_run_in_a_task_that_moves_between_threads() {
    let mut shop = Shop::open().await;
    let mut conn = shop.connect().await;
    let task = tokio::spawn(async move {
        conn.build_transaction().serializable().run(async |conn| retitle(conn, 1, "moved").await).await
    });
    assert_eq!(task.await.unwrap(), Ok(1));
    assert_eq!(find(&mut shop.conn, 1).await.unwrap().title, "moved");
}

#[tokio::test]
async fn a_test_transaction_leaves_no_trace() {
    let mut shop = Shop::open().await;
    hits(&mut shop.conn).await;
    let mut test = shop.connect().await;
    test.begin_test_transaction().await.unwrap();
    retitle(&mut test, 1, "test").await.unwrap();
    assert_eq!(find(&mut test, 1).await.unwrap().title, "test");
    drop(test);
    let shown: Result<String, DieselError> = Ok(shop
        .connect()
        .await
        .test_transaction::<_, DieselError, _>(async |conn| {
            retitle(conn, 1, "test").await?;
            article::table.find(1).select(article::title).first::<String>(conn).await
        })
        .await);
    assert_eq!(shown, Ok("test".to_owned()));
    assert_eq!(hits(&mut shop.conn).await, ALL);
}

#[tokio::test]
async fn rows_are_streamed() {
    let mut shop = Shop::open().await;
    let ids = article::table.select(article::id).order(article::id);
    let streamed: Vec<i64> =
        ids.load_stream::<i64>(&mut shop.conn).await.unwrap().try_collect().await.unwrap();
    assert_eq!(streamed, [1, 2, 3, 4]);
    let update = diesel::update(article::table.find(1)).set(article::title.eq("streamed"));
    let returned = update.returning(article::id).load_stream::<i64>(&mut shop.conn).await.unwrap();
    drop(returned);
    assert_eq!(find(&mut shop.conn, 1).await.unwrap().title, "streamed");
}

/// How many tags there are, if there can be any.
async fn tags(conn: &mut Conn) -> QueryResult<i64> {
    diesel::dsl::sql::<BigInt>("SELECT count(*) FROM tag").cached().get_result(conn).await
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_run_through_the_harness_and_are_noticed() {
    let shop = Shop::open().await;
    let mut harness = AsyncMigrationHarness::new(shop.connect().await);
    harness.run_pending_migrations(MIGRATIONS).unwrap();
    assert!(!harness.has_pending_migration(MIGRATIONS).unwrap());
    let mut conn = harness.into_inner();
    assert_eq!(tags(&mut conn).await, Ok(0));
    conn.batch_execute("INSERT INTO tag VALUES (1, 'a')").await.unwrap();
    assert_eq!(tags(&mut conn).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_blocks_may_use_it_through_diesel_asyncs_wrapper() {
    let mut shop = Shop::open().await;
    hits(&mut shop.conn).await;
    let mut conn = AsyncConnectionWrapper::<Conn>::from(shop.connect().await);
    let blocking = tokio::task::spawn_blocking(move || {
        use diesel::RunQueryDsl;
        diesel::Connection::transaction::<_, DieselError, _>(&mut conn, |conn| {
            let update = diesel::update(article::table.find(1)).set(article::title.eq("blocked"));
            RunQueryDsl::execute(update, conn)
        })
        .unwrap();
        let update = "UPDATE article SET title = 'blocked' WHERE id = 3";
        SimpleConnection::batch_execute(&mut conn, update).unwrap();
        RunQueryDsl::load::<i64>(article::table.select(article::id), &mut conn).unwrap().len()
    });
    assert_eq!(blocking.await.unwrap(), 4);
    assert_eq!(hits(&mut shop.conn).await, [""; 0]);
    assert_eq!(find(&mut shop.conn, 3).await.unwrap().title, "blocked");
}

/// SQLite has no protocol of its own: diesel-async runs Diesel's connection on a thread, and that may be a cached one.
#[tokio::test]
async fn a_cached_connection_to_sqlite_goes_into_diesel_asyncs_wrapper() {
    let cache = cache_diesel::Cache::from_url("memory://?private").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("shop.db").display().to_string();
    let ddl = "CREATE TABLE article (id BIGINT PRIMARY KEY NOT NULL, title TEXT NOT NULL, category TEXT NOT NULL, \
               views INTEGER NOT NULL DEFAULT 0); INSERT INTO article VALUES (1, 'a1', 'rust', 0)";
    SqliteConnection::establish(&url).unwrap().batch_execute(ddl).unwrap();
    let cached = || CachedConnection::new(SqliteConnection::establish(&url).unwrap(), cache.clone()).unwrap();
    let mut conn = SyncConnectionWrapper::<CachedConnection<SqliteConnection>>::new(cached());
    let mut reader = cached();
    let mut title = || {
        let title = article::table.find(1).select(article::title);
        cache_diesel::CacheExt::cached(title).first::<String, _>(&mut reader).unwrap()
    };
    assert_eq!(title(), "a1");
    let update = diesel::update(article::table.find(1)).set(article::title.eq("x"));
    assert_eq!(update.execute(&mut conn).await, Ok(1));
    assert_eq!(title(), "x");
    let changed = conn.transaction(async |conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("y")).execute(conn).await?;
        article::table.select(article::title).first::<String>(conn).await
    });
    assert_eq!(changed.await, Ok("y".to_owned()));
    assert_eq!(title(), "y");
    let before = cache.stats().hits;
    let cached = conn.spawn_blocking(|conn| {
        let title = article::table.find(1).select(article::title);
        cache_diesel::CacheExt::cached(title).first::<String, _>(conn)
    });
    assert_eq!(cached.await, Ok("y".to_owned()));
    assert_eq!(cache.stats().hits, before + 1);
}

#[tokio::test]
async fn connections_of_mobc_are_attached_and_share_what_is_cached() {
    let mut shop = Shop::open().await;
    hits(&mut shop.conn).await;
    let config = attach_to(shop.cache.clone());
    let manager = AsyncDieselConnectionManager::<Conn>::new_with_config(&shop.url, config);
    let pool = mobc::Pool::new(manager);
    let mut conn = pool.get().await.unwrap();
    assert_eq!(hits(&mut conn).await, ALL);
    retitle(&mut conn, 1, "mobc").await.unwrap();
    assert_eq!(hits(&mut shop.conn).await, ["3", "sql"]);
}

#[tokio::test]
async fn a_client_of_ones_own_can_be_wrapped() {
    let mut shop = Shop::open().await;
    hits(&mut shop.conn).await;
    let bare = crate::shop::bare(&shop.url).await;
    // Taken before: the wrapper keeps the connection to itself.
    let cancel = bare.cancel_token();
    let mut conn = Conn::new(bare, shop.cache.clone()).await.unwrap();
    let mut other = connect(&shop.url, &shop.cache).await;
    let sleep = async { conn.batch_execute("SELECT pg_sleep(30)").await };
    let cancelled = async {
        crate::shop::until("it is asleep", async || {
            let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
            diesel::dsl::sql::<BigInt>(asleep).get_result::<i64>(&mut other).await == Ok(1)
        })
        .await;
        cancel.cancel_query(tokio_postgres::NoTls).await.unwrap();
    };
    let (slept, ()) = futures_util::future::join(sleep, cancelled).await;
    assert!(slept.is_err());
    assert_eq!(retitle(&mut conn, 1, "after").await, Ok(1));
    assert_eq!(find(&mut shop.conn, 1).await.unwrap().title, "after");
}
