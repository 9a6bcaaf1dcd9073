//! Where a write becomes visible, and where it never does.

use cache_tests::backend::Backend;
use cache_tests::case::{Case, read, scopes};
use cache_tests::gate::Gate;
use cache_tests::scenario::{self, Verdict};
use cache_tests::subject::Source;
use cache_tests::world::Pool;
use sea_orm::{ConnectionTrait, TransactionTrait};

use crate::setups::{ARTICLES, LIBRARY};

const LIST: &str = "SELECT id, title FROM article WHERE category = 'r'";
const CHANGE: &str = "UPDATE article SET title = 'new' WHERE id = 1";

/// Whatever was cancelled or dropped held the only connection: this comes after it.
async fn settle(case: &Case) {
    case.connection().begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn what_is_rolled_back_invalidates_nothing() {
    let case = ARTICLES.open().await;
    case.warm(&read(LIST)).await;
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared(CHANGE).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(case.fresh(&read(LIST)).await.1, Source::Hit);

    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared(CHANGE).await.unwrap();
    drop(transaction);
    settle(&case).await;
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
async fn an_import_in_one_transaction_ends_no_entry_of_another_table() {
    let case = LIBRARY.open().await;
    let (authors, books) = (read("SELECT name FROM author"), read("SELECT title FROM book"));
    case.warm(&authors).await;
    case.warm(&books).await;
    let transaction = case.connection().begin().await.unwrap();
    for id in 10..2_000 {
        let insert = format!("INSERT INTO book VALUES ({id}, {id}, 'd')");
        transaction.execute_unprepared(&insert).await.unwrap();
    }
    transaction.commit().await.unwrap();
    assert_ne!(case.fresh(&books).await.1, Source::Hit);
    assert_eq!(case.fresh(&authors).await.1, Source::Hit);
}

#[tokio::test]
async fn an_open_transaction_is_seen_by_nobody_else() {
    let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT, title TEXT); INSERT INTO article VALUES (1, 'r', 't')";
    let case = Case::with_pool(setup, &[scopes("article", &[&["category"]])], Pool::Several(3)).await;
    let before = case.warm(&read(LIST)).await;
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared(CHANGE).await.unwrap();
    let (during, source) = case.fresh(&read(LIST)).await;
    assert_eq!((during, source), (before.clone(), Source::Hit));
    transaction.commit().await.unwrap();
    assert_ne!(case.fresh(&read(LIST)).await.0, before);
}

#[tokio::test]
async fn transaction_control_by_hand_is_seen() {
    for script in [
        &["SAVEPOINT s", CHANGE, "RELEASE s"][..],
        &["SAVEPOINT s", "SAVEPOINT t", CHANGE, "RELEASE t", "RELEASE s"],
        &["BEGIN", CHANGE, "COMMIT"],
        &["BEGIN IMMEDIATE", CHANGE, "END TRANSACTION"],
        &["begin; savepoint s", CHANGE, "rollback to s; release s; commit"],
        &["BEGIN", CHANGE, "ROLLBACK"],
        &["SAVEPOINT s", CHANGE, "ROLLBACK TO s", "RELEASE s"],
        &["BEGIN; UPDATE article SET title = 'new' WHERE id = 1", "COMMIT"],
        &["BEGIN", "UPDATE article SET category = 'g'; ROLLBACK"],
        &["BEGIN", CHANGE, "UPDATE article SET views = 1 WHERE id = 4; ROLLBACK"],
        &["SAVEPOINT s", CHANGE, "ROLLBACK TO s; DELETE FROM article WHERE id = 4; RELEASE s"],
    ] {
        let case = ARTICLES.open().await;
        case.warm(&read(LIST)).await;
        for statement in script {
            case.write(statement).await;
            // The only connection sees what it wrote, committed or not; what it reads then must not stay.
            case.fresh(&read(LIST)).await;
        }
        case.fresh(&read(LIST)).await;
        case.sees(LIST, "UPDATE article SET title = 'after' WHERE id = 3").await;
    }
}

#[tokio::test]
async fn an_error_that_ends_the_transaction_loses_no_write() {
    for end in ["INSERT OR ROLLBACK INTO article (id) VALUES (1)", "ROLLBACK", "COMMIT"] {
        let case = ARTICLES.open().await;
        let before = case.warm(&read(LIST)).await;
        let transaction = case.connection().begin().await.unwrap();
        transaction.execute_unprepared("UPDATE article SET title = 'x' WHERE id = 3").await.unwrap();
        let _ = transaction.execute_unprepared(end).await;
        // Nobody told the handle, but this commits by itself.
        transaction.execute_unprepared(CHANGE).await.unwrap();
        let _ = transaction.rollback().await;
        assert_ne!(case.fresh(&read(LIST)).await.0, before, "after {end}");
    }
}

#[tokio::test]
async fn what_follows_the_unseen_end_of_a_transaction_is_seen_at_once() {
    let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT, title TEXT);
        INSERT INTO article VALUES (1, 'r', 't'), (3, 'r', 'u')";
    for backend in [Backend::Sqlite, Backend::Postgres] {
        for end in ["INSERT OR ROLLBACK INTO article (id) VALUES (1)", "ROLLBACK", "COMMIT"] {
            if backend == Backend::Postgres && end.starts_with("INSERT") {
                continue;
            }
            let case =
                Case::on(backend, setup, &[scopes("article", &[&["category"]])], Pool::Several(3)).await;
            let transaction = case.connection().begin().await.unwrap();
            transaction.execute_unprepared("UPDATE article SET title = 'x' WHERE id = 3").await.unwrap();
            let _ = transaction.execute_unprepared(end).await;
            case.warm(&read(LIST)).await;
            // Nobody told the handle, but this commits by itself.
            transaction.execute_unprepared(CHANGE).await.unwrap();
            case.fresh(&read(LIST)).await;
            let _ = transaction.rollback().await;
            case.fresh(&read(LIST)).await;
        }
    }
}

#[tokio::test]
async fn cancelled_writes_and_commits_leave_nothing_stale() {
    for polls in 0..60 {
        let case = ARTICLES.open().await;
        case.warm(&read(LIST)).await;
        Gate::abandon(case.connection().execute_unprepared(CHANGE), polls).await;
        settle(&case).await;
        case.fresh(&read(LIST)).await;

        let transaction = case.connection().begin().await.unwrap();
        transaction.execute_unprepared("UPDATE article SET title = 'committed?' WHERE id = 3").await.unwrap();
        Gate::abandon(transaction.commit(), polls).await;
        settle(&case).await;
        case.fresh(&read(LIST)).await;
    }
}

#[tokio::test]
async fn readers_and_writers_that_overlap_leave_nothing_stale() {
    for (name, scenario) in scenario::ALL {
        assert_eq!(scenario(Backend::Sqlite).await.unwrap(), Verdict::Fresh, "{name}");
    }
}

#[tokio::test]
async fn a_block_watches_what_the_hits_inside_it_watch() {
    let case = ARTICLES.open().await;
    let (inner, outer, gate) =
        (read(LIST), read("SELECT count(*) FROM article WHERE category = 'g'"), Gate::default());
    case.warm(&inner).await;
    for write in
        [CHANGE, "DELETE FROM article WHERE id = 2", "UPDATE article SET category = 'r' WHERE id = 4"]
    {
        for _ in 0..2 {
            gate.open();
            case.subject().cached_around(&inner, &gate, &outer).await;
        }
        case.write(write).await;
        gate.open();
        let (new, _) = case.subject().cached_around(&inner, &gate, &outer).await;
        assert_eq!(new, case.subject().truth_around(&inner, &outer).await, "after {write}");
    }
}
