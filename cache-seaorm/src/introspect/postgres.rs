//! The catalog queries of PostgreSQL, run and decoded.

use std::hash::{DefaultHasher, Hash, Hasher};

use cache_core::log::Fate;
use cache_core::schema::postgres::{
    Catalog, ColumnRow, ForeignKeyRow, HazardRow, IndexRow, InheritanceRow, NameRow, OperatorRow,
    RelationRow, RoutineRow, RuleRow, TriggerColumnRow, TriggerRow, queries, schema,
};
use cache_core::session::{Identity, Reading};
use cache_core::{Error, ErrorKind, Result};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, IsolationLevel, QueryResult,
    RuntimeErr, Statement, TransactionTrait, TryGetable,
};

use super::failed;

/// All rows come from one snapshot, so they belong together.
pub(super) async fn read(db: &DatabaseConnection) -> Result<Reading> {
    let snapshot = (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly));
    let transaction = db.begin_with_config(snapshot.0, snapshot.1).await.map_err(failed)?;
    let reading = async {
        let fingerprint = fingerprint(&transaction).await?;
        let strings: Vec<String> = rows(&transaction, queries::STANDARD_STRINGS, first).await?;
        Ok((fingerprint, strings == ["on"], catalog(&transaction).await?))
    };
    let (fingerprint, standard, catalog) = reading.await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    if !standard {
        let message = "texts cannot be read with `standard_conforming_strings = off`; set it to `on`";
        return Err(Error::new(ErrorKind::Schema, message));
    }
    Ok(Reading { schema: schema(&catalog)?, fingerprint })
}

pub(super) async fn fingerprint(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let sums: Vec<String> = rows(db, queries::FINGERPRINT, first).await?;
    // The search path is no part of the catalog, and a schema in it may come or go.
    let path: Vec<String> = rows(db, queries::SEARCH_PATH, first).await?;
    let mut hasher = DefaultHasher::new();
    (sums, path).hash(&mut hasher);
    Ok(hasher.finish())
}

/// A database is the same by whatever address. What its sessions see differs by user, search path and time zone.
pub(super) async fn identity(db: &DatabaseConnection) -> Result<Identity> {
    let decode =
        |row: &QueryResult| Ok((row.try_get_by_index::<String>(0)?, row.try_get_by_index::<i64>(1)?));
    let names = rows(db, queries::IDENTITY, decode).await.map_err(|source| {
        let message =
            "the identity of the database could not be read; let its user execute `pg_control_system()`";
        Error::new(ErrorKind::Schema, message).with_source(source)
    })?;
    let name = names.first().map(|(cluster, database)| format!("postgres:{cluster}/{database}"));
    let session: Vec<String> = rows(db, queries::SESSION, first).await.map_err(failed)?;
    Ok(Identity::named(name.unwrap_or_default()).seen_by(session.concat()))
}

/// Whether it follows another server, which it may lag behind.
pub(super) async fn is_replica(db: &DatabaseConnection) -> Result<bool> {
    let replicas: Vec<bool> = rows(db, queries::IS_REPLICA, first).await.map_err(failed)?;
    Ok(replicas == [true])
}

/// What became of a transaction. Who cannot be asked has not said that it ended.
pub(super) async fn fate(db: &DatabaseConnection, number: u64) -> Option<Fate> {
    let question =
        Statement::from_sql_and_values(DbBackend::Postgres, queries::FATE, [number.to_string().into()]);
    let row = match db.query_one_raw(question).await {
        Ok(row) => row?,
        Err(DbErr::Query(RuntimeErr::SqlxError(error))) if error.as_database_error().is_some() => {
            return None;
        }
        Err(_) => return Some(Fate::InProgress),
    };
    let is_over: bool = row.try_get_by_index(0).ok()?;
    let status: Option<String> = row.try_get_by_index(1).ok()?;
    Some(match status.as_deref() {
        _ if !is_over => Fate::InProgress,
        Some("aborted") => Fate::RolledBack,
        // One that is too old to be known is over, too.
        _ => Fate::Committed,
    })
}

/// The number of the transaction that is open on a connection, if it has written.
pub(super) async fn transaction(db: &impl ConnectionTrait) -> Option<String> {
    let found: Vec<Option<String>> = rows(db, queries::TRANSACTION, first).await.ok()?;
    found.into_iter().next()?
}

async fn catalog(db: &impl ConnectionTrait) -> Result<Catalog, DbErr> {
    let search_path = rows(db, queries::SEARCH_PATH, first).await?;
    db.execute_unprepared(queries::QUALIFY).await?;
    Ok(Catalog {
        search_path,
        relations: rows(db, queries::RELATIONS, relation).await?,
        temporary: rows(db, queries::TEMPORARY, name).await?,
        columns: rows(db, queries::COLUMNS, column).await?,
        indexes: rows(db, queries::INDEXES, index).await?,
        foreign_keys: rows(db, queries::FOREIGN_KEYS, foreign_key).await?,
        inheritance: rows(db, queries::INHERITANCE, inheritance).await?,
        triggers: rows(db, queries::TRIGGERS, trigger).await?,
        trigger_columns: rows(db, queries::TRIGGER_COLUMNS, trigger_column).await?,
        rules: rows(db, queries::RULES, rule).await?,
        routines: rows(db, queries::ROUTINES, routine).await?,
        operators: rows(db, queries::OPERATORS, operator).await?,
        hazards: rows(db, queries::HAZARDS, hazard).await?,
        enums: rows(db, queries::ENUMS, name).await?,
    })
}

async fn rows<T>(
    db: &impl ConnectionTrait,
    query: &str,
    decode: fn(&QueryResult) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, query)).await?;
    rows.iter().map(decode).collect()
}

fn first<T: TryGetable>(row: &QueryResult) -> Result<T, DbErr> {
    row.try_get_by_index(0)
}

fn name(row: &QueryResult) -> Result<NameRow, DbErr> {
    Ok(NameRow { name: row.try_get_by_index(0)? })
}

fn relation(row: &QueryResult) -> Result<RelationRow, DbErr> {
    Ok(RelationRow {
        oid: row.try_get_by_index(0)?,
        namespace: row.try_get_by_index(1)?,
        name: row.try_get_by_index(2)?,
        kind: row.try_get_by_index(3)?,
        persistence: row.try_get_by_index(4)?,
        row_security: row.try_get_by_index(5)?,
        definition: row.try_get_by_index(6)?,
        lockable: row.try_get_by_index(7)?,
    })
}

fn column(row: &QueryResult) -> Result<ColumnRow, DbErr> {
    Ok(ColumnRow {
        relation: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        base: row.try_get_by_index(2)?,
        kind: row.try_get_by_index(3)?,
        modifier: row.try_get_by_index(4)?,
        deterministic: row.try_get_by_index(5)?,
        not_null: row.try_get_by_index(6)?,
        generated: row.try_get_by_index(7)?,
    })
}

fn index(row: &QueryResult) -> Result<IndexRow, DbErr> {
    Ok(IndexRow {
        relation: row.try_get_by_index(0)?,
        index: row.try_get_by_index(1)?,
        primary: row.try_get_by_index(2)?,
        column: row.try_get_by_index(3)?,
    })
}

fn foreign_key(row: &QueryResult) -> Result<ForeignKeyRow, DbErr> {
    Ok(ForeignKeyRow {
        key: row.try_get_by_index(0)?,
        relation: row.try_get_by_index(1)?,
        parent: row.try_get_by_index(2)?,
        from: row.try_get_by_index(3)?,
        to: row.try_get_by_index(4)?,
        on_delete: row.try_get_by_index(5)?,
        on_update: row.try_get_by_index(6)?,
        sets_some: row.try_get_by_index(7)?,
        validated: row.try_get_by_index(8)?,
    })
}

fn inheritance(row: &QueryResult) -> Result<InheritanceRow, DbErr> {
    Ok(InheritanceRow { child: row.try_get_by_index(0)?, parent: row.try_get_by_index(1)? })
}

fn trigger(row: &QueryResult) -> Result<TriggerRow, DbErr> {
    Ok(TriggerRow {
        trigger: row.try_get_by_index(0)?,
        relation: row.try_get_by_index(1)?,
        bits: row.try_get_by_index(2)?,
        language: row.try_get_by_index(3)?,
        body: row.try_get_by_index(4)?,
        plain: row.try_get_by_index(5)?,
        routine: row.try_get_by_index(6)?,
    })
}

fn trigger_column(row: &QueryResult) -> Result<TriggerColumnRow, DbErr> {
    Ok(TriggerColumnRow { trigger: row.try_get_by_index(0)?, column: row.try_get_by_index(1)? })
}

fn rule(row: &QueryResult) -> Result<RuleRow, DbErr> {
    Ok(RuleRow {
        relation: row.try_get_by_index(0)?,
        event: row.try_get_by_index(1)?,
        definition: row.try_get_by_index(2)?,
    })
}

fn routine(row: &QueryResult) -> Result<RoutineRow, DbErr> {
    Ok(RoutineRow {
        name: row.try_get_by_index(0)?,
        kind: row.try_get_by_index(1)?,
        volatility: row.try_get_by_index(2)?,
        built_in: row.try_get_by_index(3)?,
        body: row.try_get_by_index(4)?,
        definition: row.try_get_by_index(5)?,
    })
}

fn operator(row: &QueryResult) -> Result<OperatorRow, DbErr> {
    Ok(OperatorRow {
        name: row.try_get_by_index(0)?,
        volatility: row.try_get_by_index(1)?,
        routine: row.try_get_by_index(2)?,
    })
}

fn hazard(row: &QueryResult) -> Result<HazardRow, DbErr> {
    Ok(HazardRow {
        relation: row.try_get_by_index(0)?,
        routine: row.try_get_by_index(1)?,
        filled: row.try_get_by_index(2)?,
    })
}
