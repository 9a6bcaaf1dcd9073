//! Values that are not what the statement says.

use cache_tests::case::{Case, read, scopes};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::articles;

#[tokio::test]
async fn a_number_is_stored_as_text_in_a_text_column() {
    let list = "SELECT id FROM article WHERE category = '5'";
    articles().await.sees(list, "INSERT INTO article (category) VALUES (5)").await;
    articles().await.sees(list, "UPDATE article SET category = 5 WHERE id = 1").await;
    articles()
        .await
        .sees(list, "UPDATE article SET category = 5.0 || '' WHERE id = 1; UPDATE article SET category = 5")
        .await;
    articles()
        .await
        .sees("SELECT id FROM article WHERE category = 5", "UPDATE article SET category = '5' WHERE id = 1")
        .await;
}

#[tokio::test]
async fn a_text_matches_a_number_and_a_flag() {
    articles()
        .await
        .sees("SELECT title FROM article WHERE id = '1'", "UPDATE article SET title = 'x' WHERE id = 1")
        .await;
    articles()
        .await
        .sees("SELECT title FROM article WHERE id = 1.0", "UPDATE article SET title = 'x' WHERE id = 1")
        .await;
    articles()
        .await
        .sees("SELECT title FROM article WHERE id = 1", "UPDATE article SET title = 'x' WHERE id = '1'")
        .await;
    let list = "SELECT id FROM article WHERE published = '1' AND category = 'r'";
    articles().await.sees(list, "UPDATE article SET published = FALSE WHERE id = 1").await;
    let list = "SELECT id FROM article WHERE published = 0 AND category = 'r'";
    articles().await.sees(list, "UPDATE article SET published = '0' WHERE id = 1").await;
    let list = "SELECT id FROM article WHERE author_id = 7";
    articles().await.sees(list, "UPDATE article SET author_id = '07' WHERE id = 1").await;
    articles().await.sees(list, "INSERT INTO article (author_id) VALUES (7.0)").await;
}

#[tokio::test]
async fn collations_make_different_texts_equal() {
    let nocase = "CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT COLLATE NOCASE, tag TEXT COLLATE RTRIM, title TEXT);
        INSERT INTO article VALUES (1, 'r', 'a', 't')";
    let scopes = [scopes("article", &[&["category"], &["tag"]])];
    for (list, write) in [
        ("SELECT id FROM article WHERE category = 'R'", "INSERT INTO article (category) VALUES ('r')"),
        (
            "SELECT id FROM article WHERE category = 'R'",
            "UPDATE article SET category = 'g' WHERE category = 'r'",
        ),
        ("SELECT id FROM article WHERE tag = 'a  '", "INSERT INTO article (tag) VALUES ('a')"),
        ("SELECT id FROM article WHERE tag = 'a'", "UPDATE article SET tag = 'b' WHERE tag = 'a '"),
    ] {
        Case::new(nocase, &scopes).await.sees(list, write).await;
    }
    // The collation of the comparison, not of the column.
    let list = "SELECT id FROM article WHERE category = 'R' COLLATE NOCASE";
    articles().await.sees(list, "INSERT INTO article (category) VALUES ('r')").await;
    let list = "SELECT id FROM article WHERE category COLLATE NOCASE = 'R'";
    articles().await.sees(list, "UPDATE article SET category = 'b' WHERE id = 1").await;
    let list = "SELECT id FROM article WHERE category = 'G'";
    articles()
        .await
        .sees(list, "UPDATE article SET category = 'G' WHERE category = 'g' COLLATE NOCASE")
        .await;
}

#[tokio::test]
async fn a_key_of_null_is_an_unknown_key() {
    articles()
        .await
        .sees("SELECT * FROM article WHERE id = 5", "INSERT INTO article (id) VALUES (NULL)")
        .await;
    articles()
        .await
        .sees(
            "SELECT id FROM article WHERE category = 'r'",
            "INSERT INTO article (id, category) VALUES (NULL, 'r')",
        )
        .await;
}

#[tokio::test]
async fn an_upsert_changes_the_row_in_its_way_not_the_one_it_names() {
    let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, slug TEXT UNIQUE, category TEXT, title TEXT);
        INSERT INTO article VALUES (7, 's', 'r', 'seven'), (8, 'u', 'g', 'eight')";
    let scopes = [scopes("article", &[&["category"]])];
    let upsert = "INSERT INTO article (id, slug, category, title) VALUES (99, 's', 'b', 'new') ON CONFLICT";
    for (list, rest) in [
        ("SELECT title FROM article WHERE id = 7", "(slug) DO UPDATE SET title = excluded.title"),
        ("SELECT id, title FROM article WHERE category = 'r'", "(slug) DO UPDATE SET category = 'b'"),
        (
            "SELECT id, title FROM article WHERE category = 'b'",
            "(slug) DO UPDATE SET category = excluded.category",
        ),
        ("SELECT id FROM article WHERE category = 'z'", "(slug) DO UPDATE SET category = 'z'"),
        ("SELECT title FROM article WHERE id = 7", "DO UPDATE SET title = 'other'"),
        ("SELECT id FROM article WHERE id = 50", "(slug) DO UPDATE SET id = 50"),
    ] {
        Case::new(setup, &scopes).await.sees(list, &format!("{upsert} {rest}")).await;
    }
    let part = "INSERT INTO article (id, category, title) VALUES (7, 'b', 'new') ON CONFLICT (id) DO UPDATE SET title = excluded.title";
    Case::new(setup, &scopes).await.sees("SELECT id, title FROM article WHERE category = 'r'", part).await;
}

#[tokio::test]
async fn one_returned_row_of_three_is_not_all() {
    let case = articles().await;
    let lists = [
        "SELECT title FROM article WHERE id = 3",
        "SELECT id FROM article WHERE category = 'b'",
        "SELECT id, title FROM article WHERE category = 'r'",
    ];
    for list in lists {
        case.warm(&read(list)).await;
    }
    let text = "UPDATE article SET category = 'b', title = 'new' WHERE views < 5 RETURNING id, category";
    case.connection().query_one_raw(Statement::from_string(DbBackend::Sqlite, text)).await.unwrap();
    for list in lists {
        case.fresh(&read(list)).await;
    }
}

#[tokio::test]
async fn what_is_replaced_is_deleted() {
    let setup = "CREATE TABLE article (id INTEGER PRIMARY KEY, slug TEXT UNIQUE, category TEXT);
        CREATE TABLE comment (id INTEGER PRIMARY KEY, article_id INTEGER REFERENCES article ON DELETE CASCADE, body TEXT);
        CREATE TABLE slot (id INTEGER PRIMARY KEY, day INTEGER UNIQUE ON CONFLICT REPLACE, room TEXT);
        CREATE TABLE setting (key TEXT PRIMARY KEY ON CONFLICT REPLACE, value TEXT) WITHOUT ROWID;
        INSERT INTO article VALUES (7, 's', 'r'), (8, 'u', 'g');
        INSERT INTO comment VALUES (1, 7, 'hello');
        INSERT INTO slot VALUES (7, 1, 'r'), (8, 2, 'g');
        INSERT INTO setting VALUES ('a', '1'), ('b', '2')";
    let scopes = [
        scopes("article", &[&["category"]]),
        scopes("comment", &[&["article_id"]]),
        scopes("slot", &[&["room"]]),
    ];
    for (list, write) in [
        ("SELECT * FROM article WHERE id = 7", "UPDATE OR REPLACE article SET slug = 's' WHERE id = 8"),
        ("SELECT id FROM article WHERE category = 'r'", "REPLACE INTO article VALUES (9, 's', 'b')"),
        (
            "SELECT id FROM article WHERE category = 'r'",
            "INSERT OR REPLACE INTO article VALUES (7, 'v', 'b')",
        ),
        ("SELECT body FROM comment WHERE id = 1", "INSERT OR REPLACE INTO article VALUES (7, 's', 'b')"),
        ("SELECT id FROM comment WHERE article_id = 7", "REPLACE INTO article (slug) VALUES ('s')"),
        ("SELECT * FROM slot WHERE id = 7", "INSERT INTO slot (day, room) VALUES (1, 'b')"),
        ("SELECT id FROM slot WHERE room = 'r'", "UPDATE slot SET day = 1 WHERE id = 8"),
        ("SELECT value FROM setting WHERE key = 'a'", "INSERT INTO setting VALUES ('a', '9')"),
        ("SELECT value FROM setting WHERE key = 'a'", "UPDATE setting SET key = 'a' WHERE key = 'b'"),
    ] {
        Case::new(setup, &scopes).await.sees(list, write).await;
    }
}

#[tokio::test]
async fn a_key_change_is_a_death_and_a_birth() {
    for write in [
        "UPDATE article SET id = 9 WHERE id = 1",
        "UPDATE article SET rowid = 9 WHERE id = 1",
        "UPDATE article SET _rowid_ = 9 WHERE title = 'one'",
        "UPDATE article SET id = id + 8 WHERE category = 'r' AND views = 1",
    ] {
        articles().await.sees("SELECT title FROM article WHERE id = 1", write).await;
        articles().await.sees("SELECT title FROM article WHERE id = 9", write).await;
        articles().await.sees("SELECT id, title FROM article WHERE category = 'r'", write).await;
    }
}
