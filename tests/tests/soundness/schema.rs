//! Changes of the schema itself.

use cache_tests::backend::{Backend, Pool};
use cache_tests::case::{Case, read};
use sea_orm::ConnectionTrait;

use crate::setups::FAMILY;

#[tokio::test]
async fn schema_changes_through_the_wrapper_are_seen_at_once() {
    let case = FAMILY.open().await;
    case.sees(
        "SELECT id FROM popular",
        "DROP VIEW popular; CREATE VIEW popular AS SELECT id, category FROM article WHERE views < 5",
    )
    .await;
    case.sees("SELECT id FROM popular", "UPDATE article SET views = 0 WHERE id = 2").await;
    case.write("CREATE TRIGGER late AFTER UPDATE OF views ON article BEGIN INSERT INTO audit (note) VALUES ('late'); END").await;
    case.sees("SELECT count(*) FROM audit", "UPDATE article SET views = 3 WHERE id = 2").await;
    case.write("ALTER TABLE article ADD COLUMN extra TEXT DEFAULT 'e'").await;
    case.sees("SELECT * FROM article WHERE id = 2", "UPDATE article SET extra = 'f' WHERE id = 2").await;
    case.write("ALTER TABLE audit RENAME COLUMN note TO remark").await;
    case.sees("SELECT remark FROM audit", "INSERT INTO audit (remark) VALUES ('x')").await;
    case.write("ALTER TABLE audit RENAME TO journal").await;
    case.sees("SELECT remark FROM journal", "INSERT INTO journal (remark) VALUES ('y')").await;
}

#[tokio::test]
async fn schema_changes_elsewhere_are_noticed() {
    let case = FAMILY.open().await;
    let (count, view) =
        (read("SELECT count(*) FROM audit"), "UPDATE article SET views = views + 1 WHERE id = 2");
    case.warm(&count).await;
    let trigger = "CREATE TRIGGER late AFTER UPDATE OF views ON article BEGIN INSERT INTO audit (note) VALUES ('late'); END";
    case.subject().untracked().execute_unprepared(trigger).await.unwrap();
    case.write(view).await;
    case.comes_to_see(&count).await;
    case.sees("SELECT count(*) FROM audit", view).await;
}

#[tokio::test]
async fn schema_changes_of_a_migration_are_known_after_a_refresh() {
    let case = FAMILY.open().await;
    case.warm(&read("SELECT count(*) FROM audit")).await;
    let trigger = "CREATE TRIGGER late AFTER UPDATE OF views ON article BEGIN INSERT INTO audit (note) VALUES ('late'); END";
    case.subject().untracked().execute_unprepared(trigger).await.unwrap();
    case.subject().refresh_schema().await.unwrap();
    case.sees("SELECT count(*) FROM audit", "UPDATE article SET views = 3 WHERE id = 2").await;
}

/// The schema looks as before, and its rows do not.
#[tokio::test]
async fn a_table_that_is_made_anew_elsewhere_is_noticed() {
    let setup = "CREATE TABLE page (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO page VALUES (1, 'one')";
    let case = Case::new(setup, &[]).await;
    let text = read("SELECT title FROM page WHERE id = 1");
    case.warm(&text).await;
    let anew = "CREATE TABLE copy (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO copy SELECT id, upper(title) FROM page;
        DROP TABLE page; ALTER TABLE copy RENAME TO page";
    case.subject().untracked().execute_unprepared(anew).await.unwrap();
    case.comes_to_see(&text).await;
    case.fresh(&text).await;
}

/// Each start of an application may do so.
#[tokio::test]
async fn a_table_that_is_there_already_is_made_without_ending_anything() {
    for backend in [Backend::Sqlite, Backend::Postgres, Backend::MariaDb] {
        let key = backend.integer();
        let setup = format!("CREATE TABLE t (id {key} PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 1)");
        let case = Case::on(backend, &setup, &[], Pool::One).await;
        let make = |name: &str| format!("CREATE TABLE IF NOT EXISTS {name} (id {key} PRIMARY KEY, a INT)");
        case.keeps("SELECT a FROM t", &make("t")).await;
        case.write(&make("u")).await;
        case.write("INSERT INTO u VALUES (1, 5)").await;
        case.sees("SELECT a FROM u", "UPDATE u SET a = 6").await;
        // Others may have dropped it meanwhile. MariaDB tells when a table was made in seconds.
        if backend != Backend::MariaDb {
            case.subject().untracked().execute_unprepared("DROP TABLE t").await.unwrap();
            case.write(&make("t")).await;
            case.fresh(&read("SELECT a FROM t")).await;
        }
    }
}
