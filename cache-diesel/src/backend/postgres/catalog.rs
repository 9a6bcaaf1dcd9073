//! The catalog queries of PostgreSQL, run and decoded: for connections that block and for those that do not.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};

use cache_core::log::Fate;
use cache_core::schema::postgres::{
    Catalog, ColumnRow, ForeignKeyRow, HazardRow, IndexRow, InheritanceRow, NameRow, OperatorRow,
    RelationRow, RoutineRow, RuleRow, TriggerColumnRow, TriggerRow, integer, queries, schema, text,
};
use cache_core::session::{Identity, Reading};
use cache_core::{Error, ErrorKind, Result, Value};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::backend::ask::{Ask, all, failed};

/// A connection that can begin and end the transaction in which it is asked.
pub(crate) trait Transact: Ask {
    /// All rows of a query that is asked so often that it stays prepared.
    fn again(
        &mut self,
        query: &'static str,
    ) -> impl Future<Output = Result<Vec<Vec<Value>>, DieselError>> + Send;

    /// All rows of a query that is made for this once.
    fn once(&mut self, query: String) -> impl Future<Output = Result<Vec<Vec<Value>>, DieselError>> + Send;

    /// Runs what returns no rows.
    fn run(&mut self, sql: &'static str) -> impl Future<Output = Result<(), DieselError>> + Send;
}

/// A database is the same by whatever address. What its sessions see differs by user, search path and time zone.
pub(crate) async fn identity(db: &mut impl Ask) -> Result<Identity> {
    let names = db.rows(queries::IDENTITY).await.map_err(|source| {
        let message =
            "the identity of the database could not be read; let its user execute `pg_control_system()`";
        Error::new(ErrorKind::Schema, message).with_source(source)
    })?;
    let name = match names.first().map(Vec::as_slice) {
        Some([cluster, database]) => {
            let (cluster, database) =
                (text(std::slice::from_ref(cluster))?, integer(std::slice::from_ref(database))?);
            format!("postgres:{cluster}/{database}")
        }
        _ => return Err(Error::new(ErrorKind::Schema, "the identity of the database could not be read")),
    };
    let session = all(db, queries::SESSION, text).await?;
    Ok(Identity::named(name).seen_by(session.concat()))
}

/// Whether its server follows another one, which it may lag behind.
pub(crate) async fn is_replica(db: &mut impl Ask) -> Result<bool> {
    Ok(db.rows(queries::IS_REPLICA).await.map_err(failed)? == [[Value::Bool(true)]])
}

/// All rows come from one snapshot, so they belong together.
///
/// # Cancel safety
/// A transaction may be left open: run it to its end.
pub(crate) async fn read(db: &mut impl Transact) -> Result<Reading> {
    db.run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(failed)?;
    let reading = snapshot(db).await;
    let end = if reading.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = db.run(end).await.map_err(failed);
    reading.and_then(|reading| ended.map(|()| reading))
}

pub(crate) async fn fingerprint(db: &mut impl Ask) -> Result<u64> {
    let sums = all(db, queries::FINGERPRINT, text).await?;
    // The search path is no part of the catalog, and a schema in it may come or go.
    let path = all(db, queries::SEARCH_PATH, text).await?;
    let mut hasher = DefaultHasher::new();
    (sums, path).hash(&mut hasher);
    Ok(hasher.finish())
}

/// The number of the transaction that is open, if it has written.
pub(crate) async fn transaction(db: &mut impl Transact) -> Option<String> {
    let rows = db.again(queries::TRANSACTION).await.ok()?;
    text(rows.first()?).ok()
}

/// What became of a transaction. Who cannot be asked has not said that it ended.
pub(crate) async fn fate(db: &mut impl Transact, number: u64) -> Option<Fate> {
    let question = queries::FATE.replace("$1", &format!("'{number}'"));
    let rows = match db.once(question).await {
        Ok(rows) => rows,
        Err(DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )) => return Some(Fate::InProgress),
        Err(DieselError::DatabaseError(..)) => return None,
        Err(_) => return Some(Fate::InProgress),
    };
    match rows.first()?.as_slice() {
        [Value::Bool(false), _] => Some(Fate::InProgress),
        [Value::Bool(true), Value::Text(status)] if status == "aborted" => Some(Fate::RolledBack),
        // One that is too old to be known is over, too.
        [Value::Bool(true), _] => Some(Fate::Committed),
        _ => None,
    }
}

async fn snapshot(db: &mut impl Transact) -> Result<Reading> {
    let fingerprint = fingerprint(db).await?;
    if all(db, queries::STANDARD_STRINGS, text).await? != ["on"] {
        let message = "texts cannot be read with `standard_conforming_strings = off`; set it to `on`";
        return Err(Error::new(ErrorKind::Schema, message));
    }
    let search_path = all(db, queries::SEARCH_PATH, text).await?;
    db.run(queries::QUALIFY).await.map_err(failed)?;
    let catalog = Catalog {
        search_path,
        relations: all(db, queries::RELATIONS, RelationRow::from_values).await?,
        temporary: all(db, queries::TEMPORARY, NameRow::from_values).await?,
        columns: all(db, queries::COLUMNS, ColumnRow::from_values).await?,
        indexes: all(db, queries::INDEXES, IndexRow::from_values).await?,
        foreign_keys: all(db, queries::FOREIGN_KEYS, ForeignKeyRow::from_values).await?,
        inheritance: all(db, queries::INHERITANCE, InheritanceRow::from_values).await?,
        triggers: all(db, queries::TRIGGERS, TriggerRow::from_values).await?,
        trigger_columns: all(db, queries::TRIGGER_COLUMNS, TriggerColumnRow::from_values).await?,
        rules: all(db, queries::RULES, RuleRow::from_values).await?,
        routines: all(db, queries::ROUTINES, RoutineRow::from_values).await?,
        operators: all(db, queries::OPERATORS, OperatorRow::from_values).await?,
        hazards: all(db, queries::HAZARDS, HazardRow::from_values).await?,
        enums: all(db, queries::ENUMS, NameRow::from_values).await?,
    };
    Ok(Reading { schema: schema(&catalog)?, fingerprint })
}
