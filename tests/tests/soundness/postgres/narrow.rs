//! What ends no more than it has to.

use cache_tests::case::read;
use cache_tests::subject::Source;
use sea_orm::{ConnectionTrait, TransactionTrait};

use super::FAMILY;

const NAME: &str = "SELECT name FROM author WHERE id = 1";

#[tokio::test]
async fn postgres_a_refused_statement_ends_nothing() {
    let case = FAMILY.open().await;
    let (db, text) = (case.connection(), read(NAME));
    let refused = ["INSERT INTO author VALUES (1, 'again')", "UPDATE author SET name = NULL WHERE id = 1"];
    case.warm(&text).await;
    for sql in refused {
        db.execute_unprepared(sql).await.unwrap_err();
        assert_eq!(case.fresh(&text).await.1, Source::Hit, "{sql}");
        let transaction = db.begin().await.unwrap();
        transaction.execute_unprepared(sql).await.unwrap_err();
        transaction.rollback().await.unwrap();
        assert_eq!(case.fresh(&text).await.1, Source::Hit, "{sql} in a transaction");
    }
    // What is written around it counts.
    let transaction = db.begin().await.unwrap();
    let savepoint = transaction.begin().await.unwrap();
    savepoint.execute_unprepared(refused[1]).await.unwrap_err();
    savepoint.rollback().await.unwrap();
    transaction.execute_unprepared("UPDATE author SET name = 'new' WHERE id = 1").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(case.fresh(&text).await.1, Source::Miss);
}

#[tokio::test]
async fn postgres_a_function_that_only_reads_ends_nothing() {
    let case = FAMILY.open().await;
    for sql in ["SELECT total()", "SELECT id, twice() FROM author", "UPDATE log SET n = total() WHERE id = 9"]
    {
        case.keeps(NAME, sql).await;
    }
    case.never_caches("SELECT total() FROM author").await;
    case.keeps(NAME, "SELECT doubled(id) FROM author").await;
    // No function at all.
    case.keeps(NAME, "SELECT category(a) FROM article a").await;
    case.never_caches("SELECT category(a) FROM article a").await;
}

#[tokio::test]
async fn postgres_a_write_of_a_view_is_one_of_its_tables() {
    let case = FAMILY.open().await;
    for sql in [
        "INSERT INTO front_ruled VALUES (8)",
        "MERGE INTO log USING (VALUES (1)) v(id) ON log.id = v.id WHEN MATCHED THEN UPDATE SET n = 5",
        "EXPLAIN ANALYZE UPDATE log SET n = 5",
        "EXPLAIN ANALYZE SELECT id FROM front",
    ] {
        case.keeps(NAME, sql).await;
    }
    case.warm(&read("TABLE log")).await;
}

#[tokio::test]
async fn postgres_a_rule_fires_for_its_event_and_writes_its_tables() {
    let case = FAMILY.open().await;
    for sql in ["UPDATE ruled SET n = 7 WHERE id = 1", "INSERT INTO ruled VALUES (2, 2)"] {
        case.keeps(NAME, sql).await;
    }
    case.keeps("SELECT n FROM log WHERE id = 1", "DELETE FROM ruled WHERE id = 2").await;
}

/// A cursor runs its query when it is fetched from.
#[tokio::test]
async fn postgres_a_cursor_over_what_writes_is_a_write() {
    let case = FAMILY.open().await;
    let text = read("SELECT n FROM log WHERE id = 1");
    case.warm(&text).await;
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared("DECLARE c CURSOR FOR SELECT * FROM bumps").await.unwrap();
    transaction.execute_unprepared("FETCH ALL FROM c").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(case.fresh(&text).await.1, Source::Miss);
}

/// Neither is a change of the schema.
#[tokio::test]
async fn postgres_a_refreshed_view_and_a_temporary_table_end_nothing_else() {
    let case = FAMILY.open().await;
    let (sizes, name) = (read("SELECT size FROM sizes WHERE category = 'r'"), read(NAME));
    case.warm(&sizes).await;
    case.warm(&name).await;
    case.write("REFRESH MATERIALIZED VIEW sizes").await;
    let scratch = "CREATE TEMP TABLE scratch (id serial PRIMARY KEY, n int CHECK (n > 0))";
    let elsewhere = case.subject().untracked().begin().await.unwrap();
    elsewhere.execute_unprepared(scratch).await.unwrap();
    elsewhere.commit().await.unwrap();
    case.is_looked_at(&name).await;
    assert_eq!(case.fresh(&sizes).await.1, Source::Miss);
    assert_eq!(case.fresh(&name).await.1, Source::Hit);
}
