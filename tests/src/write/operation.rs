//! Single writes as data.

use crate::backend::{Backend, Verb};
use crate::literal::{Literal, Sql, Type, Values};
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

    /// This one, or one without the rows that the database does not return.
    #[must_use]
    pub fn on(self, backend: Backend, verb: Verb) -> Self {
        let returns = match self {
            // SeaORM asks for rows that are deleted where every statement returns rows.
            Self::Returning => verb == Verb::Insert || backend.returns(Verb::Update),
            _ => backend.returns(verb),
        };
        match self {
            Self::Returning if !returns => Self::Many,
            Self::InlineReturning if !returns => Self::Inline,
            Self::FirstReturned if !returns => Self::Bound,
            style => style,
        }
    }

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
    /// How it reaches the database, if it is no text.
    #[must_use]
    pub fn style(&self) -> Option<Style> {
        match self {
            Self::Update { style, .. }
            | Self::Insert { style, .. }
            | Self::Upsert { style, .. }
            | Self::Delete { style, .. }
            | Self::UpdateMany { style, .. }
            | Self::DeleteMany { style, .. } => Some(*style),
            Self::Text { .. } => None,
        }
    }

    /// The write as SQL, for the styles that are SQL, and for messages.
    #[must_use]
    pub fn sql(&self, backend: Backend) -> Sql {
        match self {
            Self::Update { table, key, changes, style } => {
                update(*table, &Filter::key(*table, key), changes, *style)
            }
            Self::UpdateMany { table, filter, changes, style } => update(*table, filter, changes, *style),
            Self::Insert { table, rows, style } => {
                returning(insert("INSERT", *table, rows, *style, backend), *style)
            }
            Self::Upsert { table, row, target, conflict, style } => {
                returning(upsert(*table, row, target, conflict, *style, backend), *style)
            }
            Self::Delete { table, key, style } => delete(*table, &Filter::key(*table, key), *style),
            Self::DeleteMany { table, filter, style } => delete(*table, filter, *style),
            Self::Text { sql, .. } => sql.clone(),
        }
    }
}

/// Ends a chain where an arm returns nothing.
fn ignore(_: &mut Sql) {}

fn insert(verb: &str, table: Table, rows: &[Row], style: Style, backend: Backend) -> Sql {
    let mut sql = Sql::new(style.values());
    sql.push(verb).push(" INTO ").push(table.name());
    let columns = rows.first().map(Vec::as_slice).unwrap_or_default();
    if columns.is_empty() {
        sql.push(if backend == Backend::MariaDb { " () VALUES ()" } else { " DEFAULT VALUES" });
        return sql;
    }
    sql.push(" (").names(columns.iter().map(|(column, _)| column.name)).push(") VALUES ");
    for (index, row) in rows.iter().enumerate() {
        sql.push(if index > 0 { ", (" } else { "(" });
        for (index, (column, value)) in row.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" }).value(value, column.of());
        }
        sql.push(")");
    }
    sql
}

fn upsert(
    table: Table,
    row: &Row,
    target: &[Column],
    conflict: &Conflict,
    style: Style,
    backend: Backend,
) -> Sql {
    let rows = std::slice::from_ref(row);
    if backend == Backend::MariaDb && *conflict == Conflict::Nothing {
        return insert("INSERT IGNORE", table, rows, style, backend);
    }
    let mut sql = insert("INSERT", table, rows, style, backend);
    if backend == Backend::MariaDb {
        sql.push(" ON DUPLICATE KEY UPDATE ");
    } else {
        sql.push(" ON CONFLICT (").names(target.iter().map(|column| column.name)).push(") DO ");
        sql.push(if *conflict == Conflict::Nothing { "NOTHING" } else { "UPDATE SET " });
    }
    match conflict {
        Conflict::Nothing => {}
        Conflict::Update(columns) => {
            for (index, column) in columns.iter().enumerate() {
                sql.push(if index > 0 { ", " } else { "" }).push(column.name);
                match backend {
                    Backend::MariaDb => ignore(sql.push(" = VALUES(").push(column.name).push(")")),
                    _ => ignore(sql.push(" = excluded.").push(column.name)),
                }
            }
        }
        Conflict::Change(change) => {
            // In PostgreSQL the row that is there and the new one are both meant by a name alone.
            let qualifier =
                if backend == Backend::Postgres { format!("{}.", table.name()) } else { String::new() };
            set(&mut sql, std::slice::from_ref(change), &qualifier);
        }
    }
    sql
}

fn update(table: Table, filter: &Filter, changes: &[Change], style: Style) -> Sql {
    let mut sql = Sql::new(style.values());
    sql.push("UPDATE ").push(table.name()).push(" SET ");
    set(&mut sql, changes, "");
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

/// A column that is read stands behind the qualifier.
fn set(sql: &mut Sql, changes: &[Change], qualifier: &str) {
    for (index, change) in changes.iter().enumerate() {
        sql.push(if index > 0 { ", " } else { "" });
        match change {
            Change::To(column, value) => {
                sql.push(column.name).push(" = ").value(value, column.of());
            }
            Change::Add(column, number) => {
                sql.push(column.name).push(" = ").push(qualifier).push(column.name).push(" + ");
                sql.value(&Literal::Int(*number), Type::Int);
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
