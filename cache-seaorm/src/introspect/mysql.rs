//! The catalog queries of MariaDB and MySQL, run and decoded.

use cache_core::schema::mysql::{
    self, Catalog, ColumnRow, ForeignKeyRow, IndexRow, ParameterRow, RoutineRow, Settings, Sight, TableRow,
    TriggerRow, ViewRow, integer, pair, queries, schema, text,
};
use cache_core::session::Rows;
use cache_core::{Error, ErrorKind, Result, Value};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};

use super::{Identity, Reading, failed};
use crate::rows::Returned;

/// The catalog has no snapshot: what changes while it is read has another fingerprint afterwards.
const ATTEMPTS: usize = 5;

pub(super) async fn read(db: &DatabaseConnection) -> Result<Reading> {
    // One connection for all of it: its settings count.
    let connection = db.begin().await.map_err(failed)?;
    for _ in 0..ATTEMPTS {
        let before = fingerprint(&connection).await?;
        let catalog = catalog(&connection).await?;
        if fingerprint(&connection).await? == before {
            connection.commit().await.map_err(failed)?;
            return Ok(Reading { schema: schema(&catalog)?, fingerprint: before });
        }
    }
    Err(Error::new(ErrorKind::Schema, "the schema of the database does not stop changing; try again"))
}

pub(super) async fn fingerprint(db: &impl ConnectionTrait) -> Result<u64> {
    let found = all(db, queries::FINGERPRINT, mysql::fingerprint).await?;
    Ok(found.first().copied().unwrap_or_default())
}

/// A database is the same by whatever address. What its sessions see differs by user and settings.
pub(super) async fn identity(db: &DatabaseConnection) -> Result<Identity> {
    let (database, _) = place(db).await?;
    let server = Settings::new(all(db, queries::SERVER, pair).await?);
    let user = all(db, queries::USER, text).await?;
    let settings = all(db, queries::SESSION, pair).await?;
    let session = format!("{user:?} {settings:?}");
    Ok(Identity::named(mysql::name(&server, &database)).seen_by(session))
}

async fn place(db: &impl ConnectionTrait) -> Result<(String, String)> {
    Ok(all(db, queries::PLACE, pair).await?.into_iter().next().unwrap_or_default())
}

async fn catalog(db: &impl ConnectionTrait) -> Result<Catalog> {
    let (database, version) = place(db).await?;
    let sight = if version.contains("MariaDB") { Sight::All } else { sight(db).await? };
    Ok(Catalog {
        database,
        settings: Settings::new(all(db, queries::SETTINGS, pair).await?),
        tables: all(db, queries::TABLES, TableRow::from_values).await?,
        columns: all(db, queries::COLUMNS, ColumnRow::from_values).await?,
        indexes: all(db, queries::INDEXES, IndexRow::from_values).await?,
        foreign_keys: all(db, queries::FOREIGN_KEYS, ForeignKeyRow::from_values).await?,
        sight,
        triggers: all(db, queries::TRIGGERS, TriggerRow::from_values).await?,
        views: all(db, queries::VIEWS, ViewRow::from_values).await?,
        routines: all(db, queries::ROUTINES, RoutineRow::from_values).await?,
        parameters: all(db, queries::PARAMETERS, ParameterRow::from_values).await?,
    })
}

async fn sight(db: &impl ConnectionTrait) -> Result<Sight> {
    let grants = all(db, queries::MAY_SEE_TRIGGERS, integer).await?;
    Ok(if grants.first().is_some_and(|grants| *grants > 0) { Sight::All } else { Sight::Some })
}

async fn all<T>(db: &impl ConnectionTrait, query: &str, decode: fn(&[Value]) -> Result<T>) -> Result<Vec<T>> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::MySql, query)).await.map_err(failed)?;
    let rows = Returned(&rows);
    (0..rows.len())
        .map(|row| {
            let values: Vec<Value> = (0..rows.columns()).map(|column| rows.value(row, column)).collect();
            decode(&values)
        })
        .collect()
}
