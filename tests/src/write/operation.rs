//! Single writes as data.

use std::fmt;

use crate::literal::{Literal, Sql, Values};
use crate::read::Filter;
use crate::world::{Column, Table};

/// What becomes of a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It gets a value.
    To(Column, Literal),
    /// A number is added to it.
    Add(Column, i64),
}

/// The columns of a new row and their values.
pub type Row = Vec<(Column, Literal)>;

/// How the write reaches the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// The `ActiveModel` of a model that was read before: `update`, `delete`.
    Active,
    /// An `ActiveModel` with only the key and the changed columns: `insert`, `update`, `delete`.
    Blind,
    /// `Entity::insert`, `Entity::update`, `Entity::delete`.
    Entity,
    /// `insert_many`, `update_many`, `delete_many` with a filter.
    Many,
    /// The same, with `exec_with_returning`.
    Returning,
    /// The same, with `exec_without_returning`.
    Silent,
    /// SQL with bound values.
    Bound,
    /// SQL with the values in the text.
    Inline,
    /// SQL with `RETURNING *`, all rows read.
    InlineReturning,
    /// SQL with `RETURNING`, one row read of however many.
    FirstReturned,
}

impl Style {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Active,
        Self::Blind,
        Self::Entity,
        Self::Many,
        Self::Returning,
        Self::Silent,
        Self::Bound,
        Self::Inline,
        Self::InlineReturning,
        Self::FirstReturned,
    ];

    fn values(self) -> Values {
        if self == Self::Bound { Values::Bound } else { Values::Inline }
    }
}

/// What an upsert does with the row that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Conflict {
    /// Nothing.
    Nothing,
    /// These columns get the values of the new row.
    Update(Vec<Column>),
    /// Something else than the new row says.
    Change(Change),
}

/// A method that runs a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is SeaORM's method of a like name")]
pub enum Call {
    Execute,
    QueryAll,
    QueryOne,
    Unprepared,
}

/// One write.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are what the variants are made of")]
pub enum Operation {
    /// Of the row with a key.
    Update { table: Table, key: Vec<Literal>, changes: Vec<Change>, style: Style },
    /// Of new rows, which have the same columns.
    Insert { table: Table, rows: Vec<Row>, style: Style },
    /// Of a new row, or of one that is in its way.
    Upsert { table: Table, row: Row, target: Vec<Column>, conflict: Conflict, style: Style },
    /// Of the row with a key.
    Delete { table: Table, key: Vec<Literal>, style: Style },
    /// Of the rows of a filter.
    UpdateMany { table: Table, filter: Filter, changes: Vec<Change>, style: Style },
    /// Of the rows of a filter.
    DeleteMany { table: Table, filter: Filter, style: Style },
    /// A text.
    Text { sql: Sql, call: Call },
}

impl Operation {
    /// The write as SQL, for the styles that are SQL, and for messages.
    #[must_use]
    pub fn sql(&self) -> Sql {
        match self {
            Self::Update { table, key, changes, style } => {
                update(*table, &Filter::key(*table, key), changes, *style)
            }
            Self::UpdateMany { table, filter, changes, style } => update(*table, filter, changes, *style),
            Self::Insert { table, rows, style } => returning(insert(*table, rows, *style), *style),
            Self::Upsert { table, row, target, conflict, style } => {
                let mut sql = insert(*table, std::slice::from_ref(row), *style);
                sql.push(" ON CONFLICT (").names(target.iter().map(|column| column.name)).push(") DO ");
                match conflict {
                    Conflict::Nothing => ignore(sql.push("NOTHING")),
                    Conflict::Update(columns) => {
                        sql.push("UPDATE SET ");
                        for (index, column) in columns.iter().enumerate() {
                            sql.push(if index > 0 { ", " } else { "" }).push(column.name);
                            sql.push(" = excluded.").push(column.name);
                        }
                    }
                    Conflict::Change(change) => {
                        sql.push("UPDATE SET ");
                        set(&mut sql, std::slice::from_ref(change));
                    }
                }
                returning(sql, *style)
            }
            Self::Delete { table, key, style } => delete(*table, &Filter::key(*table, key), *style),
            Self::DeleteMany { table, filter, style } => delete(*table, filter, *style),
            Self::Text { sql, .. } => sql.clone(),
        }
    }
}

/// Ends a chain where an arm returns nothing.
fn ignore(_: &mut Sql) {}

fn insert(table: Table, rows: &[Row], style: Style) -> Sql {
    let mut sql = Sql::new(style.values());
    sql.push("INSERT INTO ").push(table.name());
    let columns = rows.first().map(Vec::as_slice).unwrap_or_default();
    if columns.is_empty() {
        sql.push(" DEFAULT VALUES");
        return sql;
    }
    sql.push(" (").names(columns.iter().map(|(column, _)| column.name)).push(") VALUES ");
    for (index, row) in rows.iter().enumerate() {
        sql.push(if index > 0 { ", (" } else { "(" });
        sql.literals(row.iter().map(|(_, value)| value)).push(")");
    }
    sql
}

fn update(table: Table, filter: &Filter, changes: &[Change], style: Style) -> Sql {
    let mut sql = Sql::new(style.values());
    sql.push("UPDATE ").push(table.name()).push(" SET ");
    set(&mut sql, changes);
    sql.push(" WHERE ");
    filter.write(&mut sql);
    returning(sql, style)
}

fn delete(table: Table, filter: &Filter, style: Style) -> Sql {
    let mut sql = Sql::new(style.values());
    sql.push("DELETE FROM ").push(table.name()).push(" WHERE ");
    filter.write(&mut sql);
    returning(sql, style)
}

fn set(sql: &mut Sql, changes: &[Change]) {
    for (index, change) in changes.iter().enumerate() {
        sql.push(if index > 0 { ", " } else { "" });
        match change {
            Change::To(column, value) => ignore(sql.push(column.name).push(" = ").literal(value)),
            Change::Add(column, number) => {
                sql.push(column.name)
                    .push(" = ")
                    .push(column.name)
                    .push(" + ")
                    .literal(&Literal::Int(*number));
            }
        }
    }
}

fn returning(mut sql: Sql, style: Style) -> Sql {
    if matches!(style, Style::InlineReturning | Style::FirstReturned) {
        sql.push(" RETURNING *");
    }
    sql
}

/// The style and the SQL.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update { style, .. }
            | Self::Insert { style, .. }
            | Self::Upsert { style, .. }
            | Self::Delete { style, .. }
            | Self::UpdateMany { style, .. }
            | Self::DeleteMany { style, .. } => write!(f, "{style:?}: {}", self.sql()),
            Self::Text { call, .. } => write!(f, "{call:?}: {}", self.sql()),
        }
    }
}
