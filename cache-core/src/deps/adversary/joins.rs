//! Joins: partners that are missing, hidden or skipped.

use super::*;

#[test]
fn on_of_a_left_join_never_carries_a_filter_between_preserved_columns() {
    let read = "SELECT a.id, b.id, a.title, c.id FROM article a JOIN article b ON b.tag_id = a.tag_id \
                LEFT JOIN tag c ON a.views = b.views AND c.id = a.tag_id WHERE a.views = 5";
    stale_after(read, vec![], "INSERT INTO article (id, tag_id, views) VALUES (9, 1, 6)");
    let read =
        "SELECT count(*) FROM article a LEFT JOIN tag t ON a.views = a.published WHERE a.published = 5";
    stale_after(read, rows![[0]], "INSERT INTO article (id, views, published) VALUES (9, 6, 5)");
}

#[test]
fn what_a_left_join_filters_is_not_carried_back_to_the_preserved_side() {
    let read = "SELECT count(*) FROM article a LEFT JOIN node n ON n.parent_id = a.published \
                AND n.parent_id = a.views WHERE a.published = 5";
    stale_after(read, rows![[0]], "INSERT INTO article (id, views, published) VALUES (9, 6, 5)");
}

#[test]
fn a_filter_on_the_optional_side_is_carried_to_the_preserved_side() {
    let read = "SELECT count(*) FROM article a LEFT JOIN article b ON b.views = a.views WHERE b.views = 5";
    survives(read, rows![[0]], "INSERT INTO article (id, views) VALUES (9, 6)");
    let read = "SELECT count(*) FROM article a LEFT JOIN article b ON b.views = a.views WHERE a.views = 5";
    survives(read, rows![[0]], "INSERT INTO article (id, views) VALUES (9, 6)");
}

#[test]
fn the_death_of_a_partner_that_an_anti_join_hides_is_seen() {
    let read = "SELECT a.id, t.id FROM article a LEFT JOIN tag t ON t.id = a.tag_id WHERE t.id IS NULL";
    stale_after(read, vec![], "DELETE FROM tag WHERE id = 5");
    let read = "SELECT a.id, t.id FROM article a LEFT JOIN tag t ON t.id = a.tag_id \
                LEFT JOIN node n ON n.parent_id = t.id WHERE n.id IS NULL";
    stale_after(read, vec![], "DELETE FROM tag WHERE id = 5");
}

#[test]
fn the_death_of_a_partner_that_a_right_join_hides_is_seen() {
    let read = "SELECT n.id, t.id FROM article a JOIN tag t ON t.id = a.tag_id \
                RIGHT JOIN node n ON n.parent_id = t.id WHERE t.id IS NULL";
    stale_after(read, vec![], "DELETE FROM tag WHERE id = 5");
}

#[test]
fn the_death_of_a_skipped_partner_moves_the_window() {
    let read =
        "SELECT a.id, t.id FROM article a JOIN tag t ON t.id = a.tag_id ORDER BY a.id LIMIT 1 OFFSET 1";
    stale_after(read, rows![[2, 6]], "DELETE FROM tag WHERE id = 5");
    let read = "SELECT a.id, t.id FROM article a JOIN tag t ON t.id = a.tag_id ORDER BY a.id LIMIT 1, 1";
    stale_after(read, rows![[2, 6]], "DELETE FROM tag WHERE id = 5");
    // A left join neither adds nor removes rows.
    let read =
        "SELECT a.id, t.id FROM article a LEFT JOIN tag t ON t.id = a.tag_id ORDER BY a.id LIMIT 1 OFFSET 1";
    survives(read, rows![[2, 6]], "DELETE FROM tag WHERE id = 5");
}

#[test]
fn a_dangling_reference_waits_for_its_parent() {
    let read =
        "SELECT a.id, a.author_id, p.id, p.name FROM article a LEFT JOIN author p ON p.id = a.author_id";
    let dangling = vec![vec![1.into(), 12.into(), Value::Null, Value::Null]];
    stale_after(read, dangling, "INSERT INTO author (id, name) VALUES (12, 'x')");
    let nothing = vec![vec![1.into(), Value::Null, Value::Null, Value::Null]];
    survives(read, nothing, "INSERT INTO author (id, name) VALUES (12, 'x')");
    let found = vec![vec![1.into(), 12.into(), 12.into(), "x".into()]];
    survives(read, found, "INSERT INTO author (id, name) VALUES (13, 'x')");
}

#[test]
fn a_key_is_no_guarantee_where_the_join_compares_by_another_rule() {
    let parent = TableDefinition::new("parent").column(Column::text("id").not_null()).primary_key(["id"]);
    let child = |reference: Column| {
        TableDefinition::new("child")
            .column(Column::int("id").not_null())
            .column(reference)
            .primary_key(["id"])
            .foreign_key(
                ["parent_id"],
                "parent",
                ["id"],
                ReferentialAction::Restrict,
                ReferentialAction::Restrict,
            )
    };
    for reference in [Column::text("parent_id").collated(), Column::int("parent_id")] {
        let schema = Schema::new(Dialect::Sqlite, [parent.clone(), child(reference)], []).unwrap();
        let read = "SELECT c.id, p.id FROM child c JOIN parent p ON c.parent_id = p.id";
        let write = "INSERT INTO parent (id) VALUES ('01')";
        assert!(misses(
            schema,
            &[],
            read,
            &[],
            rows![[1, "1"]]
                .into_iter()
                .map(|mut row: Vec<Value>| {
                    row[0] = 1.into();
                    row
                })
                .collect(),
            write,
            &[],
            Ran::Unknown
        ));
    }
}
