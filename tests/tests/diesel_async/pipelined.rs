//! Statements of one connection that are on their way at once.

use std::pin::pin;

use cache_diesel::{AsyncCacheExt, BeforeImages};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::{join, join3, try_join, try_join3};

use crate::cancelled::waiting;
use crate::shop::{ALL, Conn, Shop, article, bare, find, hits, until};

async fn set_title(mut conn: &Conn, id: i64, title: &str) -> QueryResult<usize> {
    diesel::update(article::table.find(id)).set(article::title.eq(title)).execute(&mut conn).await
}

async fn delete(mut conn: &Conn, id: i64) -> QueryResult<usize> {
    diesel::delete(article::table.find(id)).execute(&mut conn).await
}

async fn title(mut conn: &Conn, id: i64) -> QueryResult<String> {
    article::table.find(id).select(article::title).get_result(&mut conn).await
}

#[tokio::test]
async fn each_has_its_own_result_and_each_write_is_published() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    hits(&mut reader).await;
    let conn = &shop.conn;
    let written = try_join3(set_title(conn, 1, "one"), title(conn, 4), set_title(conn, 2, "two"));
    assert_eq!(written.await.unwrap(), (1, "b2".to_owned(), 1));
    assert_eq!(hits(&mut reader).await, ["3", "sql"]);
    assert_eq!(find(&mut reader, 1).await.unwrap().title, "one");

    let failing = diesel::sql_query("SELECT 1 / 0");
    let (failed, written) = join(failing.execute(&mut &shop.conn), set_title(&shop.conn, 3, "three")).await;
    assert!(failed.is_err());
    assert_eq!(written, Ok(1));
    assert_eq!(find(&mut shop.conn, 3).await.unwrap().title, "three");
}

#[tokio::test]
async fn what_is_awaited_at_once_is_sent_at_once_and_leaves_nothing_stale_if_it_is_cancelled() {
    let mut shop = Shop::open().await;
    // One that looks before it takes a transaction, and is alone.
    shop.conn.set_before_images(BeforeImages::Never);
    let mut reader = shop.connect().await;
    let mut blocker = shop.bare().await;
    // A statement is sent at once if it need not be prepared before.
    assert_eq!(try_join(delete(&shop.conn, 77), delete(&shop.conn, 78)).await, Ok((0, 0)));
    blocker.batch_execute("BEGIN; SELECT FROM article WHERE id = 1 FOR UPDATE").await.unwrap();
    {
        let mut both = pin!(join(delete(&shop.conn, 1), delete(&shop.conn, 3)));
        let mut watcher = bare(&shop.url).await;
        let blocked = until("the first waits for its lock", async || waiting(&mut watcher).await > 0);
        tokio::select! {
            biased;
            _ = &mut both => panic!("it was to be blocked"),
            () = blocked => {}
        }
    }
    hits(&mut reader).await;
    assert_eq!(hits(&mut reader).await, ALL);
    blocker.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(title(&shop.conn, 2).await.unwrap(), "a2");
    let left: Vec<i64> =
        article::table.select(article::id).order(article::id).load(&mut blocker).await.unwrap();
    assert_eq!(left, [2, 4], "both were sent");
    for id in [1, 3] {
        assert_eq!(find(&mut reader, id).await, None);
    }
}

#[tokio::test]
async fn a_transaction_takes_in_what_comes_after_its_beginning_and_nothing_before() {
    let shop = Shop::open().await;
    let mut reader = shop.connect().await;
    hits(&mut reader).await;
    {
        let (mut begin, mut commit) = (&shop.conn, &shop.conn);
        let before = join3(
            set_title(&shop.conn, 1, "before"),
            begin.batch_execute("BEGIN"),
            set_title(&shop.conn, 3, "in it"),
        );
        let (before, begun, inside) = before.await;
        assert_eq!((before, begun, inside), (Ok(1), Ok(()), Ok(1)));
        assert_eq!(hits(&mut reader).await, ["3", "sql"], "nothing of it before COMMIT");
        let (committed, after) =
            join(commit.batch_execute("COMMIT"), set_title(&shop.conn, 4, "after")).await;
        assert_eq!((committed, after), (Ok(()), Ok(1)));
    }
    assert_eq!(find(&mut reader, 3).await.unwrap().title, "in it");
    assert_eq!(hits(&mut reader).await, ["1", "3", "rust"]);
}

#[tokio::test]
async fn in_a_transaction_writes_are_owed_at_its_commit() {
    let mut shop = Shop::open().await;
    let mut reader = shop.connect().await;
    hits(&mut reader).await;
    let committed = shop.conn.transaction(async |conn| {
        try_join(set_title(conn, 1, "x"), set_title(conn, 3, "y")).await?;
        assert_eq!(hits(&mut reader).await, ALL);
        Ok::<_, DieselError>(())
    });
    committed.await.unwrap();
    assert_eq!(hits(&mut reader).await, [""; 0]);
}

#[tokio::test]
async fn a_schema_change_is_known_to_what_comes_after_it() {
    let mut shop = Shop::open().await;
    shop.conn.batch_execute("CREATE TABLE log (n int); INSERT INTO log VALUES (0)").await.unwrap();
    let count = diesel::sql_query("SELECT count(*) AS count FROM log");
    let logged = async |conn: &mut Conn| {
        count.clone().cached().load::<Count>(conn).await.unwrap().pop().map(|row| row.count)
    };
    assert_eq!(logged(&mut shop.conn).await, Some(1));
    let mut change = &shop.conn;
    let trigger = "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO log VALUES (1); RETURN NEW; END $$;
        CREATE TRIGGER noted AFTER UPDATE ON article FOR EACH ROW EXECUTE FUNCTION note();";
    try_join(change.batch_execute(trigger), set_title(&shop.conn, 1, "x")).await.map(drop).unwrap();
    assert_eq!(logged(&mut shop.conn).await, Some(2));
}

#[derive(Clone, QueryableByName, serde::Serialize, serde::Deserialize)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}
