//! Base tables from their rows.

use super::affinity::class;
use super::catalog::{Catalog, ColumnRow, ForeignKeyRow, IndexRow, Kind, Object};
use super::ddl::{Keeps, Replaces, TableText};
use crate::schema::{Column, ReferentialAction, TableDefinition, ValueClass};

/// All base tables that a statement can reach by name.
pub(super) fn definitions(catalog: &Catalog) -> Vec<TableDefinition> {
    let virtual_tables: Vec<&str> =
        catalog.reachable(Kind::Table).filter(|object| is_virtual(object)).map(|o| o.name.as_str()).collect();
    catalog
        .reachable(Kind::Table)
        .filter(|object| !is_virtual(object) && !is_shadow(&object.name, &virtual_tables))
        .map(|object| Rows::of(catalog, object).definition())
        .collect()
}

/// The virtual tables of SQLite's own modules: what is written to them stays in their shadow tables.
pub(super) fn search_indexes(catalog: &Catalog) -> impl Iterator<Item = &str> {
    const MODULES: [&str; 6] = ["fts3", "fts4", "fts5", "geopoly", "rtree", "rtree_i32"];
    let is_one = |object: &&Object| {
        let mut words = object.sql.split(|character: char| !character.is_alphanumeric() && character != '_');
        let module = words.by_ref().skip_while(|word| !word.eq_ignore_ascii_case("USING")).nth(1);
        module.is_some_and(|module| MODULES.iter().any(|known| module.eq_ignore_ascii_case(known)))
    };
    let tables = catalog.reachable(Kind::Table).filter(|object| is_virtual(object));
    tables.filter(is_one).map(|object| object.name.as_str())
}

fn is_virtual(object: &Object) -> bool {
    let mut words = object.sql.split_ascii_whitespace();
    words.next();
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("VIRTUAL"))
}

/// A virtual table keeps its data in tables named after it. Which names its module uses is known only while
/// the module is loaded, so every such name counts.
fn is_shadow(name: &str, virtual_tables: &[&str]) -> bool {
    virtual_tables.iter().any(|table| {
        name.get(..table.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(table))
            && name[table.len()..].starts_with('_')
    })
}

/// The rows of one table.
struct Rows<'a> {
    catalog: &'a Catalog,
    object: &'a Object,
    text: TableText,
    columns: Vec<&'a ColumnRow>,
    indexes: Vec<&'a IndexRow>,
}

impl<'a> Rows<'a> {
    fn of(catalog: &'a Catalog, object: &'a Object) -> Self {
        let name = object.name.as_str();
        Self {
            catalog,
            object,
            text: TableText::read(&object.sql),
            columns: catalog.columns.iter().filter(|row| row.table.eq_ignore_ascii_case(name)).collect(),
            indexes: catalog.indexes.iter().filter(|row| row.table.eq_ignore_ascii_case(name)).collect(),
        }
    }

    fn definition(&self) -> TableDefinition {
        let mut definition = TableDefinition::new(&self.object.name).primary_key(self.primary_key());
        for row in &self.columns {
            definition = definition.column(self.column(row));
        }
        if self.has_rowid_key() {
            definition = definition.rowid_key();
        }
        for key in self.unique_keys() {
            definition = definition.unique_key(key);
        }
        for key in self.foreign_keys() {
            definition = definition.foreign_key(
                key.iter().map(|row| row.from.as_str()),
                key[0].parent.as_str(),
                key.iter().filter_map(|row| row.to.as_deref()),
                action(&key[0].on_delete),
                action(&key[0].on_update),
            );
        }
        if self.text.replaces == Replaces::OnConflict {
            definition = definition.replaces_on_conflict();
        }
        if self.text.keeps == Keeps::BeforeConflict {
            definition = definition.keeps_on_conflict();
        }
        self.catalog.triggers(&self.object.name).fold(definition, TableDefinition::trigger)
    }

    fn primary_key(&self) -> Vec<&'a str> {
        let mut key: Vec<&ColumnRow> = self.columns.iter().copied().filter(|row| row.key > 0).collect();
        key.sort_by_key(|row| row.key);
        key.into_iter().map(|row| row.name.as_str()).collect()
    }

    /// Every primary key has an index of its own, except the one that is the rowid.
    fn has_rowid_key(&self) -> bool {
        self.primary_key().len() == 1 && !self.indexes.iter().any(|row| row.origin == "pk")
    }

    fn column(&self, row: &ColumnRow) -> Column {
        let mut column = Column::new(&row.name, class(&row.declared, self.text.strictness));
        if column.class() == ValueClass::Text {
            column = column.takes_bytes();
        }
        if self.text.is_collated(&row.name) || self.is_key_collated(row) {
            column = column.collated();
        }
        if row.not_null != 0 {
            column = column.not_null();
        }
        if row.hidden >= 2 {
            column = column.generated();
        }
        column
    }

    /// `PRIMARY KEY (name COLLATE NOCASE)` makes two names one row without a collation on the column.
    fn is_key_collated(&self, column: &ColumnRow) -> bool {
        let of_column = |row: &&&IndexRow| {
            row.column.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
        };
        let binary =
            |row: &IndexRow| row.collation.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("BINARY"));
        self.indexes.iter().filter(|row| row.origin == "pk").filter(of_column).any(|row| !binary(row))
    }

    /// The columns that decide whether a row conflicts: for an index with a WHERE clause or an expression,
    /// any of them may.
    fn unique_keys(&self) -> Vec<Vec<&'a str>> {
        let rows = self.indexes.iter().filter(|row| row.origin != "pk").copied();
        group(rows, |row| &row.index)
            .into_iter()
            .map(|index| {
                if index.iter().any(|row| row.partial != 0 || row.column.is_none()) {
                    self.columns.iter().map(|row| row.name.as_str()).collect()
                } else {
                    index.iter().filter_map(|row| row.column.as_deref()).collect()
                }
            })
            .collect()
    }

    /// The foreign keys whose columns exist. SQLite accepts others when it creates the table and refuses
    /// every write that would have to follow them.
    fn foreign_keys(&self) -> Vec<Vec<&'a ForeignKeyRow>> {
        let rows = self.catalog.foreign_keys.iter();
        let mine = rows.filter(|row| row.table.eq_ignore_ascii_case(&self.object.name));
        group(mine, |row| row.id).into_iter().filter(|key| self.matches_its_parent(key)).collect()
    }

    fn matches_its_parent(&self, key: &[&ForeignKeyRow]) -> bool {
        let of_parent = |row: &&ColumnRow| row.table.eq_ignore_ascii_case(&key[0].parent);
        let parent: Vec<&ColumnRow> = self.catalog.columns.iter().filter(of_parent).collect();
        let named: Vec<&str> = key.iter().filter_map(|row| row.to.as_deref()).collect();
        if named.is_empty() {
            parent.is_empty() || parent.iter().filter(|row| row.key > 0).count() == key.len()
        } else {
            parent.is_empty()
                || named.iter().all(|name| parent.iter().any(|row| row.name.eq_ignore_ascii_case(name)))
        }
    }
}

/// Neighbours with the same key, together.
fn group<'a, T, K: PartialEq>(
    rows: impl Iterator<Item = &'a T>,
    key: impl Fn(&'a T) -> K,
) -> Vec<Vec<&'a T>> {
    let mut groups: Vec<Vec<&'a T>> = Vec::new();
    for row in rows {
        match groups.last_mut() {
            Some(group) if key(group[0]) == key(row) => group.push(row),
            _ => groups.push(vec![row]),
        }
    }
    groups
}

fn action(text: &str) -> ReferentialAction {
    match text.to_ascii_uppercase().as_str() {
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        _ => ReferentialAction::Restrict,
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;
    use crate::schema::sqlite::Place;
    use crate::schema::{Schema, Table};

    fn table(name: &str, sql: &str) -> Object {
        Object {
            place: Place::Main,
            kind: Kind::Table,
            name: name.into(),
            table: name.into(),
            sql: sql.into(),
        }
    }

    fn column(table: &str, name: &str, declared: &str, key: i64) -> ColumnRow {
        let (table, name, declared) = (table.into(), name.into(), declared.into());
        ColumnRow { table, name, declared, key, ..ColumnRow::default() }
    }

    fn index(index: &str, origin: &str, column: Option<&str>, collation: &str) -> IndexRow {
        IndexRow {
            table: "t".into(),
            index: index.into(),
            origin: origin.into(),
            partial: 0,
            column: column.map(Into::into),
            collation: Some(collation.into()),
        }
    }

    fn names(table: &Table, columns: impl IntoIterator<Item = crate::schema::ColumnId>) -> Vec<&str> {
        columns.into_iter().map(|id| table.column(id).name()).collect()
    }

    fn only(schema: &Schema) -> &Table {
        schema.table_named("t").unwrap()
    }

    #[test]
    fn a_composite_key_keeps_its_own_order() {
        let catalog = Catalog {
            objects: vec![table("t", "CREATE TABLE t (a TEXT, b TEXT, PRIMARY KEY (b COLLATE NOCASE, a))")],
            columns: vec![column("t", "a", "TEXT", 2), column("t", "b", "TEXT", 1)],
            indexes: vec![index("auto", "pk", Some("b"), "NOCASE"), index("auto", "pk", Some("a"), "BINARY")],
            ..Catalog::default()
        };
        let schema = schema(&catalog).unwrap();
        let table = only(&schema);
        assert_eq!(names(table, table.primary_key().iter().copied()), ["b", "a"]);
        assert!(!table.has_rowid_key());
        assert!(table.columns()[0].narrows());
        assert!(!table.columns()[1].narrows());
    }

    #[test]
    fn a_unique_index_on_an_expression_may_conflict_on_any_column() {
        let catalog = Catalog {
            objects: vec![table("t", "CREATE TABLE t (a TEXT, b TEXT)")],
            columns: vec![column("t", "a", "TEXT", 0), column("t", "b", "TEXT", 0)],
            indexes: vec![index("i", "c", None, "BINARY"), index("j", "c", Some("b"), "BINARY")],
            ..Catalog::default()
        };
        let schema = schema(&catalog).unwrap();
        let table = only(&schema);
        let keys: Vec<_> = table.unique_keys().iter().map(|key| names(table, key.iter())).collect();
        assert_eq!(keys, [vec!["a", "b"], vec!["b"]]);
    }

    #[test]
    fn a_foreign_key_without_columns_references_the_primary_key() {
        let key = |id, from: &str, parent: &str, to: Option<&str>| ForeignKeyRow {
            table: "t".into(),
            id,
            parent: parent.into(),
            from: from.into(),
            to: to.map(Into::into),
            on_update: "NO ACTION".into(),
            on_delete: "SET NULL".into(),
        };
        let catalog = Catalog {
            objects: vec![
                table("t", "CREATE TABLE t (a, b)"),
                table("p", "CREATE TABLE p (x INTEGER PRIMARY KEY)"),
            ],
            columns: vec![column("t", "a", "", 0), column("t", "b", "", 0), column("p", "x", "INTEGER", 1)],
            foreign_keys: vec![
                key(0, "a", "P", None),
                key(1, "b", "p", Some("gone")),
                key(2, "b", "gone", None),
            ],
            ..Catalog::default()
        };
        let schema = schema(&catalog).unwrap();
        let keys = only(&schema).foreign_keys();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0].references(), schema.table_named("p").map(Table::id));
        assert_eq!(keys[0].referenced(), schema.table_named("p").unwrap().primary_key());
        assert_eq!(keys[0].on_delete(), ReferentialAction::SetNull);
        assert_eq!(keys[1].references(), None);
    }

    #[test]
    fn virtual_tables_and_their_shadows_are_unknown() {
        let catalog = Catalog {
            objects: vec![
                table("search", "CREATE VIRTUAL TABLE search USING fts5(body)"),
                table("search_data", "CREATE TABLE 'search_data'(id INTEGER PRIMARY KEY, block BLOB)"),
                table("searches", "CREATE TABLE searches (a)"),
            ],
            columns: vec![column("search_data", "id", "INTEGER", 1), column("searches", "a", "", 0)],
            ..Catalog::default()
        };
        let schema = schema(&catalog).unwrap();
        assert_eq!(schema.tables().iter().map(Table::name).collect::<Vec<_>>(), ["searches"]);
    }
}
