//! Rows, their keys and their values.

use super::*;

#[test]
fn a_row_whose_key_is_null_is_watched() {
    let scopes = [Declaration::new("code").scope(["kind"])];
    let read = "SELECT id, title FROM code WHERE kind = 'r'";
    let rows = vec![vec![Value::Null, "x".into()]];
    let write = "UPDATE code SET title = 'y' WHERE kind = 'r'";
    assert!(misses(schema(), &scopes, read, &[], rows, write, &[], Ran::Unknown));
}

#[test]
fn an_aggregate_in_a_sub_query_folds_the_query_that_its_column_is_of() {
    let read = "SELECT id, (SELECT sum(article.views)) FROM article WHERE category = 'rust'";
    stale_after(read, rows![[1, 3]], "UPDATE article SET views = 9 WHERE id = 2");
}

#[test]
fn values_pass_over_generated_columns() {
    let read = "SELECT id FROM made WHERE a = 'A'";
    stale_after(read, vec![], "INSERT INTO made VALUES (1, 'A', 'B')");
    let read = "SELECT id FROM made WHERE b = 'B'";
    stale_after(read, vec![], "INSERT INTO made VALUES (1, 'A', 'B')");
}

#[test]
fn of_a_column_that_an_insert_names_twice_the_first_counts() {
    stale_after(ARTICLES, vec![], "INSERT INTO article (id, category, category) VALUES (2, 'rust', 'go')");
}

#[test]
fn integers_beyond_64_bits_are_reals() {
    let read = "SELECT id FROM article WHERE views = 9223372036854775808";
    stale_after(read, vec![], "INSERT INTO article (id, views) VALUES (2, 9223372036854775809)");
}

#[test]
fn the_first_row_that_an_insert_of_one_returns_is_all() {
    let write = "INSERT INTO article (title) VALUES ('x') RETURNING id, category, published, views";
    let first = Shown(vec![vec![2.into(), "go".into(), 1.into(), 1.into()]]);
    let run =
        |read, rows, write| misses(schema(), &scopes(), read, &[], rows, write, &[], Ran::First(&first));
    assert!(!run(ARTICLES, rows![[1, 1]], write), "the default of a column is in RETURNING");
    assert!(!run("SELECT id FROM article WHERE id = 7", vec![], write), "and so is the key");
    assert!(run("SELECT id FROM article WHERE category = 'go'", vec![], write));
    assert!(run("SELECT id FROM article WHERE id = 2", vec![], write));
    let two = "INSERT INTO article (title) VALUES ('x'), ('y') RETURNING id, category, published, views";
    assert!(run(ARTICLES, rows![[1, 1]], two));
}
