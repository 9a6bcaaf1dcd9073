//! Counterexamples: a read, a write that changes its result, and the promise that they meet.

/// `rows![[1, "a"], [2, null]]`.
macro_rules! rows {
    ($([$($value:expr),*]),*) => { vec![$(vec![$(Value::from($value)),*]),*] };
}

mod fixture;
mod joins;
mod kinds;
mod lists;
mod order;
mod parameters;
mod rows;
mod triggers;
mod unparsed;

use fixture::{ARTICLES, schema, scopes};

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
    let touched = touches(&catalog, plan, write_values, None, ran);
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
