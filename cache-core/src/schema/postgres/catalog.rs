//! The rows of the catalog queries.

/// All rows of the [`queries`](super::queries), read in one transaction.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Catalog {
    /// [`SEARCH_PATH`](super::queries::SEARCH_PATH).
    pub search_path: Vec<String>,
    /// [`RELATIONS`](super::queries::RELATIONS).
    pub relations: Vec<RelationRow>,
    /// [`TEMPORARY`](super::queries::TEMPORARY).
    pub temporary: Vec<NameRow>,
    /// [`COLUMNS`](super::queries::COLUMNS).
    pub columns: Vec<ColumnRow>,
    /// [`INDEXES`](super::queries::INDEXES).
    pub indexes: Vec<IndexRow>,
    /// [`FOREIGN_KEYS`](super::queries::FOREIGN_KEYS).
    pub foreign_keys: Vec<ForeignKeyRow>,
    /// [`INHERITANCE`](super::queries::INHERITANCE).
    pub inheritance: Vec<InheritanceRow>,
    /// [`TRIGGERS`](super::queries::TRIGGERS).
    pub triggers: Vec<TriggerRow>,
    /// [`TRIGGER_COLUMNS`](super::queries::TRIGGER_COLUMNS).
    pub trigger_columns: Vec<TriggerColumnRow>,
    /// [`RULES`](super::queries::RULES).
    pub rules: Vec<RuleRow>,
    /// [`ROUTINES`](super::queries::ROUTINES).
    pub routines: Vec<RoutineRow>,
    /// [`OPERATORS`](super::queries::OPERATORS).
    pub operators: Vec<OperatorRow>,
    /// [`HAZARDS`](super::queries::HAZARDS).
    pub hazards: Vec<HazardRow>,
    /// [`ENUMS`](super::queries::ENUMS).
    pub enums: Vec<NameRow>,
}

/// A row of [`RELATIONS`](super::queries::RELATIONS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RelationRow {
    /// Its `oid`.
    pub oid: i64,
    /// The schema that it is in.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `relkind`: `r` table, `p` partitioned, `v` view, `m` materialized view, `f` foreign table.
    pub kind: String,
    /// `relpersistence`: `u` unlogged.
    pub persistence: String,
    /// Whether row-level security is on.
    pub row_security: bool,
    /// The query of a view.
    pub definition: Option<String>,
    /// Whether the session may lock its rows.
    pub lockable: bool,
}

/// A name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NameRow {
    /// The name.
    pub name: String,
}

/// A row of [`COLUMNS`](super::queries::COLUMNS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ColumnRow {
    /// The relation.
    pub relation: i64,
    /// Its name.
    pub name: String,
    /// The `oid` of its type.
    pub base: i64,
    /// `typtype` of its type: `b` base, `e` enumeration, `d` a domain over a domain.
    pub kind: String,
    /// `atttypmod`: length and scale, in the type's own coding; -1 without.
    pub modifier: i32,
    /// Whether its collation, if it has one, tells all different texts apart.
    pub deterministic: bool,
    /// Whether NULL is refused.
    pub not_null: bool,
    /// Whether it is computed from others of its row.
    pub generated: bool,
}

/// A row of [`INDEXES`](super::queries::INDEXES).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IndexRow {
    /// The table.
    pub relation: i64,
    /// The index.
    pub index: i64,
    /// Whether it is the primary key.
    pub primary: bool,
    /// The column.
    pub column: String,
}

/// A row of [`FOREIGN_KEYS`](super::queries::FOREIGN_KEYS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForeignKeyRow {
    /// The foreign key.
    pub key: i64,
    /// The referencing table.
    pub relation: i64,
    /// The referenced table.
    pub parent: i64,
    /// The referencing column.
    pub from: String,
    /// The referenced column.
    pub to: String,
    /// `confdeltype`: `c` cascade, `n` set null, `d` set default.
    pub on_delete: String,
    /// `confupdtype`.
    pub on_update: String,
    /// Whether only some of its columns are set when the referenced row is deleted.
    pub sets_some: bool,
    /// Whether it holds for the rows that are older than itself.
    pub validated: bool,
}

/// A row of [`INHERITANCE`](super::queries::INHERITANCE).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InheritanceRow {
    /// The partition or child.
    pub child: i64,
    /// What it is a part of.
    pub parent: i64,
}

/// A row of [`TRIGGERS`](super::queries::TRIGGERS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TriggerRow {
    /// The trigger.
    pub trigger: i64,
    /// Its table or view.
    pub relation: i64,
    /// `tgtype`: when and for what it fires, as bits.
    pub bits: i32,
    /// The language of its function.
    pub language: String,
    /// The body of its function.
    pub body: String,
    /// Whether its function runs with the settings of its caller.
    pub plain: bool,
    /// The name of its function.
    pub routine: String,
}

/// A row of [`TRIGGER_COLUMNS`](super::queries::TRIGGER_COLUMNS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TriggerColumnRow {
    /// The trigger.
    pub trigger: i64,
    /// The column.
    pub column: String,
}

/// A row of [`RULES`](super::queries::RULES).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RuleRow {
    /// The table or view whose statements it rewrites.
    pub relation: i64,
    /// `ev_type`: `2` UPDATE, `3` INSERT, `4` DELETE.
    pub event: String,
    /// The statement that made it.
    pub definition: String,
}

/// A row of [`ROUTINES`](super::queries::ROUTINES).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RoutineRow {
    /// Its name.
    pub name: String,
    /// `prokind`: `f` function, `p` procedure, `a` aggregate, `w` window.
    pub kind: String,
    /// `provolatile`: `i` immutable, `s` stable, `v` volatile.
    pub volatility: String,
    /// Whether PostgreSQL or an extension brings it.
    pub built_in: bool,
    /// Its body, if it is SQL and nothing else decides what it does: no setting, default or type of the application.
    pub body: Option<String>,
    /// The statement that made it, if it is the application's.
    pub definition: Option<String>,
}

/// A row of [`OPERATORS`](super::queries::OPERATORS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OperatorRow {
    /// How it is written.
    pub name: String,
    /// `provolatile` of the routine behind it.
    pub volatility: String,
    /// The name of that routine, if it is the application's.
    pub routine: Option<String>,
}

/// A row of [`HAZARDS`](super::queries::HAZARDS).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HazardRow {
    /// The table or view; none for changes of the schema.
    pub relation: Option<i64>,
    /// The name of the routine that is called.
    pub routine: String,
    /// The column that it fills, if it is called for a default.
    pub filled: Option<String>,
}
