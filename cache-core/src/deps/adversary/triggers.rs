//! Triggers, on the rows of a statement and on those that follow.

use super::*;

/// Parents whose children go with them, and a trigger on the children that writes a log.
fn triggered(event: TriggerEvent, text: &str) -> Schema {
    use ReferentialAction::{Cascade, Restrict};
    let log =
        TableDefinition::new("log").column(Column::int("id").not_null()).primary_key(["id"]).rowid_key();
    let parent =
        TableDefinition::new("parent").column(Column::int("id").not_null()).primary_key(["id"]).rowid_key();
    let child = TableDefinition::new("child")
        .column(Column::int("id").not_null())
        .column(Column::int("parent_id"))
        .column(Column::text("title"))
        .primary_key(["id"])
        .rowid_key()
        .foreign_key(["parent_id"], "parent", ["id"], Cascade, Restrict)
        .trigger(Trigger { event, text: text.into() });
    Schema::new(Dialect::Sqlite, [log, parent, child], []).unwrap()
}

#[test]
fn triggers_fire_on_cascaded_and_passed_over_rows() {
    let text = "CREATE TRIGGER x BEFORE DELETE ON child BEGIN INSERT INTO main.[log] VALUES (1); \
                SELECT RAISE(IGNORE); END";
    let read = "SELECT count(*) FROM log";
    for (write, ran) in [
        ("DELETE FROM parent WHERE id = 1", Ran::Count(1)),
        ("DELETE FROM child WHERE id = 1", Ran::Count(0)),
        ("DELETE FROM child RETURNING id", Ran::Rows(&Shown(vec![]))),
        ("REPLACE INTO parent VALUES (1)", Ran::Count(1)),
        ("UPDATE OR REPLACE child SET id = 2 WHERE id = 1", Ran::Count(1)),
    ] {
        let schema = triggered(TriggerEvent::Delete, text);
        assert!(misses(schema, &[], read, &[], rows![[0]], write, &[], ran), "{write}");
    }
    let text = "CREATE TRIGGER x AFTER UPDATE OF title ON child BEGIN INSERT INTO `log` VALUES (1); END";
    for (write, fires) in [
        ("UPDATE child SET title = 'x' WHERE id = 1", true),
        ("UPDATE child SET (parent_id, TITLE) = (1, 'x')", true),
        ("INSERT INTO child (id) VALUES (1) ON CONFLICT DO UPDATE SET title = 'x'", true),
        ("UPDATE child SET id = 2, title = 'x' WHERE id = 1", true),
        ("UPDATE child SET parent_id = 2 WHERE id = 1", false),
    ] {
        let schema = triggered(TriggerEvent::Update(vec!["title".into()]), text);
        assert_eq!(misses(schema, &[], read, &[], rows![[0]], write, &[], Ran::Unknown), fires, "{write}");
    }
}
