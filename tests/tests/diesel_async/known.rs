//! Statements that are known by their type, or by a text that comes again.

use diesel::connection::CacheSize;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

use cache_diesel::AsyncCacheExt;

use crate::shop::{Article, Conn, Shop, article, connect};

#[diesel::dsl::auto_type]
fn of_category<'a>(category: &'a str) -> _ {
    article::table.filter(article::category.eq(category)).order(article::id)
}

async fn retitle(conn: &mut Conn, id: i64, title: &str) {
    let update = diesel::update(article::table.find(id)).set(article::title.eq(title));
    assert_eq!(update.execute(conn).await, Ok(1));
}

async fn title(conn: &mut Conn, way: &str) -> (String, bool) {
    let before = conn.cache().unwrap().stats().hits;
    let articles: Vec<Article> = match way {
        "as values" => of_category("rust").cached().load(conn).await.unwrap(),
        "as it was sent" => of_category("rust").load(&mut conn.cached()).await.unwrap(),
        _ => {
            let block = conn.cached_query("rust");
            block.run(async |conn| of_category("rust").load::<Article>(conn).await).await.unwrap()
        }
    };
    (articles[0].title.clone(), conn.cache().unwrap().stats().hits > before)
}

#[tokio::test]
async fn a_read_that_is_known_depends_on_what_it_reads_when_it_is_cached() {
    for way in ["as values", "as it was sent", "in a block"] {
        let mut shop = Shop::open().await;
        let conn = &mut shop.conn;
        for _ in 0..2 {
            assert_eq!(of_category("rust").load::<Article>(conn).await.unwrap().len(), 2);
        }
        title(conn, way).await;
        retitle(conn, 3, "of another list").await;
        assert_eq!(title(conn, way).await, ("a1".to_owned(), true), "{way}");
        retitle(conn, 1, way).await;
        assert_eq!(title(conn, way).await, (way.to_owned(), false));
        assert_eq!(title(conn, way).await, (way.to_owned(), true));
    }
}

#[tokio::test]
async fn a_transaction_reads_what_it_wrote_by_a_read_that_is_known() {
    let mut shop = Shop::open().await;
    for _ in 0..2 {
        of_category("rust").load::<Article>(&mut shop.conn).await.unwrap();
    }
    let read = shop.conn.transaction(async |conn| {
        retitle(conn, 1, "within").await;
        of_category("rust").load::<Article>(conn).await
    });
    assert_eq!(read.await.unwrap()[0].title, "within");
}

#[derive(QueryableByName)]
struct Prepared {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many UPDATEs the server has prepared for this connection.
async fn prepared(conn: &mut Conn) -> i64 {
    let count = "SELECT count(*) AS count FROM pg_prepared_statements WHERE statement LIKE 'UPDATE%'";
    diesel::sql_query(count).get_result::<Prepared>(conn).await.unwrap().count
}

#[tokio::test]
async fn a_write_that_returns_rows_works_on_when_their_type_has_changed() -> Result<(), DieselError> {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    for (number, title) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let update = diesel::update(article::table.find(2)).set(article::title.eq(title));
        assert_eq!(update.returning(article::title).get_result::<String>(conn).await?, title);
        let migration = format!("ALTER TABLE article ALTER title TYPE varchar({})", 100 + number);
        connect(&shop.url, &shop.cache).await.batch_execute(&migration).await?;
    }
    assert_eq!(prepared(conn).await, 0);
    Ok(())
}

#[tokio::test]
async fn a_write_whose_text_comes_again_is_prepared_once() -> Result<(), DieselError> {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    for (number, title) in ["a", "b", "c", "d"].into_iter().enumerate() {
        retitle(conn, 1, title).await;
        assert_eq!(article::table.find(1).select(article::title).first::<String>(conn).await?, title);
        assert_eq!(prepared(conn).await, i64::from(number > 0));
    }
    conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    for views in 1..4 {
        diesel::update(article::table.find(1)).set(article::views.eq(views)).execute(conn).await?;
    }
    assert_eq!(prepared(conn).await, 0, "none is kept");
    Ok(())
}
/// Each lies in the task of whoever awaits it, and in every future around it.
#[tokio::test]
async fn the_futures_of_statements_are_small() {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    assert!(size_of_val(&conn.batch_execute("SELECT 1")) < 8_000);
    assert!(size_of_val(&conn.cached_query("1").run(async |conn| retitle_one(conn).await)) < 8_000);
    assert!(size_of_val(&conn.transaction(retitle_one)) < 16_000);
}

async fn retitle_one(conn: &mut Conn) -> QueryResult<usize> {
    diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(conn).await
}
