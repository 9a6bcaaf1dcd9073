//! Before-images: the rows that a write is about to change, read in its own transaction.
//!
//! A statement shows the new values of the columns that it sets; the old ones are gone. Where they decide
//! which lists and counts a row leaves, a query with the same condition shows them. It must run where no
//! other writer can come between it and the write, and it counts only if the write then changed as many rows.

use super::catalog::Catalog;
use super::model::Image;
use super::narrowing::{Narrowing, canonical};
use super::rows::Rows;
use crate::schema::{ColumnId, Dialect, Table, TableId};
use crate::sql::{Assigned, Effect, WritePlan};
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
    let (dialect, schema_table) = (catalog.schema().dialect(), catalog.table(table));
    let (condition, parameters) = match dialect {
        Dialect::MySql => {
            let (condition, parameters) = positional(&condition.0);
            (condition, Some(parameters))
        }
        Dialect::Sqlite | Dialect::Postgres => (condition.0.clone(), None),
    };
    let shows = if catalog.schema().knows_transactions() { Shows::RowAndTransaction } else { Shows::Row };
    let sql = text(dialect, schema_table, narrowing, &condition, shows) + lock;
    Some(BeforeQuery { sql, parameters, table, shows })
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

fn text(dialect: Dialect, table: &Table, narrowing: &Narrowing, condition: &str, shows: Shows) -> String {
    let quote = if dialect == Dialect::MySql { "`" } else { "\"" };
    let quoted = |name: &str| format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)));
    let columns = narrowing.columns().iter().map(|column| quoted(table.column(*column).name()));
    let transaction = (shows == Shows::RowAndTransaction).then(|| TRANSACTION.to_owned());
    let columns: Vec<String> = columns.chain(transaction).collect();
    // One more than is looked at, so that too many are told from as many as allowed.
    let limit = MAX_ROWS + 1;
    let name = quoted(table.name());
    let name = table.namespace().map_or(name.clone(), |namespace| format!("{}.{name}", quoted(namespace)));
    format!("SELECT {} FROM {name} WHERE {condition} LIMIT {limit}", columns.join(", "))
}

/// The rows are about to be written, so the transaction needs its number anyway.
const TRANSACTION: &str = "pg_catalog.pg_current_xact_id()::pg_catalog.text";

/// The condition with placeholders that have no numbers, and the numbers that they had.
fn positional(condition: &str) -> (String, Vec<usize>) {
    let (mut text, mut numbers, mut quote) = (String::new(), Vec::new(), None);
    let mut rest = condition.chars().peekable();
    while let Some(next) = rest.next() {
        text.push(next);
        match quote {
            // A doubled quote ends and begins again.
            Some(open) => quote = (next != open).then_some(open),
            None if matches!(next, '\'' | '"' | '`') => quote = Some(next),
            None if next == '?' => {
                let mut number = 0;
                while let Some(digit) = rest.peek().and_then(|next| next.to_digit(10)) {
                    number = number * 10 + digit as usize;
                    rest.next();
                }
                numbers.push(number.saturating_sub(1));
            }
            None => {}
        }
    }
    (text, numbers)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_keep_their_values_without_numbers() {
        let (text, numbers) = positional("`a?1` = ?12 AND b = 'it''s ?2' AND c IN (?3, ?3)");
        assert_eq!(text, "`a?1` = ? AND b = 'it''s ?2' AND c IN (?, ?)");
        assert_eq!(numbers, [11, 2, 2]);
    }
}
