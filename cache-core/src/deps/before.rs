//! Before-images: the rows that a write is about to change, read in its own transaction.
//!
//! A statement shows the new values of the columns that it sets; the old ones are gone. Where they decide
//! which lists and counts a row leaves, a query with the same condition shows them. It must run where no
//! other writer can come between it and the write, and it counts only if the write then changed as many rows.

use super::catalog::Catalog;
use super::model::Image;
use super::narrowing::canonical;
use super::rows::Rows;
use crate::schema::{ColumnId, Dialect, TableId};
use crate::sql::{Assigned, Condition, Effect, WritePlan};
use crate::value::Value;

/// Rows beyond this many are not looked at one by one.
const MAX_ROWS: usize = 64;

/// Which writes are preceded by a query of the rows that they are about to change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum BeforeImages {
    /// None: what a row was before is unknown unless the statement says it.
    Never,
    /// Those of rows that their condition names by key, if they change a scope's column or delete.
    #[default]
    ByKey,
    /// Those by any condition.
    Always,
}

/// The query to run before a write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BeforeQuery {
    /// Its text.
    pub sql: String,
    /// Which bound values of the write it takes, by number from 0; `None`: all of them.
    pub parameters: Option<Vec<usize>>,
    table: TableId,
    shows: Shows,
}

/// What its rows show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shows {
    Row,
    /// And then the number of the transaction.
    RowAndTransaction,
}

/// The rows as they were before a write.
#[derive(Clone, Debug)]
pub struct Before {
    pub(super) table: TableId,
    pub(super) rows: Vec<(Vec<Value>, Image)>,
    transaction: Option<u64>,
}

/// The query that shows what a write is about to change, if it is worth its cost.
#[must_use]
pub fn before_query(catalog: &Catalog, plan: &WritePlan, mode: BeforeImages) -> Option<BeforeQuery> {
    let ([effect], true) = (plan.effects.as_slice(), plan.single) else { return None };
    let (table, fixed, set, condition): (_, _, &[Assigned], _) = match effect {
        Effect::Update(update) => (update.table, &update.fixed, &update.set, update.condition.as_ref()?),
        Effect::Delete(delete) if delete.returning.is_none() => {
            (delete.table, &delete.fixed, &[], delete.condition.as_ref()?)
        }
        _ => return None,
    };
    let narrowing = catalog.narrowing(table);
    let key = narrowing.key()?;
    let is_fixed = |column: ColumnId| fixed.iter().any(|fixed| fixed.column == column);
    let by_key = key.iter().all(|place| is_fixed(narrowing.columns()[*place]));
    let in_scope = |column: ColumnId| {
        let places = narrowing.scopes().iter().flat_map(|scope| scope.places());
        places.into_iter().any(|place| narrowing.columns()[*place] == column)
    };
    let leaves = |column: ColumnId| set.is_empty() || set.iter().any(|assigned| assigned.column == column);
    let worth =
        narrowing.columns().iter().any(|column| in_scope(*column) && leaves(*column) && !is_fixed(*column));
    let lock = lock(catalog, table, set)?;
    let wanted = match mode {
        BeforeImages::Never => false,
        BeforeImages::ByKey => by_key,
        BeforeImages::Always => true,
    };
    if !wanted || !worth {
        return None;
    }
    let shows = if catalog.schema().knows_transactions() { Shows::RowAndTransaction } else { Shows::Row };
    let sql = text(catalog, table, condition, shows) + lock;
    Some(BeforeQuery { sql, parameters: condition.parameters.clone(), table, shows })
}

/// What keeps others from the rows until they are written: on a server the lock that the write takes anyway, and no
/// stronger one, which rows that reference them would wait for. `None` if there is no such thing.
fn lock(catalog: &Catalog, table: TableId, set: &[Assigned]) -> Option<&'static str> {
    let table = catalog.table(table);
    let is_key = |assigned: &Assigned| {
        table.primary_key().contains(&assigned.column)
            || table.unique_keys().iter().any(|key| key.contains(assigned.column))
    };
    match catalog.schema().dialect() {
        // Whoever has begun to write keeps all others out.
        Dialect::Sqlite => Some(""),
        Dialect::Postgres if !table.is_lockable() => None,
        Dialect::Postgres if set.is_empty() || set.iter().any(is_key) => Some(" FOR UPDATE"),
        Dialect::Postgres => Some(" FOR NO KEY UPDATE"),
        // Where there are no transactions, another writer may come between.
        Dialect::MySql if table.is_immediate() => None,
        Dialect::MySql => Some(" FOR UPDATE"),
    }
}

/// The table and the condition are in the words of the write, so that it is asked for the very rows that are written.
fn text(catalog: &Catalog, table: TableId, condition: &Condition, shows: Shows) -> String {
    let quote = if catalog.schema().dialect() == Dialect::MySql { "`" } else { "\"" };
    let quoted = |name: &str| format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)));
    let columns = catalog.narrowing(table).columns().iter();
    let columns = columns.map(|column| quoted(catalog.table(table).column(*column).name()));
    let transaction = (shows == Shows::RowAndTransaction).then(|| TRANSACTION.to_owned());
    let columns: Vec<String> = columns.chain(transaction).collect();
    // One more than is looked at, so that too many are told from as many as allowed.
    let limit = MAX_ROWS + 1;
    let Condition { table, filter, .. } = condition;
    format!("SELECT {} FROM {table} WHERE {filter} LIMIT {limit}", columns.join(", "))
}

/// The rows are about to be written, so the transaction needs its number anyway.
const TRANSACTION: &str = "pg_catalog.pg_current_xact_id()::pg_catalog.text";

impl BeforeQuery {
    /// What the query showed; `None` if it cannot be used.
    #[must_use]
    pub fn read(&self, catalog: &Catalog, rows: &dyn Rows) -> Option<Before> {
        let (table, narrowing) = (catalog.table(self.table), catalog.narrowing(self.table));
        let columns = narrowing.columns();
        let width = columns.len() + usize::from(self.shows == Shows::RowAndTransaction);
        if rows.len() > MAX_ROWS || !rows.is_empty() && rows.columns() != width {
            return None;
        }
        let image = |row: usize| {
            let values = columns.iter().enumerate();
            Image(values.map(|(place, column)| canonical(table, *column, &rows.value(row, place))).collect())
        };
        let transaction = match rows.is_empty() || self.shows == Shows::Row {
            true => None,
            false => transaction_number(&rows.value(0, columns.len())),
        };
        let rows = (0..rows.len()).map(|row| {
            let image = image(row);
            let key: Vec<Value> = image.known(narrowing.key()?)?.into_iter().cloned().collect();
            (!key.contains(&Value::Null)).then_some((key, image))
        });
        Some(Before { table: self.table, rows: rows.collect::<Option<_>>()?, transaction })
    }
}

/// The number that the database shows of a transaction.
pub(crate) fn transaction_number(shown: &Value) -> Option<u64> {
    match shown {
        Value::Text(number) => number.parse().ok(),
        _ => None,
    }
}

impl Before {
    /// The number of the transaction in which they were read.
    pub(crate) fn transaction(&self) -> Option<u64> {
        self.transaction
    }

    /// What a row was, by its key.
    pub(super) fn image(&self, key: &[Value]) -> Option<&Image> {
        self.rows.iter().find(|(known, _)| known == key).map(|(_, image)| image)
    }
}
