//! What the database looks like: tables, keys, views, and everything that writes behind a statement's back.
//!
//! A [`Schema`] is read from the database when a connection is wrapped, or declared with
//! [`TableDefinition`]s where it cannot be read. It is pure data: reading it is the adapters' work, the
//! meaning of the catalog rows is in the module of each database ([`sqlite`], [`postgres`]).

mod cells;
mod column;
mod columns;
mod definition;
mod equality;
pub mod mysql;
mod name;
pub mod postgres;
mod routine;
pub mod sqlite;
mod table;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub use column::{Column, Room, ValueClass};
pub use columns::{ColumnId, ColumnSet, Columns};
pub use definition::TableDefinition;
pub use equality::{Alphabet, Equality, Padding};
pub use name::RelationName;
pub use routine::{Duration, Routine, Routines};
pub use table::{ForeignKey, ReferentialAction, Table, TableId, Trigger, TriggerEvent, View};

use crate::error::{Error, ErrorKind, Result};

/// Whose SQL it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

/// What double quotes enclose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DoubleQuotes {
    /// Text on MySQL.
    #[default]
    Text,
    /// Names: MySQL's mode `ANSI_QUOTES`.
    Names,
}

/// What a backslash in a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Backslash {
    /// The beginning of an escape on MySQL.
    #[default]
    Escapes,
    /// Itself: MySQL's mode `NO_BACKSLASH_ESCAPES`.
    Plain,
}

/// The tables and views of one database.
///
/// ```
/// use cache_core::schema::{Column, Dialect, Schema, TableDefinition};
///
/// let article = TableDefinition::new("article")
///     .column(Column::int("id"))
///     .column(Column::text("category"))
///     .primary_key(["id"]);
/// let schema = Schema::new(Dialect::Sqlite, [article], [])?;
/// assert_eq!(schema.table_named("Article").unwrap().name(), "article");
/// # Ok::<(), cache_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    dialect: Dialect,
    tables: Vec<Table>,
    views: Vec<View>,
    /// By namespace and name, both folded.
    relations: HashMap<(String, String), RelationIndex>,
    /// By name in lower case, whatever the namespace.
    alike: HashMap<String, Vec<RelationIndex>>,
    search_path: Vec<String>,
    hidden: BTreeSet<String>,
    temporary: BTreeSet<String>,
    search_indexes: BTreeSet<String>,
    routines: Option<Arc<Routines>>,
    enums: BTreeSet<String>,
    enforces_foreign_keys: bool,
    spelling: (DoubleQuotes, Backslash),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RelationIndex {
    Table(TableId),
    View(usize),
}

/// What a name in a FROM clause stands for.
#[derive(Clone, Copy, Debug)]
pub enum Relation<'a> {
    /// A base table.
    Table(&'a Table),
    /// A view with a readable definition.
    View(&'a View),
}

impl Schema {
    /// Resolves definitions into a schema.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if a key or foreign key names a column that its table does not have, or
    /// two relations have the same name.
    pub fn new(
        dialect: Dialect,
        tables: impl IntoIterator<Item = TableDefinition>,
        views: impl IntoIterator<Item = View>,
    ) -> Result<Self> {
        let definitions: Vec<TableDefinition> = tables.into_iter().collect();
        let views: Vec<View> = views.into_iter().collect();
        let mut relations = HashMap::new();
        let mut alike: HashMap<String, Vec<RelationIndex>> = HashMap::new();
        let mut insert = |name: &RelationName, index| {
            alike.entry(name.name().to_ascii_lowercase()).or_default().push(index);
            match relations.insert(place(dialect, name), index) {
                None => Ok(()),
                Some(_) => Err(Error::new(
                    ErrorKind::Configuration,
                    format!("the schema has two relations named `{}`", name.name()),
                )),
            }
        };
        for (index, definition) in definitions.iter().enumerate() {
            insert(definition.name(), RelationIndex::Table(TableId::from_index(index)))?;
        }
        for (index, view) in views.iter().enumerate() {
            insert(&view.name, RelationIndex::View(index))?;
        }
        let lookup = |name: &RelationName| match relations.get(&place(dialect, name)) {
            Some(RelationIndex::Table(id)) => Some((*id, &definitions[id.index()])),
            _ => None,
        };
        let mut tables = definitions
            .iter()
            .enumerate()
            .map(|(index, definition)| definition.resolve(TableId::from_index(index), lookup))
            .collect::<Result<Vec<Table>>>()?;
        relate(&mut tables);
        Ok(Self {
            dialect,
            tables,
            views,
            relations,
            alike,
            search_path: vec![default_namespace(dialect).to_owned()],
            hidden: BTreeSet::new(),
            temporary: BTreeSet::new(),
            search_indexes: BTreeSet::new(),
            routines: (dialect == Dialect::MySql).then(|| Arc::new(mysql::built_in())),
            enums: BTreeSet::new(),
            enforces_foreign_keys: true,
            spelling: Default::default(),
        })
    }

    /// The same schema where unqualified names are looked for in these namespaces, in this order.
    #[must_use]
    pub fn with_search_path(mut self, path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.search_path = path.into_iter().map(|namespace| fold(self.dialect, namespace)).collect();
        self
    }

    /// The same schema where these unqualified names, too, stand for something else (a temporary table), of which nothing is
    /// known. MySQL's qualified names do as well.
    #[must_use]
    pub fn hiding(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.hidden.extend(names.into_iter().map(|name| fold(self.dialect, name)));
        self
    }

    /// The names of all tables and views, without their namespaces, in lower case.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.alike.keys().map(String::as_str)
    }

    /// The same schema where temporary relations of some session, of this one or another, have these names.
    #[must_use]
    pub(crate) fn with_temporary(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.temporary = names.into_iter().map(Into::into).collect();
        self
    }

    /// Whether a temporary relation of some session may hide one of it there.
    pub(crate) fn hides(&self) -> bool {
        self.temporary.iter().any(|name| self.relations_like(name).next().is_some())
    }

    /// The same schema with these virtual tables, by unqualified name, that only index what others hold, or keep rows of
    /// their own: no result on them is kept, and to write them changes no other table.
    #[must_use]
    pub fn with_search_indexes(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.search_indexes = names.into_iter().map(|name| fold(self.dialect, name)).collect();
        self
    }

    /// Whether a write of this name changes no table whose rows are kept.
    pub(crate) fn is_search_index(&self, name: &str) -> bool {
        self.search_indexes.contains(&fold(self.dialect, name))
    }

    /// The same schema with what is known of the database's routines, in place of the names that every
    /// database of its kind has.
    #[must_use]
    pub fn with_routines(mut self, routines: Routines) -> Self {
        self.routines = Some(Arc::new(routines));
        self
    }

    /// The same schema with these enumeration types, by name.
    #[must_use]
    pub fn with_enums(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.enums = names.into_iter().map(Into::into).collect();
        self
    }

    /// The same schema on connections of MySQL that spell texts and names like this.
    #[must_use]
    pub fn with_spelling(mut self, quotes: DoubleQuotes, backslash: Backslash) -> Self {
        self.spelling = (quotes, backslash);
        self
    }

    /// How connections spell texts and names.
    pub(crate) fn spelling(&self) -> (DoubleQuotes, Backslash) {
        self.spelling
    }

    /// The same schema on connections that do not enforce foreign keys (`PRAGMA foreign_keys = OFF`): a
    /// reference then guarantees no partner.
    #[must_use]
    pub fn without_enforced_foreign_keys(mut self) -> Self {
        self.enforces_foreign_keys = false;
        self
    }

    /// Whether a foreign key guarantees that the row it references exists.
    #[must_use]
    pub fn enforces_foreign_keys(&self) -> bool {
        self.enforces_foreign_keys
    }

    /// Whose SQL this database speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Everything about a table that decides what its marks stand for, in words that are equal for all who see the database:
    /// where it stands among the tables that a session sees is not among that, nor whether that may lock its rows.
    pub(crate) fn description(&self, table: &Table) -> String {
        let seen = table.as_seen_by_all();
        let name = |id: &TableId| {
            let table = self.table(*id);
            (table.namespace(), table.name())
        };
        let references: Vec<_> =
            table.foreign_keys.iter().map(|key| key.references.as_ref().map(name)).collect();
        let [parents, relatives] =
            [&table.parents, &table.relatives].map(|tables| tables.iter().map(name).collect::<Vec<_>>());
        // `Debug` names every field, so none that is added can be forgotten.
        format!("{seen:?} {references:?} {parents:?} {relatives:?}")
    }

    /// All base tables; the place of each is its [`TableId`].
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The table with this id.
    ///
    /// # Panics
    /// If the id comes from another schema that has more tables.
    #[must_use]
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.index()]
    }

    /// The base table of this name, as for [`relation`](Self::relation), or else of a name behind that of its namespace and
    /// a dot.
    #[must_use]
    pub fn table_named(&self, name: &str) -> Option<&Table> {
        let qualified = || {
            let (namespace, name) = name.split_once('.')?;
            self.resolve(Some(namespace), name)
        };
        match self.relation(name).or_else(qualified)? {
            Relation::Table(table) => Some(table),
            Relation::View(_) => None,
        }
    }

    /// The table or view that this name denotes: as it is spelled, else folded as the dialect folds names without
    /// quotes.
    #[must_use]
    pub fn relation(&self, name: &str) -> Option<Relation<'_>> {
        self.resolve(None, name).or_else(|| self.resolve(None, &name.to_ascii_lowercase()))
    }

    /// The table or view that a name in a statement denotes, spelled as the dialect keeps it. Without a qualifier
    /// the search path decides.
    #[must_use]
    pub fn resolve(&self, qualifier: Option<&str>, name: &str) -> Option<Relation<'_>> {
        let name = fold(self.dialect, name);
        let index = match qualifier {
            // MySQL's temporary tables are in the database as others are.
            Some(_) if self.dialect == Dialect::MySql && self.hidden.contains(&name) => None,
            Some(qualifier) => self.relations.get(&(fold(self.dialect, qualifier), name)),
            // PostgreSQL looks into its own catalog first, where every name begins like this.
            None if self.dialect == Dialect::Postgres && name.starts_with("pg_") => None,
            None if self.hidden.contains(&name) => None,
            None => {
                let mut path = self.search_path.iter();
                path.find_map(|namespace| self.relations.get(&(namespace.clone(), name.clone())))
            }
        };
        index.map(|index| self.at(*index))
    }

    /// The table or view that keeps a statement from making one of this name, which without a qualifier it would make in the
    /// first namespace of the search path.
    pub(crate) fn in_the_way_of(&self, qualifier: Option<&str>, name: &str) -> Option<Relation<'_>> {
        match (self.dialect, qualifier) {
            (Dialect::Postgres, None) => self.resolve(Some(self.search_path.first()?), name),
            _ => self.resolve(qualifier, name),
        }
    }

    /// Whether unqualified names are looked for in this namespace.
    pub(crate) fn looks_in(&self, namespace: &str) -> bool {
        self.search_path.contains(&fold(self.dialect, namespace))
    }

    /// Every table and view of this name, whatever its case and its namespace.
    pub fn relations_like(&self, name: &str) -> impl Iterator<Item = Relation<'_>> {
        let found = self.alike.get(&name.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default();
        found.iter().map(|index| self.at(*index))
    }

    /// All views whose definitions are known.
    pub(crate) fn views(&self) -> &[View] {
        &self.views
    }

    fn at(&self, index: RelationIndex) -> Relation<'_> {
        match index {
            RelationIndex::Table(id) => Relation::Table(self.table(id)),
            RelationIndex::View(index) => Relation::View(&self.views[index]),
        }
    }

    /// Whether the database numbers its transactions, and can be asked what became of one.
    pub(crate) fn knows_transactions(&self) -> bool {
        let has = |name| self.routines().is_some_and(|routines| routines.has(name));
        self.dialect == Dialect::Postgres && has("pg_current_xact_id") && has("pg_xact_status")
    }

    /// What is known of the database's routines; `None` if nothing was read.
    pub(crate) fn routines(&self) -> Option<&Routines> {
        self.routines.as_deref()
    }

    /// Whether an enumeration type has this name.
    pub(crate) fn is_enum(&self, name: &str) -> bool {
        self.enums.contains(name)
    }
}

/// Notes for each table the others whose rows it shares: its ancestors and descendants.
fn relate(tables: &mut [Table]) {
    let parents: Vec<Vec<TableId>> = tables.iter().map(|table| table.parents.clone()).collect();
    for start in 0..tables.len() {
        let mut ancestors = parents[start].clone();
        let mut next = 0;
        while next < ancestors.len() {
            let more = parents[ancestors[next].index()].iter().filter(|id| !ancestors.contains(id)).copied();
            let more: Vec<TableId> = more.collect();
            ancestors.extend(more);
            next += 1;
        }
        for ancestor in ancestors {
            let descendant = tables[start].id;
            tables[start].relatives.push(ancestor);
            tables[ancestor.index()].relatives.push(descendant);
        }
    }
    for table in tables {
        table.relatives.sort_unstable();
        table.relatives.dedup();
    }
}

/// Where names without a qualifier are, unless a search path says otherwise.
fn default_namespace(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "main",
        Dialect::Postgres => "public",
        Dialect::MySql => "",
    }
}

fn place(dialect: Dialect, name: &RelationName) -> (String, String) {
    let namespace = name.namespace().unwrap_or(default_namespace(dialect));
    (fold(dialect, namespace), fold(dialect, name.name()))
}

/// The form in which names compare. PostgreSQL keeps the case of its names, and folds those that a statement spells
/// without quotes; the others ignore the case of ASCII letters, which can at worst join two names, and that
/// [`Schema::new`] refuses.
pub(crate) fn fold(dialect: Dialect, name: impl Into<String>) -> String {
    let mut name = name.into();
    if dialect != Dialect::Postgres {
        name.make_ascii_lowercase();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_names_no_column_is_an_error_that_names_it() {
        let table = TableDefinition::new("a").column(Column::int("id")).primary_key(["ident"]);
        let error = Schema::new(Dialect::Sqlite, [table], []).unwrap_err();
        assert_eq!(error.to_string(), "table `a` has no column `ident`; its columns are `id`");
    }

    #[test]
    fn foreign_keys_resolve_to_tables_in_any_order() {
        let child = TableDefinition::new("child").column(Column::int("parent_id")).foreign_key(
            ["parent_id"],
            "Parent",
            ["id"],
            ReferentialAction::Cascade,
            ReferentialAction::Restrict,
        );
        let parent = TableDefinition::new("parent").column(Column::int("id")).primary_key(["id"]);
        let schema = Schema::new(Dialect::Sqlite, [child, parent], []).unwrap();
        let key = &schema.table_named("child").unwrap().foreign_keys()[0];
        assert_eq!(key.references(), schema.table_named("parent").map(Table::id));
    }
}
