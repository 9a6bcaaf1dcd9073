//! The rows of the catalog queries.

/// All rows of the [`queries`](super::queries), read in one transaction.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Catalog {
    /// [`OBJECTS`](super::queries::OBJECTS).
    pub objects: Vec<Object>,
    /// [`COLUMNS`](super::queries::COLUMNS), and [`VIEW_COLUMNS`](super::queries::VIEW_COLUMNS) of each view
    /// for which it does not fail.
    pub columns: Vec<ColumnRow>,
    /// [`INDEXES`](super::queries::INDEXES).
    pub indexes: Vec<IndexRow>,
    /// [`FOREIGN_KEYS`](super::queries::FOREIGN_KEYS).
    pub foreign_keys: Vec<ForeignKeyRow>,
}

/// Whose object it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The main database.
    Main,
    /// The temporary database of this connection, whose names come before those of the main database.
    Temp,
}

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A table, virtual ones included.
    Table,
    /// An index.
    Index,
    /// A view.
    View,
    /// A trigger.
    Trigger,
}

impl Place {
    /// The place that a row of [`OBJECTS`](super::queries::OBJECTS) names.
    #[must_use]
    pub fn named(place: &str) -> Self {
        if place == "temp" { Self::Temp } else { Self::Main }
    }
}

impl Kind {
    /// The kind that a row of [`OBJECTS`](super::queries::OBJECTS) names; `None` for what later versions add.
    #[must_use]
    pub fn named(kind: &str) -> Option<Self> {
        Some(match kind {
            "table" => Self::Table,
            "index" => Self::Index,
            "view" => Self::View,
            "trigger" => Self::Trigger,
            _ => return None,
        })
    }
}

/// A row of [`OBJECTS`](super::queries::OBJECTS).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Whose object it is.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The table or view that it belongs to.
    pub table: String,
    /// Its CREATE statement.
    pub sql: String,
}

/// A row of [`COLUMNS`](super::queries::COLUMNS) or [`VIEW_COLUMNS`](super::queries::VIEW_COLUMNS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ColumnRow {
    /// The table or view.
    pub table: String,
    /// The column.
    pub name: String,
    /// The declared type, as written; may be empty.
    pub declared: String,
    /// `notnull`: not 0 if NULL is refused.
    pub not_null: i64,
    /// `pk`: the place in the primary key from 1, or 0.
    pub key: i64,
    /// `hidden`: 2 and 3 are generated columns.
    pub hidden: i64,
}

/// A row of [`INDEXES`](super::queries::INDEXES).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IndexRow {
    /// The table.
    pub table: String,
    /// The index.
    pub index: String,
    /// `pk` if it implements the primary key, `u` a UNIQUE constraint, `c` was created.
    pub origin: String,
    /// `partial`: not 0 if it has a WHERE clause.
    pub partial: i64,
    /// The column; `None` for an expression.
    pub column: Option<String>,
    /// The collation by which the index compares it.
    pub collation: Option<String>,
}

/// A row of [`FOREIGN_KEYS`](super::queries::FOREIGN_KEYS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForeignKeyRow {
    /// The referencing table.
    pub table: String,
    /// Which foreign key of that table.
    pub id: i64,
    /// The referenced table.
    pub parent: String,
    /// The referencing column.
    pub from: String,
    /// The referenced column; `None` for the primary key.
    pub to: Option<String>,
    /// The action, as written.
    pub on_update: String,
    /// The action, as written.
    pub on_delete: String,
}
