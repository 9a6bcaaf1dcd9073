//! What the catalog rows of MariaDB and MySQL mean.
//!
//! An adapter runs the [`queries`] in one transaction and hands their rows to [`schema`]; this room does no I/O.
//! The schema is that of the connection's database. What it leaves out is unknown on purpose, so that a write of it
//! is a write of everything and a read of it is not cached: other databases of the server, tables of engines that
//! keep their rows elsewhere, sequences, system-versioned tables, and views that the user may not see into.

mod catalog;
mod decode;
mod grants;
pub mod queries;
mod routines;
mod tables;
mod triggers;
mod types;
mod views;

pub use catalog::{
    Catalog, ColumnRow, FollowerRow, ForeignKeyRow, IndexRow, ParameterRow, Parent, RoutineRow, Settings,
    Sight, TableRow, TriggerRow, ViewRow,
};
pub use decode::{Origin, fingerprint};
pub(super) use routines::built_in;
pub(crate) use routines::is_on_some;
pub(crate) use triggers::NOT_SHOWN;

use super::{Backslash, Dialect, DoubleQuotes, Schema};
use crate::error::{Error, ErrorKind, Result};

/// The schema that the rows of a catalog describe.
///
/// ```
/// use cache_core::schema::mysql::{Catalog, ColumnRow, IndexRow, TableRow, schema};
///
/// let column = |name: &str, declared: &str| ColumnRow {
///     table: "article".into(),
///     name: name.into(),
///     declared: declared.into(),
///     collation: "utf8mb4_danish_ci".into(),
///     ..ColumnRow::default()
/// };
/// let catalog = Catalog {
///     database: "shop".into(),
///     tables: vec![TableRow { name: "article".into(), kind: "BASE TABLE".into(), engine: "InnoDB".into() }],
///     columns: vec![column("id", "int(11)"), column("title", "text")],
///     indexes: vec![IndexRow { table: "article".into(), index: "PRIMARY".into(), column: Some("id".into()) }],
///     ..Catalog::default()
/// };
/// let schema = schema(&catalog)?;
/// let article = schema.table_named("article").unwrap();
/// assert!(article.columns()[0].narrows());
/// assert!(!article.columns()[1].narrows());
/// # Ok::<(), cache_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Configuration`] if the connection has no database, if it is set to something under which results do
/// not depend on committed rows and the text alone, or if the rows contradict each other.
pub fn schema(catalog: &Catalog) -> Result<Schema> {
    let settings = &catalog.settings;
    if catalog.database.is_empty() {
        return Err(refused("the connection has no database; name one in its URL"));
    }
    check(settings)?;
    let mode = |name: &str| settings.named("sql_mode").split(',').any(|mode| mode == name);
    let quotes = if mode("ANSI_QUOTES") { DoubleQuotes::Names } else { DoubleQuotes::Text };
    let backslash = if mode("NO_BACKSLASH_ESCAPES") { Backslash::Plain } else { Backslash::Escapes };
    let schema = Schema::new(Dialect::MySql, tables::definitions(catalog), views::views(catalog))?
        .with_search_path([catalog.database.as_str()])
        .with_routines(routines::routines(catalog))
        .with_spelling(quotes, backslash);
    let is_enforced = settings.named("foreign_key_checks").is_empty() || settings.is_on("foreign_key_checks");
    Ok(if is_enforced { schema } else { schema.without_enforced_foreign_keys() })
}

fn check(settings: &Settings) -> Result<()> {
    let isolation = [settings.named("tx_isolation"), settings.named("transaction_isolation")];
    if isolation.contains(&"READ-UNCOMMITTED") {
        return Err(refused(
            "connections at READ UNCOMMITTED see what may be rolled back; use another isolation level",
        ));
    }
    if matches!(settings.named("autocommit"), "OFF" | "0") {
        return Err(refused(
            "connections without autocommit begin transactions unseen; switch autocommit on",
        ));
    }
    if !matches!(settings.named("completion_type"), "" | "NO_CHAIN" | "0") {
        return Err(refused(
            "with completion_type another transaction follows each COMMIT unseen; set it to NO_CHAIN",
        ));
    }
    if settings.is_on("sql_auto_is_null") {
        return Err(refused("with sql_auto_is_null IS NULL finds the row inserted last; switch it off"));
    }
    let changes_meaning = ["ORACLE", "MSSQL", "EMPTY_STRING_IS_NULL", "HIGH_NOT_PRECEDENCE"];
    match settings.named("sql_mode").split(',').find(|mode| changes_meaning.contains(mode)) {
        Some(mode) => {
            Err(refused(&format!("sql_mode {mode} changes what statements mean; connect without it")))
        }
        None => Ok(()),
    }
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(settings: &[(&str, &str)]) -> Result<Schema> {
        let settings =
            Settings::new(settings.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        schema(&Catalog { database: "shop".into(), settings, ..Catalog::default() })
    }

    #[test]
    fn settings_that_change_what_statements_mean_are_refused() {
        for (name, value) in [
            ("tx_isolation", "READ-UNCOMMITTED"),
            ("transaction_isolation", "READ-UNCOMMITTED"),
            ("autocommit", "OFF"),
            ("sql_auto_is_null", "ON"),
            ("completion_type", "CHAIN"),
            ("sql_mode", "PIPES_AS_CONCAT,ORACLE"),
        ] {
            assert_eq!(with(&[(name, value)]).unwrap_err().kind(), ErrorKind::Configuration, "{name}");
        }
        assert!(with(&[("sql_mode", "ANSI_QUOTES"), ("autocommit", "ON")]).is_ok());
        assert!(!with(&[("foreign_key_checks", "OFF")]).unwrap().enforces_foreign_keys());
        assert_eq!(schema(&Catalog::default()).unwrap_err().kind(), ErrorKind::Configuration);
    }

    #[test]
    fn names_that_differ_in_case_only_are_unknown() {
        let table =
            |name: &str| TableRow { name: name.into(), kind: "BASE TABLE".into(), engine: "InnoDB".into() };
        let tables = vec![table("a"), table("A"), table("b")];
        let schema = schema(&Catalog { database: "shop".into(), tables, ..Catalog::default() }).unwrap();
        assert_eq!(schema.tables().iter().map(crate::schema::Table::name).collect::<Vec<_>>(), ["b"]);
    }
}
