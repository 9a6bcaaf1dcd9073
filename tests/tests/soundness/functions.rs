//! What is never cached, and what is although it looks similar.

use cache_tests::case::{Case, read};
use cache_tests::subject::Source;

use crate::articles;

#[tokio::test]
async fn volatile_results_are_never_cached() {
    for text in [
        "SELECT date('now') FROM article",
        "SELECT id FROM article WHERE title < datetime('now')",
        "SELECT id, current_timestamp FROM article",
        "SELECT CURRENT_DATE, id FROM article WHERE id = 1",
        "SELECT strftime('%s', 'now') FROM article WHERE id = 1",
        "SELECT id FROM article WHERE views < unixepoch()",
        "SELECT julianday() FROM article",
        "SELECT time('NOW', '+1 day') FROM article",
        "SELECT date(title, 'localtime') FROM article",
        "SELECT date('no' || 'w') FROM article",
        "SELECT id FROM article ORDER BY random() LIMIT 1",
        "SELECT hex(randomblob(4)) FROM article",
        "SELECT changes() FROM article",
        "SELECT last_insert_rowid(), id FROM article",
        "SELECT total_changes() FROM article",
        "SELECT id FROM article WHERE id IN (SELECT random() FROM article)",
        "SELECT name FROM sqlite_master",
        "SELECT name FROM pragma_table_info('article')",
        "SELECT 1",
    ] {
        articles().await.never_caches(text).await;
    }
}

/// The text is the same; only a bound value makes it volatile.
#[tokio::test]
async fn now_as_a_bound_value_is_never_cached() {
    use cache_tests::literal::{Literal, Sql, Values};
    use cache_tests::read::{Order, Read, Text};

    let case = articles().await;
    for value in ["now", "NOW", "2020-01-01"] {
        let mut sql = Sql::new(Values::Bound);
        sql.push("SELECT id, date(").literal(&Literal::text(value)).push(") FROM article");
        let read = Read::Text(Text { order: Order::Unspecified, tables: &[], sql: "" }, sql);
        for _ in 0..3 {
            assert_eq!(case.subject().cached(&read).await.1, Source::Miss, "{read}");
        }
    }
}

#[tokio::test]
async fn immutable_calls_are_cached() {
    let case = articles().await;
    for text in [
        "SELECT upper(title), abs(views), coalesce(category, '') FROM article WHERE id = 1",
        "SELECT count(*), max(views), total(views), group_concat(title) FROM article",
        "SELECT substr(title, 1, 2), replace(title, 'o', '0'), length(title) FROM article WHERE category = 'r'",
    ] {
        case.warm(&read(text)).await;
    }
}

#[tokio::test]
async fn relations_that_the_schema_does_not_know_are_never_cached() {
    let setup =
        "CREATE TABLE article (id INTEGER PRIMARY KEY, tags TEXT); INSERT INTO article VALUES (1, '[1, 2]')";
    let case = Case::new(setup, &[]).await;
    case.never_caches("SELECT value FROM article, json_each(article.tags)").await;
}

/// A temporary table hides the one of the schema, for this connection.
#[tokio::test]
async fn a_temporary_table_that_shadows_is_noticed() {
    let case = articles().await;
    let list = read("SELECT title FROM article WHERE id = 1");
    case.warm(&list).await;
    case.write("CREATE TEMP TABLE article AS SELECT 1 AS id, 'shadow' AS title").await;
    case.fresh(&list).await;
    case.write("UPDATE article SET title = 'shade' WHERE id = 1").await;
    case.fresh(&list).await;
    case.write("UPDATE main.article SET title = 'hidden' WHERE id = 1").await;
    case.write("DROP TABLE temp.article").await;
    case.fresh(&list).await;
    case.sees("SELECT title FROM article WHERE id = 1", "UPDATE article SET title = 'x' WHERE id = 1").await;
}
