//! Columns that a read uses without saying so in the plainest way.

use cache_tests::case::{Case, scopes};

use crate::articles;

const SHELVES: &str = "
    CREATE TABLE one (id INTEGER PRIMARY KEY, shelf TEXT, colour TEXT, size INTEGER);
    CREATE TABLE two (id INTEGER PRIMARY KEY, shelf TEXT, price INTEGER);
    INSERT INTO one VALUES (1, 'a', 'red', 1), (2, 'b', 'blue', 2);
    INSERT INTO two VALUES (1, 'a', 10), (2, 'c', 20);";

async fn shelves() -> Case {
    Case::new(SHELVES, &[scopes("one", &[&["colour"], &["shelf"]]), scopes("two", &[&["shelf"]])]).await
}

#[tokio::test]
async fn natural_joins_and_using_name_columns_silently() {
    for read in [
        "SELECT price FROM one NATURAL JOIN two",
        "SELECT colour, price FROM one JOIN two USING (shelf)",
        "SELECT colour, price FROM one LEFT JOIN two USING (shelf) WHERE colour = 'blue'",
        "SELECT count(*) FROM one JOIN two USING (shelf) WHERE colour = 'blue'",
    ] {
        shelves().await.sees(read, "UPDATE one SET shelf = 'c' WHERE id = 2").await;
    }
    let read = "SELECT colour, price FROM one LEFT JOIN two USING (shelf) WHERE one.id = 2";
    shelves().await.sees(read, "UPDATE two SET shelf = 'b' WHERE id = 2").await;
}

#[tokio::test]
async fn a_row_id_is_the_key_by_other_names() {
    for name in ["rowid", "oid", "_rowid_", "ROWID", "article.rowid", "\"id\"", "[id]", "`ID`"] {
        let read = format!("SELECT title FROM article WHERE {name} = 1");
        articles().await.sees(&read, "UPDATE article SET title = 'x' WHERE id = 1").await;
        let write = format!("UPDATE article SET title = 'x' WHERE {name} = 1");
        articles().await.sees("SELECT title FROM article WHERE id = 1", &write).await;
    }
    articles()
        .await
        .sees("SELECT max(rowid) FROM article", "INSERT INTO article (category) VALUES ('b')")
        .await;
}

/// Without a key of its own, a row's number changes with VACUUM, REPLACE and by hand.
#[tokio::test]
async fn tables_without_an_integer_key_are_tracked_too() {
    let setup = "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT, area TEXT);
        CREATE TABLE visit (page TEXT, hits INTEGER);
        INSERT INTO setting VALUES ('a', '1', 'n'), ('b', '2', 's'); INSERT INTO visit VALUES ('p', 1), ('p', 2)";
    let scopes = [scopes("setting", &[&["area"]]), scopes("visit", &[&["page"]])];
    for (read, write) in [
        ("SELECT rowid FROM setting WHERE key = 'a'", "UPDATE setting SET rowid = 9 WHERE key = 'a'"),
        ("SELECT value FROM setting WHERE rowid = 1", "UPDATE setting SET value = 'x' WHERE key = 'a'"),
        ("SELECT hits FROM visit WHERE page = 'p'", "UPDATE visit SET hits = 9 WHERE rowid = 1"),
        ("SELECT hits FROM visit WHERE page = 'p'", "DELETE FROM visit WHERE hits = 1"),
        ("SELECT hits FROM visit WHERE rowid = 1", "UPDATE visit SET hits = 9"),
        ("SELECT key FROM setting WHERE area = 'n'", "INSERT INTO setting VALUES (NULL, '3', 'n')"),
    ] {
        Case::new(setup, &scopes).await.sees(read, write).await;
    }
}

#[tokio::test]
async fn names_are_folded_and_quoted() {
    let read = "SELECT TITLE FROM Article AS a WHERE A.Category = 'r'";
    articles().await.sees(read, "UPDATE ARTICLE SET \"Title\" = 'x' WHERE [CATEGORY] = 'r'").await;
    articles().await.sees(read, "UPDATE main.article SET title = 'x' WHERE id = 1").await;
    articles()
        .await
        .sees("SELECT title FROM main.article WHERE id = 1", "UPDATE article SET title = 'x' WHERE id = 1")
        .await;
    // A double-quoted name that is no column is a text in SQLite.
    articles()
        .await
        .sees(
            "SELECT id FROM article WHERE category = \"b\"",
            "UPDATE article SET category = 'b' WHERE id = 1",
        )
        .await;
    articles()
        .await
        .sees(
            "SELECT id FROM article WHERE category = 'b'",
            "UPDATE article SET category = \"b\" WHERE id = 1",
        )
        .await;
}

#[tokio::test]
async fn an_unqualified_column_may_belong_to_another_table() {
    let read = "SELECT id FROM one WHERE colour = 'red'";
    shelves()
        .await
        .sees(read, "UPDATE one SET colour = 'red' FROM two WHERE price = 20 AND one.id = two.id")
        .await;
    let read = "SELECT id, size FROM one WHERE shelf = 'b'";
    shelves()
        .await
        .sees(read, "UPDATE one SET size = price FROM two WHERE two.shelf = 'c' AND one.id = 2")
        .await;
    // The condition fixes the other table's column, not the target's.
    let read = "SELECT id FROM one WHERE colour = 'green'";
    shelves().await.sees(read, "UPDATE one SET colour = 'green' FROM two WHERE two.shelf = 'a'").await;
    let read = "SELECT colour FROM one WHERE id = 2";
    shelves().await.sees(read, "UPDATE one SET colour = 'green' FROM two WHERE two.id = 1").await;
}

#[tokio::test]
async fn aliases_do_not_hide_which_column_is_meant() {
    let read = "SELECT id, views AS category FROM article WHERE category = 'r' ORDER BY category";
    articles().await.sees(read, "UPDATE article SET views = 9 WHERE id = 3").await;
    let read = "SELECT category AS id, id AS key FROM article WHERE author_id = 1";
    articles().await.sees(read, "UPDATE article SET category = 'b' WHERE id = 1").await;
    let read =
        "WITH article AS (SELECT 1 AS id, name AS title FROM other) SELECT title FROM article WHERE id = 1";
    let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT); CREATE TABLE other (name TEXT);
        INSERT INTO other VALUES ('a')";
    Case::new(setup, &[]).await.sees(read, "UPDATE other SET name = 'b'").await;
}

#[tokio::test]
async fn expressions_over_payload_are_seen() {
    for read in [
        "SELECT count(a.title) FROM article a WHERE category = 'r'",
        "SELECT id, length(title) FROM article WHERE category = 'r'",
        "SELECT id, title || views FROM article WHERE id = 1",
        "SELECT max(title) FROM article WHERE category = 'r'",
        "SELECT group_concat(title) FROM article",
        "SELECT count(*) FROM article WHERE category = 'r' GROUP BY title IS NULL",
        "SELECT DISTINCT title IS NULL FROM article WHERE category = 'r'",
        "SELECT id FROM article ORDER BY title IS NOT NULL, title LIMIT 1",
    ] {
        let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT, title TEXT, views INTEGER);
            INSERT INTO article VALUES (1, 'r', 'zz', 1), (2, 'r', 'aa', 1)";
        let case = Case::new(setup, &[scopes("article", &[&["category"]])]).await;
        case.sees(read, "UPDATE article SET title = NULL WHERE id = 1").await;
    }
}
