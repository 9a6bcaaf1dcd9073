//! Reads through `conn.cached()`, whose rows are kept as the server sent them; and explanations.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache_diesel::{AsyncCacheExt, Cache};
use cache_tests::servers::RedisServer;
use diesel::connection::InstrumentationEvent;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;

use crate::mood::{self, Mood, person};
use crate::shop::{Article, Conn, Shop, article, connect, until};

/// A type that cannot be copied or written down.
#[derive(Debug, PartialEq, Queryable)]
struct Bare {
    id: i64,
    title: String,
}

#[derive(Debug, PartialEq, QueryableByName)]
struct Named {
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn titles(conn: &mut Conn) -> Vec<Bare> {
    let rust = article::table.filter(article::category.eq("rust")).order(article::id);
    rust.select((article::id, article::title)).load(&mut conn.cached()).await.unwrap()
}

fn expected() -> Vec<Bare> {
    vec![Bare { id: 1, title: "a1".into() }, Bare { id: 2, title: "a2".into() }]
}

async fn is_hit(conn: &mut Conn, read: impl AsyncFnOnce(&mut Conn)) -> bool {
    let hits = |conn: &Conn| conn.cache().unwrap().stats().hits + conn.cache().unwrap().stats().store_hits;
    let before = hits(conn);
    read(conn).await;
    hits(conn) > before
}

#[tokio::test]
async fn rows_need_no_traits_and_every_method_of_diesel_async_loads_them() {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    assert_eq!(titles(conn).await, expected());
    assert!(is_hit(conn, async |conn| assert_eq!(titles(conn).await, expected())).await);
    let missing = async |conn: &mut Conn| {
        let missing = article::table.find(77).first::<Article>(&mut conn.cached()).await.optional();
        assert_eq!(missing, Ok(None));
    };
    missing(conn).await;
    assert!(is_hit(conn, missing).await);
    let named = async |conn: &mut Conn| {
        let query = diesel::sql_query("SELECT max(title) AS title, count(*) AS count FROM article");
        let named: Named = query.get_result(&mut conn.cached()).await.unwrap();
        assert_eq!(named, Named { title: Some("b2".into()), count: 4 });
    };
    named(conn).await;
    assert!(is_hit(conn, named).await);

    let update = diesel::update(article::table.find(1)).set(article::title.eq("x"));
    assert_eq!(update.execute(&mut conn.cached()).await, Ok(1), "a write goes through");
    assert_eq!(titles(conn).await[0].title, "x");
}

#[tokio::test]
async fn a_transaction_reads_what_it_wrote() {
    let mut shop = Shop::open().await;
    titles(&mut shop.conn).await;
    let rolled_back = shop.conn.transaction(async |conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("no")).execute(conn).await?;
        assert_eq!(titles(conn).await[0].title, "no");
        Err::<(), _>(Error::RollbackTransaction)
    });
    assert!(rolled_back.await.is_err());
    assert!(is_hit(&mut shop.conn, async |conn| assert_eq!(titles(conn).await, expected())).await);
}

#[tokio::test]
async fn a_block_depends_on_the_rows_that_it_reads_through_a_view() {
    let mut shop = Shop::open().await;
    let block = async |conn: &mut Conn| {
        let block =
            conn.cached_query("count").run(async |conn: &mut Conn| Ok::<_, Error>(titles(conn).await.len()));
        block.await.unwrap()
    };
    assert_eq!(block(&mut shop.conn).await, 2);
    assert!(is_hit(&mut shop.conn, async |conn| assert_eq!(block(conn).await, 2)).await);
    diesel::delete(article::table.find(1)).execute(&mut shop.conn).await.unwrap();
    assert_eq!(block(&mut shop.conn).await, 1);
}

/// Whoever goes on without a read that failed or was given up may have it the next time.
#[tokio::test]
async fn a_block_that_goes_on_without_a_read_is_not_kept() {
    let mut shop = Shop::open().await;
    let failing = async |conn: &mut Conn| {
        let block = conn.cached_query("failing").run(async |conn: &mut Conn| {
            let divided = sql::<Bool>("1 / CASE title WHEN 'a1' THEN 0 ELSE 1 END > 0");
            let read = article::table.filter(divided).select(article::id);
            let failed = read.load::<i64>(&mut conn.cached()).await.is_err();
            Ok::<_, Error>((failed, article::table.find(3).count().get_result::<i64>(conn).await?))
        });
        block.await.unwrap()
    };
    assert_eq!(failing(&mut shop.conn).await, (true, 1));
    diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(&mut shop.conn).await.unwrap();
    assert_eq!(failing(&mut shop.conn).await, (false, 1));

    for cached in [true, false] {
        let given_up = async |conn: &mut Conn| {
            let block = conn.cached_query(("given up", cached)).run(async |conn: &mut Conn| {
                let read = article::table.select(article::id);
                let rows = match cached {
                    true => read.load::<i64>(&mut conn.cached()).now_or_never(),
                    false => read.load::<i64>(conn).now_or_never(),
                };
                assert!(rows.is_none());
                article::table.find(3).count().get_result::<i64>(conn).await
            });
            assert_eq!(block.await, Ok(1));
        };
        given_up(&mut shop.conn).await;
        assert!(!is_hit(&mut shop.conn, given_up).await, "cached: {cached}");
    }
}

#[tokio::test]
async fn another_process_finds_the_rows_in_redis() {
    let server = RedisServer::start();
    let url = format!("redis://{}/0?prefix=view&private", server.address());
    let mut shop = Shop::open_with(Cache::from_url(&url).unwrap()).await;
    let mut other = connect(&shop.url, &Cache::from_url(&url).unwrap()).await;
    until("the rows are found", async || {
        titles(&mut shop.conn).await;
        is_hit(&mut other, async |conn| assert_eq!(titles(conn).await, expected())).await
    })
    .await;
}

#[tokio::test]
async fn rows_of_types_of_users_are_kept_too() {
    let mut shop = Shop::open().await;
    shop.conn.batch_execute(mood::DDL).await.unwrap();
    let happy = (person::id.eq(1), person::mood.eq(Mood::Happy), person::moods.eq(vec![Mood::Sad]));
    diesel::insert_into(person::table).values(happy).execute(&mut shop.conn).await.unwrap();
    let moods = async |conn: &mut Conn| {
        let happy = person::table.filter(person::mood.eq(Mood::Happy)).select(person::mood);
        assert_eq!(happy.load::<Mood>(&mut conn.cached()).await.unwrap(), [Mood::Happy]);
    };
    moods(&mut shop.conn).await;
    assert!(is_hit(&mut shop.conn, moods).await);
}

#[tokio::test]
async fn instrumentation_is_told_of_what_runs_and_of_no_hit() {
    let mut shop = Shop::open().await;
    let (began, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (Arc::clone(&began), Arc::clone(&ended));
    shop.conn.set_instrumentation(move |event: InstrumentationEvent<'_>| match event {
        InstrumentationEvent::StartQuery { query, .. } if query.to_string().contains("\"article\"") => {
            counters.0.fetch_add(1, Ordering::Relaxed);
        }
        InstrumentationEvent::FinishQuery { query, .. } if query.to_string().contains("\"article\"") => {
            counters.1.fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    });
    for _ in 0..3 {
        titles(&mut shop.conn).await;
    }
    // `load` is diesel-async's here.
    let [began, ended] = [began, ended].map(|count| AtomicUsize::load(&count, Ordering::Relaxed));
    assert_eq!((began, ended), (1, 1));
}

#[tokio::test]
async fn an_explanation_says_what_a_read_depends_on_and_what_a_write_touches() {
    let mut shop = Shop::open().await;
    let rust = || article::table.filter(article::category.eq("rust")).order(article::id);
    let explained = shop.conn.explain(async |conn: &mut Conn| {
        let rows: Vec<Article> = rust().select(Article::as_select()).cached().load(conn).await?;
        diesel::update(article::table.find(1)).set(article::views.eq(7)).execute(conn).await?;
        Ok::<_, Error>(rows.len())
    });
    let explained = explained.await.unwrap();
    assert_eq!(explained.value, 2);
    assert_eq!(explained.explanations.len(), 2);
    let words = explained.to_string();
    assert!(words.contains("category") && words.contains("UPDATE"), "{words}");
    let after = rust().select(Article::as_select()).cached().load::<Article>(&mut shop.conn).await.unwrap();
    assert_eq!(after[0].views, 7, "it was written");
}
