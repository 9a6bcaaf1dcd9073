//! The catalog queries of MariaDB and MySQL, run and decoded.

use cache_core::schema::mysql::{
    Catalog, ColumnRow, ForeignKeyRow, IndexRow, ParameterRow, Parent, RoutineRow, Settings, Sight, TableRow,
    TriggerRow, ViewRow, queries, schema,
};
use cache_core::{Error, ErrorKind, Result};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, TransactionTrait,
};

use super::{Identity, Reading, failed};

/// The catalog has no snapshot: what changes while it is read has another fingerprint afterwards.
const ATTEMPTS: usize = 5;

pub(super) async fn read(db: &DatabaseConnection) -> Result<Reading> {
    // One connection for all of it: its settings count.
    let connection = db.begin().await.map_err(failed)?;
    for _ in 0..ATTEMPTS {
        let fingerprint = fingerprint(&connection).await.map_err(failed)?;
        let catalog = catalog(&connection).await.map_err(failed)?;
        if self::fingerprint(&connection).await.map_err(failed)? == fingerprint {
            connection.commit().await.map_err(failed)?;
            return Ok(Reading { schema: schema(&catalog)?, fingerprint });
        }
    }
    Err(Error::new(ErrorKind::Schema, "the schema of the database does not stop changing; try again"))
}

pub(super) async fn fingerprint(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let found = rows(db, queries::FINGERPRINT, |row| {
        Ok((row.try_get_by_index::<i64>(0)?, row.try_get_by_index::<u64>(1)?))
    });
    let (count, checksum) = found.await?.first().copied().unwrap_or_default();
    Ok(checksum ^ count.cast_unsigned().rotate_left(32))
}

/// A database is the same by whatever address. What its sessions see differs by user and settings.
pub(super) async fn identity(db: &DatabaseConnection) -> Result<Identity> {
    let (database, _) = place(db).await.map_err(failed)?;
    let server = Settings::new(rows(db, queries::SERVER, pair).await.map_err(failed)?);
    let server = match server.named("server_uuid") {
        "" => ["server_uid", "hostname", "port", "datadir"].map(|name| server.named(name)).join("|"),
        uuid => uuid.to_owned(),
    };
    let user: Vec<String> = rows(db, queries::USER, |row| row.try_get_by_index(0)).await.map_err(failed)?;
    let settings = rows(db, queries::SESSION, pair).await.map_err(failed)?;
    let session = format!("{user:?} {settings:?}");
    Ok(Identity::named(format!("mysql:{server}/{database}")).seen_by(session))
}

async fn place(db: &impl ConnectionTrait) -> Result<(String, String), DbErr> {
    Ok(rows(db, queries::PLACE, pair).await?.into_iter().next().unwrap_or_default())
}

async fn catalog(db: &impl ConnectionTrait) -> Result<Catalog, DbErr> {
    let (database, version) = place(db).await?;
    let sight = if version.contains("MariaDB") { Sight::All } else { sight(db).await? };
    Ok(Catalog {
        database,
        settings: Settings::new(rows(db, queries::SETTINGS, pair).await?),
        tables: rows(db, queries::TABLES, table).await?,
        columns: rows(db, queries::COLUMNS, column).await?,
        indexes: rows(db, queries::INDEXES, index).await?,
        foreign_keys: rows(db, queries::FOREIGN_KEYS, foreign_key).await?,
        sight,
        triggers: rows(db, queries::TRIGGERS, trigger).await?,
        views: rows(db, queries::VIEWS, view).await?,
        routines: rows(db, queries::ROUTINES, routine).await?,
        parameters: rows(db, queries::PARAMETERS, parameter).await?,
    })
}

async fn sight(db: &impl ConnectionTrait) -> Result<Sight, DbErr> {
    let grants = rows(db, queries::MAY_SEE_TRIGGERS, |row| row.try_get_by_index::<i64>(0)).await?;
    Ok(if grants.first().is_some_and(|grants| *grants > 0) { Sight::All } else { Sight::Some })
}

async fn rows<T>(
    db: &impl ConnectionTrait,
    query: &str,
    decode: fn(&QueryResult) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::MySql, query)).await?;
    rows.iter().map(decode).collect()
}

fn pair(row: &QueryResult) -> Result<(String, String), DbErr> {
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

fn table(row: &QueryResult) -> Result<TableRow, DbErr> {
    Ok(TableRow {
        name: row.try_get_by_index(0)?,
        kind: row.try_get_by_index(1)?,
        engine: row.try_get_by_index(2)?,
    })
}

fn column(row: &QueryResult) -> Result<ColumnRow, DbErr> {
    Ok(ColumnRow {
        table: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        declared: row.try_get_by_index(2)?,
        length: row.try_get_by_index(3)?,
        collation: row.try_get_by_index(4)?,
        nullable: row.try_get_by_index(5)?,
        extra: row.try_get_by_index(6)?,
        generated: row.try_get_by_index(7)?,
    })
}

fn index(row: &QueryResult) -> Result<IndexRow, DbErr> {
    Ok(IndexRow {
        table: row.try_get_by_index(0)?,
        index: row.try_get_by_index(1)?,
        column: row.try_get_by_index(2)?,
    })
}

fn foreign_key(row: &QueryResult) -> Result<ForeignKeyRow, DbErr> {
    let is_here = row.try_get_by_index::<i64>(3)? != 0;
    Ok(ForeignKeyRow {
        table: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        from: row.try_get_by_index(2)?,
        place: if is_here { Parent::Here } else { Parent::Elsewhere },
        parent: row.try_get_by_index(4)?,
        to: row.try_get_by_index(5)?,
        on_delete: row.try_get_by_index(6)?,
        on_update: row.try_get_by_index(7)?,
    })
}

fn trigger(row: &QueryResult) -> Result<TriggerRow, DbErr> {
    Ok(TriggerRow {
        table: row.try_get_by_index(0)?,
        timing: row.try_get_by_index(1)?,
        event: row.try_get_by_index(2)?,
        statement: row.try_get_by_index(3)?,
        sql_mode: row.try_get_by_index(4)?,
    })
}

fn view(row: &QueryResult) -> Result<ViewRow, DbErr> {
    Ok(ViewRow { name: row.try_get_by_index(0)?, query: row.try_get_by_index(1)? })
}

fn routine(row: &QueryResult) -> Result<RoutineRow, DbErr> {
    Ok(RoutineRow {
        name: row.try_get_by_index(0)?,
        kind: row.try_get_by_index(1)?,
        body: row.try_get_by_index(2)?,
        sql_mode: row.try_get_by_index(3)?,
    })
}

fn parameter(row: &QueryResult) -> Result<ParameterRow, DbErr> {
    Ok(ParameterRow {
        routine: row.try_get_by_index(0)?,
        kind: row.try_get_by_index(1)?,
        name: row.try_get_by_index(2)?,
    })
}
