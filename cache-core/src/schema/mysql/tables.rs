//! Base tables from their rows.

use super::catalog::{Catalog, ColumnRow, ForeignKeyRow, Parent, TableRow};
use super::triggers;
use super::types;
use crate::schema::{ReferentialAction, RelationName, TableDefinition};

/// Engines whose tables hold their own rows.
const TRANSACTIONAL: [&str; 2] = ["InnoDB", "ROCKSDB"];
/// The same, where a write stays whatever becomes of the transaction.
const IMMEDIATE: [&str; 4] = ["MyISAM", "Aria", "MEMORY", "ARCHIVE"];

/// All base tables that a statement can reach by name. What another engine shows is kept elsewhere, and may change
/// unseen.
pub(super) fn definitions(catalog: &Catalog) -> Vec<TableDefinition> {
    let is_known = |table: &&TableRow| {
        let engines = || TRANSACTIONAL.iter().chain(&IMMEDIATE);
        table.kind == "BASE TABLE"
            && engines().any(|engine| table.engine.eq_ignore_ascii_case(engine))
            && is_alone(catalog, &table.name)
    };
    catalog.tables.iter().filter(is_known).map(|table| definition(catalog, table)).collect()
}

/// Where table names have a case, two may differ in nothing else; the engine would take one for the other.
pub(super) fn is_alone(catalog: &Catalog, name: &str) -> bool {
    catalog.tables.iter().filter(|table| table.name.eq_ignore_ascii_case(name)).count() == 1
}

fn definition(catalog: &Catalog, table: &TableRow) -> TableDefinition {
    let name = table.name.as_str();
    let is_key = |index: &str| index.eq_ignore_ascii_case("PRIMARY");
    let rows: Vec<&ColumnRow> = catalog.columns.iter().filter(|row| row.table == name).collect();
    let assigned = triggers::assigned(catalog, name);
    let mut definition = TableDefinition::new(RelationName::qualified(&catalog.database, name));
    for row in &rows {
        let column = types::column(row);
        definition = definition.column(if assigned.has(&row.name) { column.generated() } else { column });
    }
    if IMMEDIATE.iter().any(|engine| table.engine.eq_ignore_ascii_case(engine)) {
        definition = definition.immediate();
    }
    if table.engine.eq_ignore_ascii_case("MEMORY") {
        definition = definition.unstorable("it is in memory, and a restart of the server empties it");
    }
    let indexes = catalog.indexes.iter().filter(|row| row.table == name);
    for index in group(indexes, |row| row.index.as_str()) {
        // Whether a row conflicts by an expression or the beginning of a text may depend on any column.
        let columns = index.iter().map(|row| row.column.as_deref()).collect::<Option<Vec<&str>>>();
        definition = match columns {
            Some(columns) if is_key(&index[0].index) => definition.primary_key(columns),
            Some(columns) => definition.unique_key(columns),
            None => definition.unique_key(rows.iter().map(|row| row.name.as_str())),
        };
    }
    let foreign_keys = catalog.foreign_keys.iter().filter(|row| row.table == name);
    for key in group(foreign_keys, |row| row.name.as_str()) {
        definition = foreign_key(catalog, definition, &key);
    }
    let not_shown = triggers::not_shown(catalog, name).into_iter();
    triggers::triggers(catalog, name).chain(not_shown).fold(definition, TableDefinition::trigger)
}

fn foreign_key(catalog: &Catalog, definition: TableDefinition, key: &[&ForeignKeyRow]) -> TableDefinition {
    let parent = match key[0].place {
        Parent::Here => RelationName::qualified(&catalog.database, &key[0].parent),
        // Not among the tables of this schema, whatever its name.
        Parent::Elsewhere => RelationName::qualified("", &key[0].parent),
    };
    definition.foreign_key(
        key.iter().map(|row| row.from.as_str()),
        parent,
        key.iter().map(|row| row.to.as_str()),
        action(&key[0].on_delete),
        action(&key[0].on_update),
    )
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
