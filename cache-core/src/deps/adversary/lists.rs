//! Lists, as applications read them, and what they survive.

use super::*;

#[test]
fn a_new_row_of_the_category_is_missed() {
    stale_after(ARTICLES, rows![[1, "a"]], "INSERT INTO article (id, category) VALUES (2, 'rust')");
    survives(ARTICLES, rows![[1, "a"]], "INSERT INTO article (id, category) VALUES (2, 'go')");
    survives(ARTICLES, rows![[1, "a"]], "UPDATE article SET title = 'x' WHERE id = 2");
}

#[test]
fn lists_and_pages_of_an_orm_are_kept_precisely() {
    // find_also_related, with and without a page.
    for tail in ["", " ORDER BY a.id LIMIT 10 OFFSET 10"] {
        let read = format!(
            "SELECT a.id AS A_id, a.author_id AS A_author_id, p.id AS B_id, p.name AS B_name FROM article AS a \
             LEFT JOIN author AS p ON a.author_id = p.id{tail}"
        );
        let rows = || {
            vec![
                vec![1.into(), 12.into(), 12.into(), "x".into()],
                vec![2.into(), Value::Null, Value::Null, Value::Null],
            ]
        };
        survives(&read, rows(), "INSERT INTO author (id) VALUES (13)");
        survives(&read, rows(), "UPDATE author SET name = 'y' WHERE id = 13");
        survives(&read, rows(), "UPDATE article SET title = 'y' WHERE id = 1");
        stale_after(&read, rows(), "UPDATE author SET name = 'y' WHERE id = 12");
        stale_after(&read, rows(), "UPDATE article SET author_id = 13 WHERE id = 2");
        stale_after(&read, rows(), "DELETE FROM author WHERE id = 12");
    }
    let count = "SELECT COUNT(*) AS num_items FROM (SELECT id, title FROM article WHERE category = 'rust') AS sub_query";
    survives(count, rows![[3]], "UPDATE article SET title = 'x' WHERE id = 1");
    survives(count, rows![[3]], "INSERT INTO article (id, category) VALUES (9, 'go')");
    stale_after(count, rows![[3]], "DELETE FROM article WHERE id = 1");
}
