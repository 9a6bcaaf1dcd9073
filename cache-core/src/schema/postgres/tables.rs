//! Base tables and views from their rows.

use std::collections::{BTreeSet, HashMap};

use super::catalog::{Catalog, ColumnRow, ForeignKeyRow, IndexRow, RelationRow};
use super::triggers::{Computed, computed, triggers};
use crate::mutation::{self, Mutation};
use crate::schema::{Column, ReferentialAction, RelationName, Routines, TableDefinition, ValueClass, View};

/// All base tables, materialized views and foreign tables among them.
pub(super) fn definitions(catalog: &Catalog, routines: &Routines) -> Vec<TableDefinition> {
    let rows = Rows::of(catalog);
    catalog.relations.iter().filter(|row| row.kind != "v").map(|row| rows.definition(row, routines)).collect()
}

/// All views.
pub(super) fn views(catalog: &Catalog, routines: &Routines) -> Vec<View> {
    let rows = Rows::of(catalog);
    let views = catalog.relations.iter().filter_map(|row| {
        let query = row.definition.as_deref()?.trim().trim_end_matches(';');
        let columns = rows.columns_of(row.oid).iter().map(|column| column.name.as_str());
        let view = View::new(name(row), query, columns);
        Some(triggers(catalog, routines, row).into_iter().fold(view, View::trigger))
    });
    views.collect()
}

/// The usual schema has no name of its own, so that a declared table is the same as the one that is read.
fn name(row: &RelationRow) -> RelationName {
    match row.namespace.as_str() {
        "public" => RelationName::from(row.name.as_str()),
        namespace => RelationName::qualified(namespace, row.name.as_str()),
    }
}

/// The rows by relation.
struct Rows<'a> {
    catalog: &'a Catalog,
    names: HashMap<i64, RelationName>,
    columns: HashMap<i64, Vec<&'a ColumnRow>>,
    /// Tables whose rows are also those of children that have keys of their own.
    inherited: BTreeSet<i64>,
}

impl<'a> Rows<'a> {
    fn of(catalog: &'a Catalog) -> Self {
        let names = catalog.relations.iter().map(|row| (row.oid, name(row))).collect();
        let mut columns: HashMap<i64, Vec<&ColumnRow>> = HashMap::new();
        for row in &catalog.columns {
            columns.entry(row.relation).or_default().push(row);
        }
        let is_partitioned = |oid: i64| catalog.relations.iter().any(|row| row.oid == oid && row.kind == "p");
        let parents = catalog.inheritance.iter().map(|row| row.parent);
        let inherited = parents.filter(|parent| !is_partitioned(*parent)).collect();
        Self { catalog, names, columns, inherited }
    }

    fn columns_of(&self, relation: i64) -> &[&'a ColumnRow] {
        self.columns.get(&relation).map(Vec::as_slice).unwrap_or_default()
    }

    fn definition(&self, row: &RelationRow, routines: &Routines) -> TableDefinition {
        let (mut primary, mut unique) = (Vec::new(), Vec::new());
        // A key of a parent says nothing of its children's rows, which are its own too.
        if !self.inherited.contains(&row.oid) {
            let rows = self.catalog.indexes.iter().filter(|index| index.relation == row.oid);
            for index in group(rows, |index: &IndexRow| index.index) {
                let columns: Vec<&str> = index.iter().map(|row| row.column.as_str()).collect();
                if index[0].primary { primary = columns } else { unique.push(columns) }
            }
        }
        let computed = computed(self.catalog, row.oid);
        let mut definition = TableDefinition::new(name(row)).primary_key(primary.iter().copied());
        for column in self.columns_of(row.oid) {
            definition = definition.column(self.column(column, &computed));
        }
        for key in unique {
            definition = definition.unique_key(key);
        }
        let keys = self.catalog.foreign_keys.iter().filter(|key| key.relation == row.oid);
        for key in group(keys, |key: &ForeignKeyRow| key.key) {
            definition = self.foreign_key(definition, &key);
        }
        for parent in self.catalog.inheritance.iter().filter(|inherits| inherits.child == row.oid) {
            if let Some(parent) = self.names.get(&parent.parent) {
                definition = definition.parent(parent.clone());
            }
        }
        if let Some(reason) = self.unstorable(row) {
            definition = definition.unstorable(reason);
        }
        if row.kind == "p" {
            definition = definition.partitioned();
        }
        if !row.lockable || row.row_security {
            definition = definition.without_locks();
        }
        triggers(self.catalog, routines, row).into_iter().fold(definition, TableDefinition::trigger)
    }

    fn foreign_key(&self, definition: TableDefinition, key: &[&ForeignKeyRow]) -> TableDefinition {
        let Some(parent) = self.names.get(&key[0].parent) else { return definition };
        let on_delete = match action(&key[0].on_delete) {
            // Which columns become NULL is not modelled: their values are unknown.
            ReferentialAction::SetNull if key[0].sets_some => ReferentialAction::SetDefault,
            action => action,
        };
        let (from, to) = (key.iter().map(|row| row.from.as_str()), key.iter().map(|row| row.to.as_str()));
        let definition =
            definition.foreign_key(from, parent.clone(), to, on_delete, action(&key[0].on_update));
        // Nor does a reference of a parent bind its children's rows.
        let has_heirs = self.inherited.contains(&key[0].relation);
        let binds_all = key[0].validated && (!has_heirs || mutation::is(Mutation::HeirsHavePartners));
        if binds_all { definition } else { definition.not_validated() }
    }

    /// Why a table, or one whose rows are its rows too, is not kept.
    fn unstorable(&self, row: &RelationRow) -> Option<&'static str> {
        let part_of = |child: &RelationRow| {
            let mut parents = vec![child.oid];
            let mut next = 0;
            while let Some(oid) = parents.get(next).copied() {
                let more = self.catalog.inheritance.iter().filter(|inherits| inherits.child == oid);
                let more = more.map(|inherits| inherits.parent).filter(|parent| !parents.contains(parent));
                let more: Vec<i64> = more.collect();
                parents.extend(more);
                next += 1;
            }
            parents.contains(&row.oid)
        };
        let elsewhere = self.catalog.relations.iter().filter(|child| kept_elsewhere(child).is_some());
        let part = elsewhere.filter(|child| part_of(child)).find_map(kept_elsewhere);
        // Who reads a parent is asked for the parent's policies alone.
        part.or(row.row_security.then_some("row-level security decides who sees which of its rows"))
    }

    fn column(&self, row: &ColumnRow, computed: &Computed) -> Column {
        let mut column = Column::new(&row.name, class(row));
        if row.kind == "e" {
            column = column.enumeration();
        }
        if !row.deterministic {
            column = column.collated();
        }
        // The length of a varchar is its modifier without the four bytes of a header.
        if row.base == VARCHAR
            && let Ok(most) = u32::try_from(row.modifier - 4)
        {
            column = column.at_most(most);
        }
        if row.not_null {
            column = column.not_null();
        }
        if row.generated || computed.includes(&row.name) {
            column = column.generated();
        }
        column
    }
}

const BOOL: i64 = 16;
const BYTEA: i64 = 17;
const INT8: i64 = 20;
const INT2: i64 = 21;
const INT4: i64 = 23;
const TEXT: i64 = 25;
const VARCHAR: i64 = 1043;
const UUID: i64 = 2950;
const DATE: i64 = 1082;
const TIME: i64 = 1083;
const TIMESTAMP: i64 = 1114;
const TIMESTAMPTZ: i64 = 1184;
const TIMETZ: i64 = 1266;

/// The canonical type, where equality in the database is that of one form: not of `char(n)`, which ignores spaces,
/// nor of `citext`, `numeric`, floats, times with zones.
fn class(row: &ColumnRow) -> ValueClass {
    match row.base {
        BOOL => ValueClass::Bool,
        BYTEA => ValueClass::Bytes,
        INT2 | INT4 | INT8 => ValueClass::Int,
        TEXT | VARCHAR => ValueClass::Text,
        UUID => ValueClass::Uuid,
        DATE | TIME | TIMESTAMP | TIMESTAMPTZ | TIMETZ => ValueClass::Time,
        _ if row.kind == "e" => ValueClass::Text,
        _ => ValueClass::Other,
    }
}

/// Why the rows of a table may change without a write, if so.
fn kept_elsewhere(row: &RelationRow) -> Option<&'static str> {
    match (row.kind.as_str(), row.persistence.as_str()) {
        ("f", _) => Some("its rows are in another database"),
        (_, "u") => Some("it is unlogged, and a crash of the server empties it"),
        _ => None,
    }
}

fn action(code: &str) -> ReferentialAction {
    match code {
        "c" => ReferentialAction::Cascade,
        "n" => ReferentialAction::SetNull,
        "d" => ReferentialAction::SetDefault,
        _ => ReferentialAction::Restrict,
    }
}

/// Neighbours with the same key, together.
fn group<'a, T>(rows: impl Iterator<Item = &'a T>, key: impl Fn(&T) -> i64) -> Vec<Vec<&'a T>> {
    let mut groups: Vec<Vec<&'a T>> = Vec::new();
    for row in rows {
        match groups.last_mut() {
            Some(group) if key(group[0]) == key(row) => group.push(row),
            _ => groups.push(vec![row]),
        }
    }
    groups
}
