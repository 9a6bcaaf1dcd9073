//! The rows of the catalog queries.

/// All rows of the [`queries`](super::queries), read in one transaction.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Catalog {
    /// [`PLACE`](super::queries::PLACE): the connection's database.
    pub database: String,
    /// [`SETTINGS`](super::queries::SETTINGS).
    pub settings: Settings,
    /// [`TABLES`](super::queries::TABLES).
    pub tables: Vec<TableRow>,
    /// [`COLUMNS`](super::queries::COLUMNS).
    pub columns: Vec<ColumnRow>,
    /// [`INDEXES`](super::queries::INDEXES).
    pub indexes: Vec<IndexRow>,
    /// [`FOREIGN_KEYS`](super::queries::FOREIGN_KEYS).
    pub foreign_keys: Vec<ForeignKeyRow>,
    /// Whether all tables that reference others are among them.
    pub references: Sight,
    /// [`FOLLOWERS`](super::queries::FOLLOWERS).
    pub followers: Vec<FollowerRow>,
    /// Whether all triggers are among them.
    pub sight: Sight,
    /// [`TRIGGERS`](super::queries::TRIGGERS).
    pub triggers: Vec<TriggerRow>,
    /// [`VIEWS`](super::queries::VIEWS).
    pub views: Vec<ViewRow>,
    /// [`ROUTINES`](super::queries::ROUTINES).
    pub routines: Vec<RoutineRow>,
    /// [`PARAMETERS`](super::queries::PARAMETERS).
    pub parameters: Vec<ParameterRow>,
}

/// Whether the connection's user is shown that there is something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sight {
    /// All that there is: of triggers on MariaDB, or if the user is granted TRIGGER.
    #[default]
    All,
    /// There may be others than those shown.
    Some,
}

/// A row of [`TABLES`](super::queries::TABLES).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TableRow {
    /// Its name.
    pub name: String,
    /// `BASE TABLE`, `VIEW`, `SEQUENCE`, `SYSTEM VERSIONED`, ...
    pub kind: String,
    /// What keeps its rows.
    pub engine: String,
}

/// A row of [`COLUMNS`](super::queries::COLUMNS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ColumnRow {
    /// The table or view.
    pub table: String,
    /// The column.
    pub name: String,
    /// The type with its length, `bigint(20) unsigned`.
    pub declared: String,
    /// How many characters, or bytes, it holds at most; 0 for other types.
    pub length: i64,
    /// The collation; empty for what is no text.
    pub collation: String,
    /// `YES` or `NO`.
    pub nullable: String,
    /// `auto_increment`, `on update current_timestamp()`, `VIRTUAL GENERATED`, `INVISIBLE`, ...
    pub extra: String,
    /// The expression of a generated column; empty for others.
    pub generated: String,
}

/// A row of [`INDEXES`](super::queries::INDEXES).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IndexRow {
    /// The table.
    pub table: String,
    /// The index; `PRIMARY` is the primary key.
    pub index: String,
    /// The column; `None` for an expression.
    pub column: Option<String>,
}

/// Where a referenced table is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Parent {
    /// In the connection's database.
    #[default]
    Here,
    /// In another database of the server.
    Elsewhere,
}

/// A row of [`FOREIGN_KEYS`](super::queries::FOREIGN_KEYS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForeignKeyRow {
    /// The referencing table.
    pub table: String,
    /// Which foreign key of that table.
    pub name: String,
    /// The referencing column.
    pub from: String,
    /// Where the referenced table is.
    pub place: Parent,
    /// The referenced table.
    pub parent: String,
    /// The referenced column.
    pub to: String,
    /// The action, as written.
    pub on_delete: String,
    /// The action, as written.
    pub on_update: String,
}

/// A row of [`FOLLOWERS`](super::queries::FOLLOWERS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FollowerRow {
    /// The referenced table.
    pub parent: String,
    /// The referenced column.
    pub column: String,
    /// The action, as written.
    pub on_delete: String,
    /// The action, as written.
    pub on_update: String,
}

/// A row of [`TRIGGERS`](super::queries::TRIGGERS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TriggerRow {
    /// The table.
    pub table: String,
    /// `BEFORE` or `AFTER`.
    pub timing: String,
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub event: String,
    /// What it does; `None` if the connection's user may not see that.
    pub statement: Option<String>,
    /// The `sql_mode` in which it was written.
    pub sql_mode: String,
}

/// A row of [`VIEWS`](super::queries::VIEWS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ViewRow {
    /// Its name.
    pub name: String,
    /// Its query; empty if the connection's user may not see it.
    pub query: String,
}

/// A row of [`ROUTINES`](super::queries::ROUTINES).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RoutineRow {
    /// Its name.
    pub name: String,
    /// `FUNCTION`, `PROCEDURE`, `PACKAGE`, ...
    pub kind: String,
    /// What it does; `None` if the connection's user may not see that.
    pub body: Option<String>,
    /// The `sql_mode` in which it was written.
    pub sql_mode: String,
}

/// A row of [`PARAMETERS`](super::queries::PARAMETERS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ParameterRow {
    /// The routine.
    pub routine: String,
    /// What the routine is.
    pub kind: String,
    /// The parameter.
    pub name: String,
}

/// The rows of [`SETTINGS`](super::queries::SETTINGS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings(Vec<(String, String)>);

impl Settings {
    /// The settings with these names and values.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(rows.into_iter().collect())
    }

    /// The value of a setting; empty for one that the server does not have.
    #[must_use]
    pub fn named(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// Whether a setting is switched on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        matches!(self.named(name), "ON" | "1")
    }
}
