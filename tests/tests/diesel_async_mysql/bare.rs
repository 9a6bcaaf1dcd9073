//! What a bare connection does, for which the wrapper has to be prepared.

use cache_diesel::AsyncCacheExt;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::cancelled::cancel_when_blocked;
use crate::database::Bare;
use crate::shop::{Conn, Shop, article, until};

/// What a caller who went away has sent is run all the same, and its answer comes later: a connection that is used again
/// has to wait for it first.
#[tokio::test]
async fn a_statement_that_was_abandoned_on_a_bare_connection_is_made_later() {
    let shop = Shop::open().await;
    let (mut blocker, mut bare) = (shop.bare().await, shop.bare().await);
    blocker.batch_execute("BEGIN; SELECT id FROM article WHERE id = 1 FOR UPDATE").await.unwrap();
    let update = diesel::update(article::table.find(1)).set(article::title.eq("late"));
    cancel_when_blocked(&shop.url, update.execute(&mut bare)).await;
    blocker.batch_execute("ROLLBACK").await.unwrap();
    let title = article::table.find(1).select(article::title);
    until("it is made", async || title.get_result::<String>(&mut blocker).await.unwrap() == "late").await;
    // Whether it can be used at all is not promised to us.
    let _ = article::table.count().get_result::<i64>(&mut bare).await;
}

/// Such a connection tells how many rows have changed, not how many it has found; triggers run for both.
#[tokio::test]
async fn a_connection_that_was_made_by_hand_and_counts_otherwise_leaves_nothing_stale() {
    let shop = Shop::open().await;
    let log = "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, n INT);
        CREATE TRIGGER noted AFTER UPDATE ON article FOR EACH ROW INSERT INTO log (n) VALUES (1)";
    shop.bare().await.batch_execute(log).await.unwrap();
    let by_hand = mysql_async::Conn::from_url(&shop.url).await.unwrap();
    let by_hand = Bare::try_from(by_hand).await.unwrap();
    let mut conn = Conn::new(by_hand, shop.cache.clone()).await.unwrap();
    let count = async |conn: &mut Conn| {
        let count = diesel::dsl::sql::<BigInt>("SELECT count(*) FROM log").cached();
        count.get_result::<i64>(conn).await.unwrap()
    };
    assert_eq!((count(&mut conn).await, count(&mut conn).await), (0, 0));
    let same = diesel::update(article::table.find(1)).set(article::title.eq("a1"));
    assert_eq!(same.execute(&mut conn).await, Ok(0));
    assert_eq!(count(&mut conn).await, 1);
}
