//! Why each statement runs in a task of its own.

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::cancelled::cancel_when_blocked;
use crate::shop::{Shop, article, until};

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
