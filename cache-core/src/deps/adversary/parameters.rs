//! Placeholders and their values.

use super::*;

#[test]
fn placeholders_that_drivers_number_differently_are_not_known() {
    let one: Vec<Value> = vec!["x".into(), "go".into(), "rust".into()];
    for (read, values) in [
        // SQLite numbers `?` after the greatest so far, a driver may count.
        ("SELECT id FROM article WHERE title = ?2 AND category = ?", one.clone()),
        ("SELECT id FROM article WHERE title = :a AND category = ?", vec!["go".into(), "rust".into()]),
        ("SELECT id FROM article WHERE title = @a AND category = ?", vec!["go".into(), "rust".into()]),
        ("SELECT id FROM article WHERE title = $t AND category = ?", vec!["go".into(), "rust".into()]),
        // Names, by order of appearance.
        ("SELECT id FROM article WHERE title = $2 AND category = $1", vec!["go".into(), "rust".into()]),
        ("SELECT id FROM article WHERE title = :2 AND category = :1", vec!["go".into(), "rust".into()]),
        ("SELECT id FROM article WHERE title = @2 AND category = @1", vec!["go".into(), "rust".into()]),
    ] {
        let write = "INSERT INTO article (id, category) VALUES (2, 'rust')";
        assert!(run(read, &values, vec![], write, &[]), "{read}");
    }
    // In order, every driver agrees.
    let read = "SELECT id FROM article WHERE title = $1 AND category = $2";
    let write = "INSERT INTO article (id, category) VALUES (2, 'rust')";
    assert!(!run(read, &["x".into(), "go".into()], vec![], write, &[]));
}

#[test]
fn each_statement_of_a_text_numbers_its_own_placeholders() {
    let write = "UPDATE article SET title = ? WHERE id = 3; UPDATE article SET category = ? WHERE id = 2";
    assert!(run(ARTICLES, &[], vec![], write, &["rust".into(), "go".into()]));
}

#[test]
fn a_placeholder_that_is_used_twice_has_one_value() {
    let read = "SELECT id, title FROM article WHERE category = ?1 AND title = ?1";
    let write = "INSERT INTO article (id, category, title) VALUES (?1, ?2, ?2)";
    assert!(run(read, &["rust".into()], vec![], write, &[2.into(), "rust".into()]));
    assert!(!run(read, &["go".into()], vec![], write, &[2.into(), "rust".into()]));
}
