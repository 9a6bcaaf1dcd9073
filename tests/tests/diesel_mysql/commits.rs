//! Nothing is published before COMMIT and nothing after a rollback, however the one or the other comes about.

use std::time::{Duration, Instant};

use cache_diesel::{Cache, CachedConnection};
use cache_tests::servers::RedisServer;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Unsigned;

use crate::shop::*;
use crate::writes::check;

fn retitle(conn: &mut Conn, id: i64, title: &str) -> QueryResult<usize> {
    diesel::update(article::table.find(id)).set(article::title.eq(title)).execute(conn)
}

fn hits(conn: &mut Conn) -> Vec<&'static str> {
    READS.iter().filter(|(_, read)| is_hit(conn, *read)).map(|(name, _)| *name).collect()
}

#[test]
fn a_commit_publishes_and_nothing_before() {
    let mut shop = Shop::open();
    let mut reader = shop.connect();
    hits(&mut reader);
    shop.conn
        .transaction::<_, Error, _>(|conn| {
            retitle(conn, 1, "committed")?;
            let inner: Result<(), Error> = conn.transaction(|conn| {
                retitle(conn, 3, "undone")?;
                Err(Error::RollbackTransaction)
            });
            assert!(inner.is_err());
            assert_eq!(hits(&mut reader), ALL);
            assert_eq!(find(conn, 1).unwrap().title, "committed", "it sees its own write");
            Ok(())
        })
        .unwrap();
    assert_eq!(hits(&mut reader), ["sql", "3", "published rust"]);
    let rolled_back = shop.conn.transaction::<(), Error, _>(|conn| {
        retitle(conn, 1, "no")?;
        Err(Error::RollbackTransaction)
    });
    assert!(rolled_back.is_err());
    shop.conn.test_transaction::<_, Error, _>(|conn| retitle(conn, 1, "test"));
    assert_eq!(hits(&mut reader), ALL);
    check(&mut shop);
}

#[test]
fn what_is_prepared_is_seen_when_another_session_commits_it() {
    let mut shop = Shop::open();
    check(&mut shop);
    let mut writer = shop.connect();
    writer.batch_execute("XA START 'shop'").unwrap();
    retitle(&mut writer, 1, "prepared").unwrap();
    writer.batch_execute("XA END 'shop'").unwrap();
    writer.batch_execute("XA PREPARE 'shop'").unwrap();
    check(&mut shop);
    drop(writer);
    check(&mut shop);
    // Another session has it when the server has noticed that its own is gone.
    let deadline = Instant::now() + Duration::from_secs(20);
    while shop.conn.batch_execute("XA COMMIT 'shop'").is_err() {
        assert!(Instant::now() < deadline);
    }
    check(&mut shop);
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "prepared");
}

#[test]
fn what_a_statement_commits_by_itself_is_seen_at_once() {
    for commits in [
        "CREATE TABLE other (id INT)",
        "ALTER TABLE article COMMENT = 'x'",
        "START TRANSACTION",
        "BEGIN",
        "COMMIT AND CHAIN",
        "TRUNCATE TABLE tag",
        "ANALYZE TABLE article",
        "FLUSH TABLES",
        "SET autocommit = 1",
        "BEGIN NOT ATOMIC UPDATE article SET views = 3 WHERE id = 1; COMMIT; END",
    ] {
        let mut shop = Shop::open();
        shop.conn.batch_execute("CREATE TABLE tag (id INT)").unwrap();
        check(&mut shop);
        let mut writer = shop.connect();
        let ended = writer.transaction::<(), Error, _>(|conn| {
            retitle(conn, 1, "implicit")?;
            conn.batch_execute(commits)?;
            check(&mut shop);
            retitle(conn, 3, "later")?;
            check(&mut shop);
            Err(Error::RollbackTransaction)
        });
        assert_eq!(ended, Err(Error::RollbackTransaction), "{commits}");
        check(&mut shop);
    }
}

#[test]
fn transaction_control_by_hand_is_followed() {
    for script in [
        &["BEGIN", "UPDATE article SET title = 'x' WHERE id = 1", "COMMIT"][..],
        &["START TRANSACTION", "UPDATE article SET title = 'x' WHERE id = 1", "ROLLBACK"],
        &["BEGIN", "UPDATE article SET title = 'x' WHERE id = 1", "BEGIN", "ROLLBACK"],
        &[
            "BEGIN",
            "UPDATE article SET title = 'x' WHERE id = 1",
            "SAVEPOINT s",
            "UPDATE article SET title = 'y' WHERE id = 3",
            "ROLLBACK TO s",
            "COMMIT",
        ],
        &["BEGIN; UPDATE article SET title = 'x' WHERE id = 1; COMMIT"],
    ] {
        let mut shop = Shop::open();
        let mut writer = shop.connect();
        for sql in script {
            check(&mut shop);
            writer.batch_execute(sql).unwrap();
            check(&mut shop);
        }
    }
}

#[test]
fn tables_without_transactions_are_seen_at_once_and_after_a_rollback() {
    let mut shop = Shop::open();
    shop.conn
        .batch_execute(
            "ALTER TABLE article DROP FOREIGN KEY article_ibfk_1; ALTER TABLE article ENGINE = MyISAM",
        )
        .unwrap();
    check(&mut shop);
    let mut writer = shop.connect();
    let ended = writer.transaction::<(), Error, _>(|conn| {
        retitle(conn, 1, "at once")?;
        check(&mut shop);
        retitle(conn, 3, "for ever")?;
        Err(Error::RollbackTransaction)
    });
    assert!(ended.is_err());
    check(&mut shop);
    assert_eq!(find(&mut shop.conn, 3).unwrap().title, "for ever");
}

/// Two connections that wait for each other: the server ends the transaction of one.
#[test]
fn a_deadlock_ends_the_transaction_and_leaves_nothing_stale() {
    let mut shop = Shop::open();
    check(&mut shop);
    let (mut one, mut other) = (shop.connect(), shop.connect());
    one.batch_execute("BEGIN").unwrap();
    other.batch_execute("BEGIN").unwrap();
    retitle(&mut one, 1, "one").unwrap();
    retitle(&mut other, 3, "other").unwrap();
    let (one, other) = std::thread::scope(|scope| {
        let waits = scope.spawn(move || (retitle(&mut one, 3, "one"), one));
        let closes = retitle(&mut other, 1, "other");
        (waits.join().unwrap(), (closes, other))
    });
    let is_deadlock = |result: &QueryResult<usize>| {
        matches!(result, Err(Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _)))
    };
    assert!(is_deadlock(&one.0) != is_deadlock(&other.0), "{:?} {:?}", one.0, other.0);
    let (mut victim, mut winner) = if one.0.is_err() { (one.1, other.1) } else { (other.1, one.1) };
    winner.batch_execute("ROLLBACK").unwrap();
    check(&mut shop);
    // Its transaction is gone: this is committed at once.
    diesel::sql_query("UPDATE article SET title = 'alone' WHERE id = 1").execute(&mut victim).unwrap();
    check(&mut shop);
    victim.batch_execute("ROLLBACK").unwrap();
    check(&mut shop);
}

/// A read waits as well as a write does.
#[test]
fn a_read_that_is_the_victim_of_a_deadlock_leaves_nothing_stale() {
    for is_tracked in [false, true] {
        let mut shop = Shop::open();
        check(&mut shop);
        let mut one = shop.connect();
        let mut other = shop.connect();
        one.batch_execute("BEGIN").unwrap();
        other.batch_execute("BEGIN").unwrap();
        retitle(&mut one, 1, "one").unwrap();
        // The server ends the transaction that has changed less.
        diesel::update(article::table.filter(article::id.gt(1)))
            .set(article::views.eq(7))
            .execute(&mut other)
            .unwrap();
        let read = move |conn: &mut Conn| article::table.find(3).for_update().first::<Article>(conn);
        let (one, other) = std::thread::scope(|scope| {
            let waits = scope.spawn(move || {
                let read = if is_tracked { one.cached_query("locks").run(read) } else { read(&mut one) };
                (read, one)
            });
            let closes = retitle(&mut other, 1, "other");
            (waits.join().unwrap(), (closes, other))
        });
        assert!(
            matches!(one.0, Err(Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _))),
            "{:?}",
            one.0
        );
        let (mut victim, mut winner) = (one.1, other.1);
        winner.batch_execute("ROLLBACK").unwrap();
        check(&mut shop);
        retitle(&mut victim, 1, "alone").unwrap();
        check(&mut shop);
        victim.batch_execute("ROLLBACK").unwrap();
        check(&mut shop);
        assert_eq!(find(&mut shop.conn, 1).unwrap().title, "alone");
    }
}

#[test]
fn what_is_rolled_back_after_a_savepoint_around_the_wrapper_is_nowhere() {
    let mut shop = Shop::open();
    check(&mut shop);
    let mut writer = shop.connect();
    let ended = writer.transaction::<(), Error, _>(|conn| {
        let title = diesel::update(article::table.find(1)).set(article::title.eq("inside"));
        conn.inner_mut().transaction(|inner| title.execute(inner))?;
        check(&mut shop);
        diesel::update(article::table.find(3)).set(article::category.eq("new")).execute(conn)?;
        check(&mut shop);
        Err(Error::RollbackTransaction)
    });
    assert_eq!(ended, Err(Error::RollbackTransaction));
    check(&mut shop);
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "a1");
    assert_eq!(by_category(&mut shop.conn, "new"), []);
}

#[test]
fn settings_that_are_refused_are_refused_of_every_connection() {
    let shop = Shop::open();
    for setting in [
        "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
        "SET autocommit = 0",
        "SET sql_auto_is_null = 1",
        "SET completion_type = 'CHAIN'",
    ] {
        let mut bare = shop.bare();
        bare.batch_execute(setting).unwrap();
        assert!(CachedConnection::new(bare, shop.cache.clone()).is_err(), "{setting}");
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Unsigned<diesel::sql_types::BigInt>)]
    id: u64,
}

#[test]
fn a_commit_whose_outcome_nobody_knows_leaves_nothing_stale() {
    let mut shop = Shop::open();
    check(&mut shop);
    let (mut writer, mut killer) = (shop.connect(), shop.bare());
    let ended = writer.transaction::<(), Error, _>(|conn| {
        let id =
            diesel::sql_query("SELECT CAST(CONNECTION_ID() AS UNSIGNED) AS id").get_result::<Number>(conn)?;
        retitle(conn, 1, "lost")?;
        killer.batch_execute(&format!("KILL {}", id.id))?;
        Ok(())
    });
    assert!(ended.is_err());
    assert!(AnsiTransactionManager::is_broken_transaction_manager(&mut writer));
    assert!(!hits(&mut shop.conn).contains(&"1"));
    check(&mut shop);
}

#[test]
fn a_panic_in_a_transaction_publishes_nothing_and_the_connection_is_broken() {
    let mut shop = Shop::open();
    let mut writer = shop.connect();
    hits(&mut shop.conn);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        writer.transaction::<(), Error, _>(|conn| {
            retitle(conn, 1, "lost")?;
            panic!("on purpose");
        })
    }));
    assert!(panic.is_err());
    assert!(AnsiTransactionManager::is_broken_transaction_manager(&mut writer));
    drop(writer);
    assert_eq!(hits(&mut shop.conn), ALL);
    check(&mut shop);
}

#[test]
fn a_commit_that_cannot_be_announced_is_rolled_back_if_the_user_says_so() {
    let server = RedisServer::start();
    let url = format!("redis://{}/0?prefix=shop&private&strict_writes&timeout=50ms", server.address());
    let mut shop = Shop::open_with(Cache::from_url(&url).unwrap());
    server.pause();
    let mut renamed = || {
        let renamed = shop.conn.transaction(|conn| conn.transaction(|conn| retitle(conn, 1, "strict")));
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut shop.conn);
        assert_eq!(status.transaction_depth(), Ok(None), "no transaction is left open");
        renamed
    };
    assert!(renamed().unwrap_err().to_string().contains("strict_writes"));
    server.resume();
    let deadline = Instant::now() + Duration::from_secs(30);
    while renamed().is_err() {
        assert!(Instant::now() < deadline, "it is never made");
    }
    check(&mut shop);
}
