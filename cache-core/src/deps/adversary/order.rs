//! Places and aliases, which name what a select list shows.

use super::*;

#[test]
fn a_place_in_order_by_may_be_wrapped() {
    for place in ["2", "(2)", "+2", "- -2", "2 COLLATE NOCASE", "(2) COLLATE NOCASE"] {
        let read = format!("SELECT id, title FROM article ORDER BY {place} LIMIT 1");
        stale_after(&read, rows![[1, "b"]], "UPDATE article SET title = 'a' WHERE id = 2");
    }
}

#[test]
fn an_alias_in_order_by_may_be_wrapped() {
    for alias in ["views", "(views)", "views COLLATE NOCASE"] {
        let read = format!("SELECT id, title AS views FROM article ORDER BY {alias} LIMIT 1");
        stale_after(&read, rows![[1, "b"]], "UPDATE article SET title = 'a' WHERE id = 2");
    }
}

#[test]
fn an_alias_in_a_condition_is_not_a_derived_column() {
    let read =
        "SELECT article.id, article.title AS k FROM article, (SELECT 1 AS one FROM log) d WHERE k = 'r'";
    stale_after(read, vec![], "UPDATE article SET title = 'r' WHERE id = 2");
    let read = "SELECT article.id, article.title AS k FROM article, (SELECT 1 AS one FROM log) d \
                ORDER BY lower(k) LIMIT 1";
    stale_after(read, rows![[1, "b"]], "UPDATE article SET title = 'a' WHERE id = 2");
}
