//! Texts that the parser gives up on or misreads.

use super::*;

#[test]
fn a_table_may_be_named_in_single_quotes() {
    let write = "INSERT INTO 'log' (id) SELECT id FROM article INDEXED BY i WHERE id = 1 ON CONFLICT (id) DO NOTHING \
                 ON CONFLICT DO NOTHING";
    stale_after("SELECT count(*) FROM log", rows![[0]], write);
}

#[test]
fn a_trigger_may_name_its_table_in_single_quotes() {
    let text = "CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO 'log' VALUES (1); END";
    let trigger = Trigger { event: TriggerEvent::Insert, text: text.into() };
    let t = TableDefinition::new("t").column(Column::int("id")).primary_key(["id"]).trigger(trigger);
    let log = TableDefinition::new("log").column(Column::int("id")).primary_key(["id"]);
    let schema = Schema::new(Dialect::Sqlite, [t, log], []).unwrap();
    let read = "SELECT count(*) FROM log";
    assert!(misses(schema, &[], read, &[], rows![[0]], "INSERT INTO t VALUES (1)", &[], Ran::Unknown));
}

#[test]
fn vacuum_may_number_rows_anew() {
    stale_after("SELECT rowid, title FROM code", rows![[1, 2]], "VACUUM");
}

#[test]
fn several_conflict_clauses_are_not_one() {
    let read = "SELECT id FROM article WHERE id = 7";
    let write = "INSERT INTO article (id, category) VALUES (1, 'x') ON CONFLICT (id) DO NOTHING \
                 ON CONFLICT DO UPDATE SET category = 'rust'";
    stale_after(read, rows![[7]], write);
}
