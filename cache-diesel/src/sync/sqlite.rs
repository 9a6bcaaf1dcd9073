//! What only SQLite has.

use cache_core::schema::sqlite::{
    Catalog, ColumnRow, ForeignKeyRow, IndexRow, Kind, Object, Place, queries, schema, seen_by,
};
use cache_core::session::{Identity, Reading};
use cache_core::{Result, Value};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::sql_types::Text;
use diesel::{SqliteConnection, sql_query};
use std::path::Path;

use super::CachedConnection;
use super::cacheable::{Cacheable, failed, rows};

impl Cacheable for SqliteConnection {
    const BEGIN_EXCLUDING_WRITERS: &'static str = "BEGIN IMMEDIATE";

    fn identity(&mut self, url: Option<&str>) -> Result<Identity> {
        let files = rows(self, sql_query(queries::FILE)).map_err(failed)?;
        let session = seen_by(&rows(self, sql_query(queries::SESSION)).map_err(failed)?)?;
        let identity = match files.first().and_then(|row| row.first()) {
            Some(Value::Text(file)) if !file.is_empty() => Identity::of_file(Path::new(file))?,
            _ => {
                // As Diesel takes it.
                let url = url
                    .map(|url| url.replacen("sqlite://", "file:", usize::from(url.starts_with("sqlite://"))));
                Identity::in_memory_by(url.as_deref())
            }
        };
        Ok(identity.seen_by(session))
    }

    /// All rows come from one savepoint, so they belong together.
    fn read_schema(&mut self) -> Result<Reading> {
        self.batch_execute("SAVEPOINT query_cache_schema").map_err(failed)?;
        let reading = read(self);
        self.batch_execute("RELEASE query_cache_schema").map_err(failed)?;
        reading
    }

    fn schema_fingerprint(&mut self) -> Result<u64> {
        let versions = rows(self, sql_query(queries::SCHEMA_VERSION)).map_err(failed)?;
        Ok(match versions.first().map(Vec::as_slice) {
            Some([Value::Int(version)]) => *version as u64,
            _ => 0,
        })
    }
}

fn read(connection: &mut SqliteConnection) -> Result<Reading> {
    let fingerprint = connection.schema_fingerprint()?;
    let catalog = catalog(connection)?;
    let enforced = rows(connection, sql_query(queries::ENFORCES_FOREIGN_KEYS)).map_err(failed)?;
    let schema = schema(&catalog)?;
    let schema = if enforced == [[Value::Int(1)]] { schema } else { schema.without_enforced_foreign_keys() };
    Ok(Reading { schema, fingerprint })
}

fn catalog(connection: &mut SqliteConnection) -> Result<Catalog> {
    let mut ask = |query| rows(connection, sql_query(query)).map_err(failed);
    let objects = decode(&ask(queries::OBJECTS)?, Object::from_values)?;
    let objects: Vec<Object> = objects.into_iter().flatten().collect();
    let mut columns = decode(&ask(queries::COLUMNS)?, ColumnRow::from_values)?;
    let indexes = decode(&ask(queries::INDEXES)?, IndexRow::from_values)?;
    let foreign_keys = decode(&ask(queries::FOREIGN_KEYS)?, ForeignKeyRow::from_values)?;
    for view in objects.iter().filter(|object| object.place == Place::Main && object.kind == Kind::View) {
        let query = sql_query(queries::VIEW_COLUMNS).bind::<Text, _>(&view.name);
        // A view that names a dropped table cannot be read by anybody.
        if let Ok(rows) = rows(connection, query) {
            columns.extend(decode(&rows, ColumnRow::from_values)?);
        }
    }
    Ok(Catalog { objects, columns, indexes, foreign_keys })
}

fn decode<T>(rows: &[Vec<Value>], decode: fn(&[Value]) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(|row| decode(row)).collect()
}

impl CachedConnection<SqliteConnection> {
    /// Runs a transaction that begins with `BEGIN IMMEDIATE`, as
    /// [`SqliteConnection::immediate_transaction`] does.
    ///
    /// # Errors
    /// What the function returns, and what BEGIN, COMMIT and ROLLBACK do.
    pub fn immediate_transaction<T, E, F>(&mut self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Self) -> Result<T, E>,
        E: From<diesel::result::Error>,
    {
        self.transaction_sql(run, "BEGIN IMMEDIATE")
    }

    /// Runs a transaction that begins with `BEGIN EXCLUSIVE`, as
    /// [`SqliteConnection::exclusive_transaction`] does.
    ///
    /// # Errors
    /// What the function returns, and what BEGIN, COMMIT and ROLLBACK do.
    pub fn exclusive_transaction<T, E, F>(&mut self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Self) -> Result<T, E>,
        E: From<diesel::result::Error>,
    {
        self.transaction_sql(run, "BEGIN EXCLUSIVE")
    }

    fn transaction_sql<T, E, F>(&mut self, run: F, sql: &str) -> Result<T, E>
    where
        F: FnOnce(&mut Self) -> Result<T, E>,
        E: From<diesel::result::Error>,
    {
        AnsiTransactionManager::begin_transaction_sql(&mut *self, sql)?;
        match run(&mut *self) {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(&mut *self)?;
                Ok(value)
            }
            Err(error) => {
                AnsiTransactionManager::rollback_transaction(&mut *self)?;
                Err(error)
            }
        }
    }
}
