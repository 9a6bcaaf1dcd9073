//! Tables that are made anew under a known name, and temporary ones that take one.

use cache_tests::backend::{Backend, Pool};
use cache_tests::case::{Case, read};
use cache_tests::subject::Source;
use sea_orm::{ConnectionTrait, TransactionTrait};

const SETUP: &str = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1), (2, 2);
    CREATE TABLE other (id int PRIMARY KEY, a int); INSERT INTO other VALUES (1, 1)";

const REBUILD: [&str; 4] = [
    "CREATE TABLE fresh (id int PRIMARY KEY, a int, b int)",
    "INSERT INTO fresh SELECT id, a + 10, 0 FROM t",
    "DROP TABLE t",
    "ALTER TABLE fresh RENAME TO t",
];

const ONE: &str = "SELECT a FROM t WHERE id = 1";
const OTHER: &str = "SELECT a FROM other WHERE id = 1";

async fn open(pool: Pool) -> Case {
    let case = Case::on(Backend::Postgres, SETUP, &[], pool).await;
    case.warm(&read(ONE)).await;
    case.warm(&read(OTHER)).await;
    case
}

/// Reads are kept, and a write by key ends what it must and nothing else.
async fn is_as_ever(case: &Case) {
    case.keeps(ONE, "UPDATE t SET a = a + 1 WHERE id = 2").await;
    case.sees(ONE, "UPDATE t SET a = a + 1 WHERE id = 1").await;
    case.keeps(OTHER, "UPDATE t SET a = a + 1 WHERE id = 1").await;
}

#[tokio::test]
async fn postgres_a_table_that_was_rebuilt_in_a_transaction_is_kept_as_before() {
    for pool in [Pool::One, Pool::Several(3)] {
        let case = open(pool).await;
        let transaction = case.connection().begin().await.unwrap();
        for statement in REBUILD {
            transaction.execute_unprepared(statement).await.unwrap();
        }
        if matches!(pool, Pool::Several(_)) {
            assert_eq!(case.fresh(&read(OTHER)).await.1, Source::Hit, "nobody else sees any of it yet");
        }
        transaction.commit().await.unwrap();
        case.fresh(&read(ONE)).await;
        is_as_ever(&case).await;

        let text = REBUILD.join("; ");
        for text in [format!("BEGIN; {text}; COMMIT"), format!("DO $$ BEGIN {text}; END $$"), text] {
            case.write(&text).await;
            is_as_ever(&case).await;
        }
    }
}

#[tokio::test]
async fn postgres_a_rebuilding_that_is_rolled_back_ends_nothing() {
    let case = open(Pool::Several(3)).await;
    let rebuild = REBUILD.join("; ");
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared(&rebuild).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(case.fresh(&read(ONE)).await.1, Source::Hit);
    // It may have ended otherwise, and still.
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared(&rebuild).await.unwrap();
    transaction.execute_unprepared("INSERT INTO t VALUES (1, 1, 1)").await.unwrap_err();
    transaction.rollback().await.unwrap();
    is_as_ever(&case).await;
    let transaction = case.connection().begin().await.unwrap();
    let savepoint = transaction.begin().await.unwrap();
    savepoint.execute_unprepared(&rebuild).await.unwrap();
    savepoint.rollback().await.unwrap();
    transaction.execute_unprepared("UPDATE t SET a = 9 WHERE id = 1").await.unwrap();
    transaction.commit().await.unwrap();
    is_as_ever(&case).await;
    case.try_write(&format!("{rebuild}; INSERT INTO t VALUES (1, 1, 1)")).await.unwrap_err();
    is_as_ever(&case).await;
}

#[tokio::test]
async fn postgres_a_temporary_table_that_takes_a_known_name_ends_caching_while_it_is_there() {
    let (make, take) = ("CREATE TEMP TABLE mine (id int, a int)", "ALTER TABLE mine RENAME TO t");
    for texts in [
        &[make, take][..],
        &["BEGIN; CREATE TEMP TABLE mine (id int, a int); ALTER TABLE mine RENAME TO t; COMMIT"],
        &["DO $$ BEGIN CREATE TEMP TABLE mine (id int, a int); ALTER TABLE mine RENAME TO t; END $$"],
    ] {
        let case = open(Pool::One).await;
        for text in texts {
            case.write(text).await;
        }
        is_hidden(&case).await;
    }
    let case = open(Pool::One).await;
    case.write(make).await;
    let transaction = case.connection().begin().await.unwrap();
    let savepoint = transaction.begin().await.unwrap();
    savepoint.execute_unprepared(take).await.unwrap();
    savepoint.commit().await.unwrap();
    transaction.commit().await.unwrap();
    is_hidden(&case).await;
}

async fn is_hidden(case: &Case) {
    case.never_caches(ONE).await;
    case.write("INSERT INTO t VALUES (1, 70)").await;
    case.never_caches(ONE).await;
    // The schema is read again, and it is there still.
    case.write("CREATE TABLE more (id int)").await;
    case.never_caches(ONE).await;
    case.write("DROP TABLE pg_temp.t").await;
    is_as_ever(case).await;
}
