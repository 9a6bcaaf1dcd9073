//! What the database looks like: tables, keys, views, and everything that writes behind a statement's back.
//!
//! A [`Schema`] is read from the database when a connection is wrapped, or declared with
//! [`TableDefinition`]s where it cannot be read. It is pure data: reading it is the adapters' work, the
//! meaning of the catalog rows is in the module of each database (SQLite's is [`sqlite`]).

mod column;
mod columns;
mod definition;
pub mod sqlite;
mod table;

use std::collections::HashMap;

pub use column::{Column, ValueClass};
pub use columns::{ColumnId, ColumnSet, Columns};
pub use definition::TableDefinition;
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
    relations: HashMap<String, RelationIndex>,
    enforces_foreign_keys: bool,
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
        let mut relations = HashMap::new();
        let mut insert = |name: &str, index| match relations.insert(fold(dialect, name), index) {
            None => Ok(()),
            Some(_) => Err(Error::new(
                ErrorKind::Configuration,
                format!("the schema has two relations named `{name}`"),
            )),
        };
        for (index, definition) in definitions.iter().enumerate() {
            insert(definition.name(), RelationIndex::Table(TableId::from_index(index)))?;
        }
        let views: Vec<View> = views.into_iter().collect();
        for (index, view) in views.iter().enumerate() {
            insert(view.name(), RelationIndex::View(index))?;
        }
        let lookup = |name: &str| match relations.get(&fold(dialect, name)) {
            Some(RelationIndex::Table(id)) => Some((*id, &definitions[id.index()])),
            _ => None,
        };
        let tables = definitions
            .iter()
            .enumerate()
            .map(|(index, definition)| definition.resolve(TableId::from_index(index), lookup))
            .collect::<Result<Vec<Table>>>()?;
        Ok(Self { dialect, tables, views, relations, enforces_foreign_keys: true })
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

    /// Whether a qualifier names the namespace that unqualified names are in.
    #[must_use]
    pub fn is_default_namespace(&self, qualifier: &str) -> bool {
        match self.dialect {
            Dialect::Sqlite => qualifier.eq_ignore_ascii_case("main"),
            Dialect::Postgres => qualifier == "public",
            Dialect::MySql => false,
        }
    }

    /// The base table of this name, folded as the dialect folds unquoted names.
    #[must_use]
    pub fn table_named(&self, name: &str) -> Option<&Table> {
        match self.relation(name)? {
            Relation::Table(table) => Some(table),
            Relation::View(_) => None,
        }
    }

    /// The table or view of this name, folded as the dialect folds unquoted names.
    #[must_use]
    pub fn relation(&self, name: &str) -> Option<Relation<'_>> {
        Some(match *self.relations.get(&fold(self.dialect, name))? {
            RelationIndex::Table(id) => Relation::Table(self.table(id)),
            RelationIndex::View(index) => Relation::View(&self.views[index]),
        })
    }
}

/// Names compare folded: SQLite and MySQL ignore the case of ASCII letters in column names always; PostgreSQL
/// and MySQL table names fold unquoted names only, and folding quoted ones too can at worst join two names,
/// which [`Schema::new`] refuses.
pub(crate) fn fold(_dialect: Dialect, name: &str) -> String {
    name.to_ascii_lowercase()
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
