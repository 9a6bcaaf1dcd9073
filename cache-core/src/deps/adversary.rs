//! Counterexamples: a read, a write that changes its result, and the promise that they meet.

use super::*;
use crate::entity::Declaration;
use crate::mark::{Mark, Marks};
use crate::schema::{
    Column, Dialect, ReferentialAction, Schema, TableDefinition, Trigger, TriggerEvent, View,
};
use crate::sql::Plan;
use crate::value::Value;

/// The rows of a result, as they would be read.
#[derive(Debug)]
struct Shown(Vec<Vec<Value>>);

impl Rows for Shown {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn columns(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    fn value(&self, row: usize, column: usize) -> Value {
        self.0[row].get(column).cloned().unwrap_or(Value::Opaque)
    }
}

/// `rows![[1, "a"], [2, null]]`.
macro_rules! rows {
    ($([$($value:expr),*]),*) => { vec![$(vec![$(Value::from($value)),*]),*] };
}

const NULL: Option<i64> = None;

/// Whether a read that returned these rows misses after the write: it is not cached, or their marks meet.
#[allow(clippy::too_many_arguments)]
fn misses(
    schema: Schema,
    scopes: &[Declaration],
    read: &str,
    read_values: &[Value],
    rows: Vec<Vec<Value>>,
    write: &str,
    write_values: &[Value],
    ran: Ran<'_>,
) -> bool {
    let catalog = Catalog::new(&DatabaseId::new("adversary"), schema, scopes);
    let plan = catalog.plan(read);
    let Plan::Read(plan) = &*plan else { return true };
    if plan.refusal.is_some() {
        return true;
    }
    let shown = Shown(rows);
    let watched = watches(&catalog, plan, read_values, Some(&shown));
    let mut watch_marks = catalog.watch_marks(&watched);
    watch_marks.merge(&[Mark::EVERYTHING].into_iter().collect::<Marks>());
    let plan = catalog.plan(write);
    let Plan::Write(plan) = &*plan else { return false };
    let touched = touches(&catalog, plan, write_values, ran);
    let meets = catalog.touch_marks(&touched).meets(&watch_marks);
    if !meets {
        eprintln!("{read}\n  watches {watched:#?}\n{write}\n  touches {touched:#?}");
    }
    meets
}

/// One case against the usual schema, with nothing known of how the write ran.
#[track_caller]
fn stale_after(read: &str, rows: Vec<Vec<Value>>, write: &str) {
    assert!(run(read, &[], rows, write, &[]), "stale: `{read}` after `{write}`");
}

/// The opposite: what must go on being hit.
#[track_caller]
fn survives(read: &str, rows: Vec<Vec<Value>>, write: &str) {
    assert!(!run(read, &[], rows, write, &[]), "needless miss: `{read}` after `{write}`");
}

fn run(read: &str, values: &[Value], rows: Vec<Vec<Value>>, write: &str, written: &[Value]) -> bool {
    misses(schema(), &scopes(), read, values, rows, write, written, Ran::Unknown)
}

fn scopes() -> Vec<Declaration> {
    vec![Declaration::new("article").scope(["category"]).scope(["views"]).scope(["category", "published"])]
}

/// Authors and their articles, tags that no foreign key guards, a table with a nullable text key, one with a
/// generated column, and a view of each kind.
fn schema() -> Schema {
    use ReferentialAction::{Cascade, Restrict, SetNull};
    let author = TableDefinition::new("author")
        .column(Column::int("id").not_null())
        .column(Column::text("name"))
        .primary_key(["id"])
        .rowid_key();
    let article = TableDefinition::new("article")
        .column(Column::int("id").not_null())
        .column(Column::int("author_id"))
        .column(Column::text("category"))
        .column(Column::text("title"))
        .column(Column::int("views"))
        .column(Column::int("published"))
        .column(Column::int("tag_id"))
        .primary_key(["id"])
        .rowid_key()
        .foreign_key(["author_id"], "author", ["id"], Cascade, Restrict);
    let tag = TableDefinition::new("tag")
        .column(Column::int("id").not_null())
        .column(Column::text("name"))
        .primary_key(["id"])
        .rowid_key();
    let node = TableDefinition::new("node")
        .column(Column::int("id").not_null())
        .column(Column::int("parent_id"))
        .column(Column::text("name"))
        .primary_key(["id"])
        .rowid_key()
        .foreign_key(["parent_id"], "node", ["id"], SetNull, Restrict);
    let code = TableDefinition::new("code")
        .column(Column::text("id"))
        .column(Column::text("kind"))
        .column(Column::text("title"))
        .primary_key(["id"])
        .foreign_key(["kind"], "code", ["id"], Restrict, Restrict);
    let made = TableDefinition::new("made")
        .column(Column::int("id").not_null())
        .column(Column::int("twice").generated())
        .column(Column::text("a"))
        .column(Column::text("b"))
        .unique_key(["a"])
        .unique_key(["b"])
        .primary_key(["id"])
        .rowid_key();
    let log =
        TableDefinition::new("log").column(Column::int("id").not_null()).primary_key(["id"]).rowid_key();
    let rust = View::new("rust", "SELECT id, title FROM article WHERE category = 'rust'", ["id", "title"]);
    Schema::new(Dialect::Sqlite, [author, article, tag, node, code, made, log], [rust]).unwrap()
}

const ARTICLES: &str = "SELECT id, title FROM article WHERE category = 'rust'";

#[test]
fn a_new_row_of_the_category_is_missed() {
    stale_after(ARTICLES, rows![[1, "a"]], "INSERT INTO article (id, category) VALUES (2, 'rust')");
    survives(ARTICLES, rows![[1, "a"]], "INSERT INTO article (id, category) VALUES (2, 'go')");
    survives(ARTICLES, rows![[1, "a"]], "UPDATE article SET title = 'x' WHERE id = 2");
}
