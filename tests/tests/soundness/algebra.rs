//! Which rows and columns a read depends on.

use cache_tests::case::{Case, scopes};

use crate::articles;

#[tokio::test]
async fn a_look_up_that_found_nothing_sees_the_row_come() {
    articles().await.sees("SELECT * FROM article WHERE id = 9", "INSERT INTO article (id) VALUES (9)").await;
    articles()
        .await
        .sees("SELECT title FROM article WHERE id = 5", "INSERT INTO article (category) VALUES ('r')")
        .await;
    articles()
        .await
        .sees("SELECT id FROM article WHERE id = 9", "UPDATE article SET id = 9 WHERE id = 1")
        .await;
    articles()
        .await
        .sees("SELECT count(*) FROM article WHERE id = 9", "INSERT INTO article (id) VALUES (9)")
        .await;
}

#[tokio::test]
async fn a_filtered_look_up_that_found_nothing_sees_the_row_fit() {
    let read = "SELECT * FROM article WHERE id = 2 AND category = 'r'";
    articles().await.sees(read, "UPDATE article SET category = 'r' WHERE category = 'g'").await;
    articles().await.sees(read, "UPDATE article SET category = 'r' WHERE id = 2").await;
    articles().await.sees(read, "UPDATE article SET category = 'r' WHERE views = 0").await;
}

#[tokio::test]
async fn a_list_that_does_not_show_keys_sees_its_payload_change() {
    let read = "SELECT title FROM article WHERE category = 'r'";
    articles().await.sees(read, "UPDATE article SET title = 'new' WHERE id = 3").await;
    articles().await.sees(read, "UPDATE article SET title = 'new' WHERE views = 1").await;
    articles().await.sees(read, "UPDATE article SET title = 'new' WHERE author_id = 2").await;
}

#[tokio::test]
async fn a_list_with_another_condition_sees_a_row_begin_to_fit() {
    let read = "SELECT id FROM article WHERE category = 'r' AND views = 1";
    articles().await.sees(read, "UPDATE article SET views = 1 WHERE id = 3").await;
    articles().await.sees(read, "UPDATE article SET views = views + 1 WHERE id = 3").await;
    articles().await.sees(read, "UPDATE article SET views = 1 WHERE title = 'three'").await;
}

#[tokio::test]
async fn a_row_whose_scope_is_not_shown_sees_a_write_of_that_scope() {
    let read = "SELECT title FROM article WHERE id = 2";
    articles().await.sees(read, "UPDATE article SET title = 'new' WHERE category = 'g'").await;
    articles().await.sees(read, "UPDATE article SET title = 'new' WHERE author_id = 1 AND published").await;
    articles().await.sees(read, "DELETE FROM article WHERE category = 'g'").await;
}

/// The value that forms a watched pattern counts as used: else the pattern outlives the value.
#[tokio::test]
async fn a_row_that_moved_unseen_is_followed() {
    for mv in [
        "UPDATE article SET category = 'b' WHERE id = 2",
        "UPDATE article SET category = 'b' WHERE views = 0",
    ] {
        for read in [
            "SELECT id, title FROM article WHERE id = 2",
            "SELECT id, category, title FROM article WHERE author_id = 1",
        ] {
            let case = articles().await;
            case.warm(&cache_tests::case::read(read)).await;
            case.write(mv).await;
            case.sees(read, "UPDATE article SET title = 'new' WHERE category = 'b'").await;
        }
    }
}

#[tokio::test]
async fn a_write_touches_its_pattern_in_every_scope() {
    for read in [
        "SELECT id FROM article WHERE author_id = 3",
        "SELECT id FROM article WHERE category = 'b'",
        "SELECT id FROM article WHERE published = TRUE AND category = 'b'",
        "SELECT count(*) FROM article WHERE category = 'b' AND author_id = 3",
    ] {
        let insert = "INSERT INTO article (category, author_id, published) VALUES ('b', 3, TRUE)";
        articles().await.sees(read, insert).await;
        let update = "UPDATE article SET category = 'b', author_id = 3 WHERE id = 1";
        articles().await.sees(read, update).await;
    }
}

#[tokio::test]
async fn null_is_a_value_of_a_scope() {
    let read = "SELECT id FROM article WHERE category IS NULL";
    articles().await.sees(read, "UPDATE article SET category = NULL WHERE id = 1").await;
    articles().await.sees(read, "INSERT INTO article (id) VALUES (9)").await;
    articles().await.keeps(read, "UPDATE article SET title = 'new' WHERE id = 1").await;
    articles()
        .await
        .keeps("SELECT id FROM article WHERE category = NULL", "UPDATE article SET title = 'x' WHERE id = 1")
        .await;
}

#[tokio::test]
async fn the_order_and_the_limit_decide_who_is_shown() {
    let read = "SELECT id FROM article WHERE category = 'r' ORDER BY views DESC LIMIT 1";
    articles().await.sees(read, "UPDATE article SET views = 9 WHERE id = 3").await;
    articles().await.sees(read, "DELETE FROM article WHERE id = 1").await;
    let read = "SELECT id FROM article ORDER BY views DESC, id LIMIT 2 OFFSET 1";
    articles().await.sees(read, "UPDATE article SET views = 9 WHERE id = 3").await;
}

fn library() -> &'static str {
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, region TEXT);
     CREATE TABLE book (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT);
     INSERT INTO author VALUES (1, 'ann', 'n'), (2, 'bob', 's');
     INSERT INTO book VALUES (1, 1, 'a'), (2, 12, 'b'), (3, NULL, 'c');"
}

#[tokio::test]
async fn a_partner_that_was_missing_is_seen_when_it_comes() {
    let scopes = [scopes("book", &[&["author_id"]]), scopes("author", &[&["region"]])];
    for read in [
        "SELECT b.id, b.title, a.id, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id",
        "SELECT b.id, a.id, a.name FROM book b JOIN author a ON a.id = b.author_id",
        "SELECT b.id FROM book b WHERE b.author_id IN (SELECT id FROM author)",
        "SELECT b.title, (SELECT name FROM author WHERE id = b.author_id) FROM book b WHERE b.id = 2",
        "SELECT b.id FROM book b LEFT JOIN author a ON a.id = b.author_id WHERE a.id IS NULL",
        "SELECT b.id, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id AND a.region = 'n' WHERE b.id = 2",
    ] {
        let case = Case::new(library(), &scopes).await;
        case.sees(read, "INSERT INTO author (id, name, region) VALUES (12, 'eve', 'n')").await;
    }
}

#[tokio::test]
async fn conditions_on_the_optional_side_do_not_narrow_the_other() {
    let scopes = [scopes("book", &[&["author_id"]]), scopes("author", &[&["region"]])];
    let read = "SELECT b.id, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id AND b.author_id = 1";
    Case::new(library(), &scopes).await.sees(read, "INSERT INTO book VALUES (4, 2, 'd')").await;
    let read =
        "SELECT a.id, b.id FROM author a LEFT JOIN book b ON b.author_id = a.id WHERE b.author_id IS NULL";
    Case::new(library(), &scopes).await.sees(read, "INSERT INTO book VALUES (4, 2, 'd')").await;
    let read = "SELECT a.id FROM book b JOIN author a ON a.id = b.author_id WHERE b.author_id = 1";
    Case::new(library(), &scopes).await.sees(read, "UPDATE book SET author_id = 1 WHERE id = 3").await;
}
