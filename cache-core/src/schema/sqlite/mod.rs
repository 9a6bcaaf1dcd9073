//! What SQLite's catalog rows mean.
//!
//! An adapter runs the [`queries`] in one read transaction and hands their rows to [`schema`]; this room
//! does no I/O. What it leaves out is unknown on purpose, so that a write of it is a write of everything and
//! a read of it is not cached: virtual tables and their shadow tables, SQLite's own tables, whatever a
//! temporary table or view hides, and attached databases.

mod affinity;
mod catalog;
mod ddl;
mod decode;
pub mod queries;
mod tables;
mod tokens;
mod views;

pub use catalog::{Catalog, ColumnRow, ForeignKeyRow, IndexRow, Kind, Object, Place};

use xxhash_rust::xxh3::xxh3_64;

use super::{Dialect, Schema};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

/// The schema that the rows of a catalog describe.
///
/// ```
/// use cache_core::schema::sqlite::{Catalog, ColumnRow, Kind, Object, Place, schema};
///
/// let catalog = Catalog {
///     objects: vec![Object {
///         place: Place::Main,
///         kind: Kind::Table,
///         name: "article".into(),
///         table: "article".into(),
///         sql: "CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT COLLATE NOCASE)".into(),
///     }],
///     columns: vec![
///         ColumnRow { table: "article".into(), name: "id".into(), declared: "INTEGER".into(), key: 1, ..ColumnRow::default() },
///         ColumnRow { table: "article".into(), name: "title".into(), declared: "TEXT".into(), ..ColumnRow::default() },
///     ],
///     ..Catalog::default()
/// };
/// let schema = schema(&catalog)?;
/// let article = schema.table_named("article").unwrap();
/// assert!(article.has_rowid_key());
/// assert!(!article.columns()[1].narrows());
/// # Ok::<(), cache_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Configuration`] if the rows contradict each other, as rows
/// that were not read in one transaction may.
pub fn schema(catalog: &Catalog) -> Result<Schema> {
    let schema = Schema::new(Dialect::Sqlite, tables::definitions(catalog), views::views(catalog))?;
    Ok(schema.with_search_indexes(tables::search_indexes(catalog)))
}

/// What connections that are set as this one and have these temporary tables see of a database, from the answer to
/// [`SESSION`](queries::SESSION); empty for one that nothing was done to.
///
/// # Errors
/// [`ErrorKind::Configuration`] if it sees what others have not committed.
pub fn seen_by(answer: &[Vec<Value>]) -> Result<String> {
    match answer.first().map(Vec::as_slice) {
        Some([_, _, Value::Int(1), _]) => {
            let message =
                "connections with PRAGMA read_uncommitted see what may be rolled back; switch it off";
            Err(Error::new(ErrorKind::Configuration, message))
        }
        Some([Value::Int(1), Value::Int(0), _, Value::Null]) => Ok(String::new()),
        Some([like, reverse, _, temporary]) => {
            let temporary = xxh3_64(format!("{temporary:?}").as_bytes());
            Ok(format!("{like:?} {reverse:?} {temporary:x}"))
        }
        _ => Err(Error::new(ErrorKind::Schema, "there is no answer of what the connection sees")),
    }
}
