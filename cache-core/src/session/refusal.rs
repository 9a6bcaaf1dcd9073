//! Statements that failed and are known to have changed nothing.

use crate::deps::Catalog;
use crate::mutation::{self, Mutation};
use crate::schema::{Dialect, Table};
use crate::sql::{Effect, WritePlan};

/// SQLite's extended codes of violated constraints: CHECK, FOREIGN KEY, NOT NULL, PRIMARY KEY, UNIQUE, ROWID, type of
/// a STRICT table. That of RAISE in a trigger is none of them, since RAISE(FAIL) keeps what was done before.
const SQLITE_CONSTRAINTS: [&str; 7] = ["275", "787", "1299", "1555", "2067", "2579", "3091"];

/// Whether a statement outside of a transaction that failed with this code of its database has changed nothing.
///
/// SQLite takes a statement back that violates a constraint, unless its conflict clause says FAIL: the rows before the
/// violating one then stay. The clause may be the statement's own, a table's, or that of a statement in a trigger.
pub(super) fn changed_nothing(catalog: &Catalog, plan: &WritePlan, sql: &str, code: &str) -> bool {
    let schema = catalog.schema();
    if schema.dialect() != Dialect::Sqlite || !plan.single || !SQLITE_CONSTRAINTS.contains(&code) {
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
