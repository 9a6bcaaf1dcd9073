//! Nothing is published before COMMIT, and nothing after a rollback, however it is said.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::result::Error;

use crate::shop::*;

fn retitle(conn: &mut impl ConnectionOf, id: i64, title: &str) -> QueryResult<usize> {
    conn.retitle(id, title)
}

/// The same write on wrapped and bare connections.
trait ConnectionOf {
    fn retitle(&mut self, id: i64, title: &str) -> QueryResult<usize>;
}

macro_rules! connection_of {
    ($($connection:ty),*) => {$(
        impl ConnectionOf for $connection {
            fn retitle(&mut self, id: i64, title: &str) -> QueryResult<usize> {
                diesel::update(article::table.find(id)).set(article::title.eq(title)).execute(self)
            }
        }
    )*};
}

connection_of!(Conn, SqliteConnection);

#[test]
fn a_commit_publishes_and_nothing_before() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    find(&mut other, 1);
    shop.conn
        .transaction::<_, Error, _>(|conn| {
            retitle(conn, 1, "committed")?;
            assert!(is_hit(&mut other, |conn| assert_eq!(find(conn, 1).unwrap().title, "a1")));
            // It sees its own write, and leaves nothing in the cache.
            assert_eq!(find(conn, 1).unwrap().title, "committed");
            assert!(is_hit(&mut other, |conn| assert_eq!(find(conn, 1).unwrap().title, "a1")));
            Ok(())
        })
        .unwrap();
    assert_eq!(find(&mut other, 1).unwrap().title, "committed");
}

#[test]
fn a_rollback_publishes_nothing() {
    let mut shop = Shop::open();
    let touched = shop.survivors(|conn| {
        let rolled_back: Result<(), Error> = conn.transaction(|conn| {
            retitle(conn, 1, "no")?;
            Err(Error::RollbackTransaction)
        });
        assert_eq!(rolled_back, Err(Error::RollbackTransaction));
    });
    assert_eq!(touched, ALL);
    let touched = shop.survivors(|conn| {
        conn.test_transaction::<_, Error, _>(|conn| retitle(conn, 1, "no"));
    });
    assert_eq!(touched, ALL);
}

#[test]
fn savepoints_publish_with_the_outermost_commit_and_rolled_back_ones_do_not() {
    let mut shop = Shop::open();
    let touched = shop.survivors(|conn| {
        conn.transaction::<_, Error, _>(|conn| {
            retitle(conn, 3, "outer")?;
            let inner: Result<(), Error> = conn.transaction(|conn| {
                retitle(conn, 1, "inner")?;
                Err(Error::RollbackTransaction)
            });
            assert!(inner.is_err());
            conn.transaction(|conn| retitle(conn, 4, "released"))
        })
        .unwrap();
    });
    assert_eq!(touched, ["rust", "1", "published rust"]);
    let touched = shop.survivors(|conn| {
        let outer: Result<(), Error> = conn.transaction(|conn| {
            conn.transaction::<_, Error, _>(|conn| retitle(conn, 1, "released"))?;
            Err(Error::RollbackTransaction)
        });
        assert!(outer.is_err());
    });
    assert_eq!(touched, ALL);
}

#[test]
fn transactions_that_begin_in_other_words_are_transactions() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    type Begin = fn(&mut Conn, &mut dyn FnMut(&mut Conn) -> QueryResult<()>) -> QueryResult<()>;
    let begins: [Begin; 3] = [
        |conn, run| conn.immediate_transaction(|conn| run(conn)),
        |conn, run| conn.exclusive_transaction(|conn| run(conn)),
        |conn, run| {
            conn.batch_execute("BEGIN")?;
            run(conn)?;
            diesel::sql_query("COMMIT").execute(conn).map(drop)
        },
    ];
    for (index, begin) in begins.into_iter().enumerate() {
        let title = format!("title {index}");
        find(&mut shop.conn, 1);
        begin(&mut shop.conn, &mut |conn| {
            retitle(conn, 1, &title)?;
            let hits = conn.cache().unwrap().stats().hits;
            assert_eq!(find(conn, 1).unwrap().title, title);
            assert_eq!(conn.cache().unwrap().stats().hits, hits);
            Ok(())
        })
        .unwrap();
        assert_eq!(find(&mut other, 1).unwrap().title, title);
    }
}

#[test]
fn a_commit_that_the_database_refuses_is_published_and_repeated() {
    let mut shop = Shop::open();
    shop.conn.batch_execute("PRAGMA busy_timeout = 1").unwrap();
    let mut other = shop.connect();
    find(&mut other, 1);
    // A reader that keeps COMMIT from having the file for itself.
    let mut reader = shop.bare();
    reader.batch_execute("BEGIN").unwrap();
    article::table.count().get_result::<i64>(&mut reader).unwrap();
    shop.conn.batch_execute("BEGIN").unwrap();
    retitle(&mut shop.conn, 1, "late").unwrap();
    assert!(shop.conn.batch_execute("COMMIT").unwrap_err().to_string().contains("locked"));
    reader.batch_execute("COMMIT").unwrap();
    shop.conn.batch_execute("COMMIT").unwrap();
    assert_eq!(find(&mut other, 1).unwrap().title, "late");
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(find(conn, 1).unwrap().title, "late")));
}

#[test]
fn a_statement_that_ends_the_transaction_by_itself_leaves_nothing_stale() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    shop.conn.batch_execute("BEGIN").unwrap();
    retitle(&mut shop.conn, 3, "undone").unwrap();
    let refused = "INSERT OR ROLLBACK INTO article SELECT * FROM article WHERE id = 1";
    shop.conn.batch_execute(refused).unwrap_err();
    // In autocommit now, whatever was said before.
    find(&mut other, 1);
    retitle(&mut shop.conn, 1, "at once").unwrap();
    assert_eq!(find(&mut other, 1).unwrap().title, "at once");
    assert_eq!(find(&mut other, 3).unwrap().title, "b1");
    shop.conn.batch_execute("ROLLBACK").unwrap_err();
    assert_eq!(find(&mut other, 1).unwrap().title, "at once");
}

#[test]
fn a_panic_in_a_transaction_publishes_nothing_and_the_connection_is_broken() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    find(&mut other, 1);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        shop.conn.transaction::<(), Error, _>(|conn| {
            retitle(conn, 1, "lost")?;
            panic!("on purpose");
        })
    }));
    assert!(panic.is_err());
    assert!(AnsiTransactionManager::is_broken_transaction_manager(&mut shop.conn));
    drop(shop.conn);
    assert!(is_hit(&mut other, |conn| assert_eq!(find(conn, 1).unwrap().title, "a1")));
}
