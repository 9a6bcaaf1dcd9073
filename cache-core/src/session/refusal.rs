//! Statements that failed and are known to have changed nothing.

use crate::deps::Catalog;
use crate::mutation::{self, Mutation};
use crate::schema::{Dialect, Table};
use crate::sql::{Effect, WritePlan};

/// SQLite's extended codes of violated constraints: CHECK, FOREIGN KEY, NOT NULL, PRIMARY KEY, UNIQUE, ROWID, type of
/// a STRICT table. That of RAISE in a trigger is none of them, since RAISE(FAIL) keeps what was done before.
const SQLITE_CONSTRAINTS: [&str; 7] = ["275", "787", "1299", "1555", "2067", "2579", "3091"];

/// PostgreSQL's codes, or the beginnings of them, with which it refuses a statement: values, constraints, names and
/// privileges, locks, what a routine raises, and transactions that it has to sacrifice. Those of lost connections, of a
/// server that shuts down and of an unknown completion are none of them.
const POSTGRES_REFUSALS: [&str; 10] = ["21", "22", "23", "25", "40001", "40P01", "42", "44", "55", "P0"];

/// The beginnings of MySQL's codes with which it refuses a statement: values, constraints, names and privileges, what a
/// trigger raises. Those of deadlocks, of waits that were given up and of a COMMIT that failed are none of them.
const MYSQL_REFUSALS: [&str; 4] = ["22", "23", "42", "45"];

/// Whether a statement that failed with this code of its database has changed nothing.
pub(super) fn changed_nothing(catalog: &Catalog, plan: &WritePlan, sql: &str, code: &str) -> bool {
    match catalog.schema().dialect() {
        Dialect::Sqlite => taken_back(catalog, plan, sql, code),
        // A statement happens as a whole or not at all, its COMMIT included. In a transaction nothing happens any more
        // until that, or a savepoint, is rolled back.
        Dialect::Postgres => plan.single && POSTGRES_REFUSALS.iter().any(|class| code.starts_with(class)),
        // So it does, in tables with transactions: of others the rows before the refused one stay.
        Dialect::MySql => {
            let keeps_rows = || catalog.schema().tables().iter().any(Table::is_immediate);
            let is_refusal = MYSQL_REFUSALS.iter().any(|class| code.starts_with(class));
            plan.single && is_refusal && (mutation::is(Mutation::FailKeepsNothing) || !keeps_rows())
        }
    }
}

/// SQLite takes a statement back that violates a constraint, unless its conflict clause says FAIL: the rows before the
/// violating one then stay. The clause may be the statement's own, a table's, or that of a statement in a trigger.
fn taken_back(catalog: &Catalog, plan: &WritePlan, sql: &str, code: &str) -> bool {
    let schema = catalog.schema();
    if !plan.single || !SQLITE_CONSTRAINTS.contains(&code) {
        return false;
    }
    if mutation::is(Mutation::FailKeepsNothing) {
        return true;
    }
    let has_triggers = |table: &Table| !table.triggers().is_empty();
    let without_triggers = plan.effects.iter().all(|effect| match effect {
        // A cascade reaches other tables.
        Effect::Update(_) | Effect::Delete(_) => !schema.tables().iter().any(has_triggers),
        Effect::Insert(insert) => !has_triggers(catalog.table(insert.table)),
        Effect::Table(_) | Effect::Everything => false,
    });
    let may_say_fail = sql.to_ascii_uppercase().contains("FAIL");
    without_triggers && !may_say_fail && !schema.tables().iter().any(Table::keeps_on_conflict)
}
