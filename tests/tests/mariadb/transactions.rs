//! Transactions that end by themselves, and tables that know none.

use std::time::Duration;

use cache_seaorm::{Cache, CachedConnection, Policy};
use cache_tests::backend::Pool;
use cache_tests::case::{Case, read};
use cache_tests::servers::MariaDb;
use cache_tests::subject::Source;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, TransactionTrait};

use crate::{ARTICLES, SCOPES, pooled};

const LIST: &str = "SELECT id, title FROM article WHERE category = 'r'";
const CHANGE: &str = "UPDATE article SET title = 'new' WHERE id = 1";

async fn articles() -> Case {
    pooled(ARTICLES, SCOPES, Pool::Several(3)).await
}

#[tokio::test]
async fn what_a_statement_commits_by_itself_is_seen_at_once() {
    for commits in [
        "CREATE TABLE other (id INT)",
        "ALTER TABLE article COMMENT = 'x'",
        "SET STATEMENT lock_wait_timeout = 1 FOR ALTER TABLE article COMMENT = 'x'",
        "SET STATEMENT lock_wait_timeout = 1 FOR BEGIN",
        "START TRANSACTION",
        "BEGIN",
        "COMMIT AND CHAIN",
        "TRUNCATE TABLE other_one",
        "LOCK TABLES article WRITE",
        "ANALYZE TABLE article",
        "FLUSH TABLES",
        "GRANT SELECT ON *.* TO PUBLIC",
    ] {
        let case = articles().await;
        case.write("CREATE TABLE other_one (id INT)").await;
        case.warm(&read(LIST)).await;
        let transaction = case.connection().begin().await.unwrap();
        transaction.execute_unprepared(CHANGE).await.unwrap();
        let _ = transaction.execute_unprepared(commits).await;
        if commits.starts_with("LOCK") {
            transaction.execute_unprepared("UNLOCK TABLES").await.unwrap();
        }
        case.fresh(&read(LIST)).await;
        // What follows is committed one by one, unless the statement began a transaction.
        transaction.execute_unprepared("UPDATE article SET title = 'later' WHERE id = 3").await.unwrap();
        case.fresh(&read(LIST)).await;
        let _ = transaction.rollback().await;
        case.fresh(&read(LIST)).await;
    }
}

#[tokio::test]
async fn tables_without_transactions_are_seen_at_once_and_after_a_rollback() {
    let case = articles().await;
    case.write("CREATE TABLE plain (id INT PRIMARY KEY, n INT) ENGINE = MyISAM").await;
    case.write("INSERT INTO plain VALUES (1, 1)").await;
    let count = read("SELECT n FROM plain WHERE id = 1");
    case.warm(&count).await;
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared("UPDATE plain SET n = 2 WHERE id = 1").await.unwrap();
    case.fresh(&count).await;
    case.warm(&count).await;
    transaction.execute_unprepared("UPDATE plain SET n = 3 WHERE id = 1").await.unwrap();
    transaction.rollback().await.unwrap();
    case.fresh(&count).await;
}

/// A refused statement is taken back, in a transaction too; what it wrote in a table without transactions stays.
#[tokio::test]
async fn a_refused_statement_ends_nothing_where_it_is_taken_back() {
    let case = articles().await;
    let refused = [
        "INSERT INTO article (id, category, title) VALUES (9, 'r', 'nine'), (1, 'r', 'there')",
        "UPDATE article SET id = 2 WHERE id = 1",
        "UPDATE article SET views = -1",
    ];
    for write in refused {
        case.warm(&read(LIST)).await;
        assert!(case.try_write(write).await.is_err(), "{write}");
        assert_eq!(case.fresh(&read(LIST)).await.1, Source::Hit, "{write}");
        let transaction = case.connection().begin().await.unwrap();
        assert!(transaction.execute_unprepared(write).await.is_err(), "{write}");
        transaction.execute_unprepared("UPDATE article SET title = 'other' WHERE id = 2").await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(case.fresh(&read(LIST)).await.1, Source::Hit, "{write}");
    }
    case.write("ALTER TABLE article ENGINE = MyISAM").await;
    case.warm(&read(LIST)).await;
    assert!(case.try_write(refused[0]).await.is_err());
    assert_eq!(case.fresh(&read(LIST)).await.1, Source::Miss);
}

#[tokio::test]
async fn a_rollback_of_rows_alone_ends_nothing() {
    let case = articles().await;
    case.warm(&read(LIST)).await;
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared(CHANGE).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(case.fresh(&read(LIST)).await.1, Source::Hit);
    let transaction = case.connection().begin().await.unwrap();
    let savepoint = transaction.begin().await.unwrap();
    savepoint.execute_unprepared(CHANGE).await.unwrap();
    savepoint.rollback().await.unwrap();
    transaction.execute_unprepared("UPDATE article SET title = 'x' WHERE id = 2").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(case.fresh(&read(LIST)).await.1, Source::Hit);
}

#[tokio::test]
async fn a_deadlock_ends_the_transaction_and_loses_no_write() {
    let case = articles().await;
    case.warm(&read(LIST)).await;
    let (one, other) = (case.connection().begin().await.unwrap(), case.connection().begin().await.unwrap());
    one.execute_unprepared("UPDATE article SET title = 'one' WHERE id = 1").await.unwrap();
    other.execute_unprepared("UPDATE article SET title = 'other' WHERE id = 3").await.unwrap();
    let blocked = one.execute_unprepared("UPDATE article SET category = 'b' WHERE id = 3");
    let closes = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        other.execute_unprepared("UPDATE article SET category = 'b' WHERE id = 1").await
    };
    let (first, second) = tokio::join!(blocked, closes);
    assert!(first.is_err() != second.is_err(), "one of them is the victim: {first:?} {second:?}");
    let (victim, winner) = if first.is_err() { (one, other) } else { (other, one) };
    winner.rollback().await.unwrap();
    // The victim's transaction is gone: this is committed at once.
    victim.execute_unprepared("UPDATE article SET title = 'alone' WHERE id = 1").await.unwrap();
    case.fresh(&read(LIST)).await;
    let _ = victim.rollback().await;
    case.fresh(&read(LIST)).await;
}

#[tokio::test]
async fn transaction_control_by_hand_is_seen() {
    for script in [
        &["BEGIN", CHANGE, "COMMIT"][..],
        &["START TRANSACTION", CHANGE, "ROLLBACK"],
        &["BEGIN", CHANGE, "BEGIN", "ROLLBACK"],
        &[
            "BEGIN",
            CHANGE,
            "SAVEPOINT s",
            "UPDATE article SET title = 'x' WHERE id = 3",
            "ROLLBACK TO s",
            "COMMIT",
        ],
        &["BEGIN; UPDATE article SET title = 'new' WHERE id = 1; COMMIT"],
        &["XA START 'a'", CHANGE, "XA END 'a'", "XA PREPARE 'a'", "XA COMMIT 'a'"],
    ] {
        let case = pooled(ARTICLES, SCOPES, Pool::One).await;
        case.warm(&read(LIST)).await;
        for statement in script {
            case.write(statement).await;
            if !script[0].starts_with("XA") {
                case.fresh(&read(LIST)).await;
            }
        }
        case.fresh(&read(LIST)).await;
    }
}

#[tokio::test]
async fn moves_look_at_the_row_that_they_change_and_writers_do_not_come_between() {
    let case = articles().await;
    for polls in 0..8 {
        case.warm(&read("SELECT count(*) FROM article WHERE category = 'r'")).await;
        let moves = (0..4).map(|id| {
            let connection = case.connection().clone();
            let category = if (id + polls) % 2 == 0 { "r" } else { "g" };
            async move {
                connection
                    .execute_unprepared(&format!(
                        "UPDATE article SET category = '{category}' WHERE id = {}",
                        id + 1
                    ))
                    .await
                    .unwrap();
            }
        });
        futures_util::future::join_all(moves).await;
        case.fresh(&read("SELECT count(*) FROM article WHERE category = 'r'")).await;
        case.fresh(&read(LIST)).await;
    }
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared("UPDATE article SET category = 'b' WHERE id = 1").await.unwrap();
    case.warm(&read("SELECT count(*) FROM article WHERE category = 'z'")).await;
    transaction.commit().await.unwrap();
    assert_eq!(case.fresh(&read("SELECT count(*) FROM article WHERE category = 'z'")).await.1, Source::Hit);
}

/// Another writer may come between the look and the write: what a row was is not known.
#[tokio::test]
async fn rows_of_tables_without_transactions_are_not_believed_to_stay_until_they_are_written() {
    let case = articles().await;
    for engine in ["MyISAM", "Aria"] {
        case.write(&format!("ALTER TABLE article ENGINE = {engine}")).await;
        case.write("UPDATE article SET category = 'r' WHERE id = 1").await;
        let count = read("SELECT count(*) FROM article WHERE category = 'b'");
        case.warm(&count).await;
        case.write("UPDATE article SET category = 'z' WHERE id = 1").await;
        assert_eq!(case.fresh(&count).await.1, Source::Miss, "{engine}");
    }
}

/// Nobody has followed what the transaction wrote before.
#[tokio::test]
async fn what_commits_by_itself_a_transaction_that_was_begun_by_hand_ends_what_that_wrote() {
    let server = MariaDb::shared();
    let url = server.url(&server.database());
    let cache = Cache::from_url("memory://?private").unwrap();
    let connect = async || {
        let mut options = ConnectOptions::new(&url);
        options.max_connections(1).sqlx_logging(false);
        CachedConnection::new(Database::connect(options).await.unwrap(), cache.clone()).await.unwrap()
    };
    let (db, other) = (connect().await, connect().await);
    db.execute_unprepared(ARTICLES).await.unwrap();
    db.execute_unprepared("CREATE TABLE other_one (id INT PRIMARY KEY)").await.unwrap();
    let (text, policy) = (read("SELECT title FROM article WHERE id = 1"), Policy::new());
    for commits in ["TRUNCATE TABLE other_one", "ANALYZE TABLE other_one"] {
        let cached = async || text.run_cached(&other, &policy).await.unwrap().to_string();
        db.execute_unprepared("BEGIN").await.unwrap();
        let write = format!("UPDATE article SET title = '{}' WHERE id = 1", commits.len());
        db.execute_unprepared(&write).await.unwrap();
        cached().await;
        db.execute_unprepared(commits).await.unwrap();
        assert_eq!(cached().await, text.run_on(other.untracked()).await.unwrap().to_string(), "{commits}");
        db.execute_unprepared("ROLLBACK").await.unwrap();
    }
}

/// What it reads is as old as its snapshot, and may be rolled back.
#[tokio::test]
async fn a_transaction_that_was_begun_by_hand_keeps_nothing() {
    let server = MariaDb::shared();
    let url = server.url(&server.database());
    let cache = Cache::from_url("memory://?private").unwrap();
    let connect = async || {
        let mut options = ConnectOptions::new(&url);
        options.max_connections(1).sqlx_logging(false);
        CachedConnection::new(Database::connect(options).await.unwrap(), cache.clone()).await.unwrap()
    };
    let (db, other) = (connect().await, connect().await);
    db.execute_unprepared(ARTICLES).await.unwrap();
    let (text, policy) = (read("SELECT title FROM article WHERE id = 1"), Policy::new());
    for (begin, end) in [
        ("START TRANSACTION WITH CONSISTENT SNAPSHOT", &["COMMIT"][..]),
        ("BEGIN", &["ROLLBACK"]),
        ("XA START 'a'", &["XA END 'a'", "XA ROLLBACK 'a'"]),
    ] {
        let cached = async |db: &CachedConnection| text.run_cached(db, &policy).await.unwrap().to_string();
        db.execute_unprepared(begin).await.unwrap();
        cached(&db).await;
        other
            .execute_unprepared(&format!("UPDATE article SET title = '{}' WHERE id = 1", begin.len()))
            .await
            .unwrap();
        cached(&db).await;
        let truth = text.run_on(other.untracked()).await.unwrap().to_string();
        assert_eq!(cached(&other).await, truth, "{begin}");
        for end in end {
            db.execute_unprepared(end).await.unwrap();
        }
        assert_eq!(cached(&db).await, truth, "{end:?}");
        let hits = cache.stats().hits;
        assert_eq!(cached(&db).await, truth);
        assert!(cache.stats().hits > hits, "what is read afterwards is kept: {end:?}");
    }
}
