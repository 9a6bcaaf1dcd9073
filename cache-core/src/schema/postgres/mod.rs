//! What PostgreSQL's catalog rows mean.
//!
//! An adapter runs the [`queries`] in one `REPEATABLE READ` transaction and hands their rows to [`schema`]; this
//! room does no I/O. What it leaves out is unknown on purpose, so that a write of it is a write of everything and a
//! read of it is not cached: the system catalogs, and whatever a temporary table hides.
//!
//! | module | what it is for |
//! |---|---|
//! | [`queries`] | the catalog queries |
//! | `catalog`, `decode` | their rows, and those from canonical values |
//! | `tables` | base tables and views from their rows |
//! | `triggers` | what triggers write, and which columns of their row they compute |
//! | `rules` | what rules make of writes |
//! | `plpgsql` | the bodies of trigger functions |
//! | `routines` | which functions may be cached |
//! | `setters` | which may leave their session set otherwise |

mod catalog;
mod decode;
mod plpgsql;
pub mod queries;
mod routines;
mod rules;
mod setters;
mod settings;
mod tables;
mod triggers;

pub use catalog::{
    Catalog, ColumnRow, ForeignKeyRow, HazardRow, IndexRow, InheritanceRow, NameRow, OperatorRow,
    RelationRow, RoutineRow, RuleRow, TriggerColumnRow, TriggerRow,
};
pub use decode::{integer, text};
pub(crate) use setters::{called, runs_texts, sets};
pub(crate) use settings::holds;

use super::{Dialect, Schema};
use crate::error::Result;
use crate::mutation::{self, Mutation};

/// The schema that the rows of a catalog describe.
///
/// ```
/// use cache_core::schema::postgres::{Catalog, ColumnRow, RelationRow, schema};
///
/// let relation = |oid, namespace: &str, name: &str| RelationRow {
///     oid,
///     namespace: namespace.into(),
///     name: name.into(),
///     kind: "r".into(),
///     persistence: "p".into(),
///     ..RelationRow::default()
/// };
/// let id = |relation| ColumnRow { relation, name: "id".into(), base: 23, ..ColumnRow::default() };
/// let catalog = Catalog {
///     search_path: vec!["app".into(), "public".into()],
///     relations: vec![relation(1, "public", "article"), relation(2, "app", "article")],
///     columns: vec![id(1), id(2)],
///     ..Catalog::default()
/// };
/// let schema = schema(&catalog)?;
/// assert_eq!(schema.table_named("article").unwrap().namespace(), Some("app"));
/// # Ok::<(), cache_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the rows contradict each other, as rows
/// that were not read in one transaction may.
pub fn schema(catalog: &Catalog) -> Result<Schema> {
    let routines = routines::routines(catalog);
    let tables = tables::definitions(catalog, &routines);
    let schema = Schema::new(Dialect::Postgres, tables, tables::views(catalog, &routines))?;
    let is_hidden = |_: &&NameRow| !mutation::is(Mutation::TemporaryNamesAreForgotten);
    Ok(schema
        .with_search_path(&catalog.search_path)
        .hiding(catalog.temporary.iter().filter(is_hidden).map(|row| row.name.as_str()))
        .with_temporary(catalog.temporary.iter().map(|row| row.name.as_str()))
        .with_routines(routines)
        .with_enums(catalog.enums.iter().map(|row| row.name.as_str())))
}
