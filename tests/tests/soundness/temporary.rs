//! What one session means by a name, others are not shown.

use cache_seaorm::{CachedConnection, Policy};
use cache_tests::backend::{Backend, Pool, another};
use cache_tests::case::{Case, read};
use sea_orm::ConnectionTrait;

const PERMANENT: &[&str] =
    &["CREATE TABLE x (id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO x VALUES (1, 2)"];
const TEMPORARY: &[&str] =
    &["CREATE TEMPORARY TABLE x (id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO x VALUES (1, 1)"];
/// Whoever makes a table reads the schema.
const ANOTHER: &[&str] = &["CREATE TABLE more (id INTEGER PRIMARY KEY)"];

/// Which of two sessions runs these.
enum By {
    One(&'static [&'static str]),
    Other(&'static [&'static str]),
}

async fn each_sees_its_own(backend: Backend, made: &[By]) {
    let case = Case::on(backend, "CREATE TABLE first (id INTEGER PRIMARY KEY)", &[], Pool::One).await;
    let bare = another(case.subject().untracked()).await.unwrap();
    let other = CachedConnection::new(bare, case.connection().cache().clone()).await.unwrap();
    let run = async |by: &By| match by {
        By::One(texts) => {
            for text in *texts {
                case.write(text).await;
            }
        }
        By::Other(texts) => {
            for text in *texts {
                other.execute_unprepared(text).await.unwrap();
            }
        }
    };
    for by in made {
        run(by).await;
    }
    let text = read("SELECT n FROM x WHERE id = 1");
    let look = async || {
        for _ in 0..2 {
            case.fresh(&text).await;
            let truth = text.run_on(other.untracked()).await.unwrap();
            let got = text.run_cached(&other, &Policy::new()).await.unwrap();
            assert_eq!(got, truth, "STALE on the other: {text}");
        }
    };
    look().await;
    for by in [
        By::One(&["UPDATE x SET n = 10 WHERE id = 1"]),
        By::Other(&["UPDATE x SET n = 20 WHERE id = 1"]),
        By::One(&["CREATE TABLE yet_more (id INTEGER PRIMARY KEY)"]),
        By::Other(&["UPDATE x SET n = 21 WHERE id = 1"]),
        By::One(&["UPDATE x SET n = 11 WHERE id = 1"]),
    ] {
        run(&by).await;
        look().await;
    }
}

#[tokio::test]
async fn a_permanent_table_that_comes_after_a_temporary_one_of_its_name() {
    each_sees_its_own(Backend::Sqlite, &[By::One(TEMPORARY), By::Other(PERMANENT)]).await;
}

#[tokio::test]
async fn a_temporary_table_that_comes_after_a_permanent_one_of_its_name() {
    each_sees_its_own(Backend::Sqlite, &[By::Other(PERMANENT), By::One(TEMPORARY), By::Other(ANOTHER)]).await;
}

#[tokio::test]
async fn postgres_a_permanent_table_that_comes_after_a_temporary_one_of_its_name() {
    each_sees_its_own(Backend::Postgres, &[By::One(TEMPORARY), By::Other(PERMANENT)]).await;
}

#[tokio::test]
async fn postgres_a_temporary_table_that_comes_after_a_permanent_one_of_its_name() {
    each_sees_its_own(Backend::Postgres, &[By::Other(PERMANENT), By::One(TEMPORARY), By::Other(ANOTHER)])
        .await;
}

#[tokio::test]
async fn mariadb_a_permanent_table_that_comes_after_a_temporary_one_of_its_name() {
    each_sees_its_own(Backend::MariaDb, &[By::One(TEMPORARY), By::Other(PERMANENT)]).await;
}

#[tokio::test]
async fn mariadb_a_temporary_table_that_comes_after_a_permanent_one_of_its_name() {
    each_sees_its_own(Backend::MariaDb, &[By::Other(PERMANENT), By::One(TEMPORARY), By::Other(ANOTHER)])
        .await;
}
