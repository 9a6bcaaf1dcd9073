//! What is left in the cache when the database refuses.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::shop::*;

#[test]
fn a_block_that_swallows_the_failure_of_a_read_is_not_kept() {
    let mut shop = Shop::open();
    shop.conn.batch_execute("PRAGMA busy_timeout = 0").unwrap();
    let counted = |conn: &mut Conn| {
        let block = conn.cached_query("swallows").ttl(Duration::from_secs(60));
        block.run(|conn| Ok::<_, diesel::result::Error>(article::table.count().get_result(conn).unwrap_or(0)))
    };
    let listed = |conn: &mut Conn| {
        let block = conn.cached_query("iterates").ttl(Duration::from_secs(60));
        block.run(|conn| -> QueryResult<Vec<i64>> {
            let rows = article::table.select(article::id).order(article::id);
            let rows = rows.load_iter::<i64, diesel::connection::DefaultLoadingMode>(conn);
            Ok(rows.map(|rows| rows.filter_map(Result::ok).collect()).unwrap_or_default())
        })
    };
    let mut locking = shop.bare();
    locking.batch_execute("BEGIN EXCLUSIVE").unwrap();
    assert_eq!((counted(&mut shop.conn), listed(&mut shop.conn)), (Ok(0), Ok(vec![])));
    locking.batch_execute("ROLLBACK").unwrap();
    assert_eq!((counted(&mut shop.conn), listed(&mut shop.conn)), (Ok(4), Ok(vec![1, 2, 3, 4])));
}

#[test]
fn a_connection_goes_to_no_other_cache_while_its_transaction_is_open() {
    let mut shop = Shop::open();
    let mut reader = shop.connect();
    find(&mut reader, 1);
    shop.conn
        .transaction::<_, diesel::result::Error, _>(|conn| {
            diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(conn)?;
            let other = cache_diesel::Cache::from_url("memory://?private").unwrap();
            assert!(conn.attach(other).unwrap_err().to_string().contains("transaction"));
            find(&mut reader, 1);
            Ok(())
        })
        .unwrap();
    assert_eq!(find(&mut reader, 1).unwrap().title, "x");
}
