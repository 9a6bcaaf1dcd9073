//! The catalog queries of SQLite, run and decoded.

use cache_core::Result;
use cache_core::schema::sqlite::{
    Catalog, ColumnRow, ForeignKeyRow, IndexRow, Kind, Object, Place, queries, schema,
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, TransactionTrait,
};

use super::{Reading, failed};

/// All rows come from one read transaction, so they belong together.
pub(super) async fn read(db: &DatabaseConnection) -> Result<Reading> {
    let transaction = db.begin().await.map_err(failed)?;
    let fingerprint = fingerprint(&transaction).await.map_err(failed)?;
    let catalog = catalog(&transaction).await.map_err(failed)?;
    let enforced = rows(&transaction, queries::ENFORCES_FOREIGN_KEYS, |row| row.try_get_by_index::<i64>(0));
    let enforced = enforced.await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    let schema = schema(&catalog)?;
    let schema = if enforced == [1] { schema } else { schema.without_enforced_foreign_keys() };
    Ok(Reading { schema, fingerprint })
}

pub(super) async fn fingerprint(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let versions = rows(db, queries::SCHEMA_VERSION, |row| row.try_get_by_index::<i64>(0)).await?;
    Ok(versions.first().copied().unwrap_or_default().cast_unsigned())
}

pub(super) async fn file(db: &DatabaseConnection) -> Result<String, DbErr> {
    let files = rows(db, queries::FILE, |row| row.try_get_by_index::<Option<String>>(0)).await?;
    Ok(files.into_iter().flatten().next().unwrap_or_default())
}

async fn catalog(db: &impl ConnectionTrait) -> Result<Catalog, DbErr> {
    let objects: Vec<Object> = rows(db, queries::OBJECTS, object).await?.into_iter().flatten().collect();
    let mut columns = rows(db, queries::COLUMNS, column).await?;
    for view in objects.iter().filter(|object| object.place == Place::Main && object.kind == Kind::View) {
        let values = [view.name.as_str().into()];
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, queries::VIEW_COLUMNS, values);
        // A view that names a dropped table cannot be read by anybody.
        if let Ok(rows) = db.query_all_raw(statement).await {
            columns.extend(rows.iter().map(column).collect::<Result<Vec<_>, _>>()?);
        }
    }
    let indexes = rows(db, queries::INDEXES, index).await?;
    let foreign_keys = rows(db, queries::FOREIGN_KEYS, foreign_key).await?;
    Ok(Catalog { objects, columns, indexes, foreign_keys })
}

async fn rows<T>(
    db: &impl ConnectionTrait,
    query: &str,
    decode: fn(&QueryResult) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, query)).await?;
    rows.iter().map(decode).collect()
}

fn object(row: &QueryResult) -> Result<Option<Object>, DbErr> {
    let Some(kind) = Kind::named(&row.try_get_by_index::<String>(1)?) else { return Ok(None) };
    Ok(Some(Object {
        place: Place::named(&row.try_get_by_index::<String>(0)?),
        kind,
        name: row.try_get_by_index(2)?,
        table: row.try_get_by_index(3)?,
        sql: row.try_get_by_index(4)?,
    }))
}

fn column(row: &QueryResult) -> Result<ColumnRow, DbErr> {
    Ok(ColumnRow {
        table: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        declared: row.try_get_by_index::<Option<String>>(2)?.unwrap_or_default(),
        not_null: row.try_get_by_index(3)?,
        key: row.try_get_by_index(4)?,
        hidden: row.try_get_by_index(5)?,
    })
}

fn index(row: &QueryResult) -> Result<IndexRow, DbErr> {
    Ok(IndexRow {
        table: row.try_get_by_index(0)?,
        index: row.try_get_by_index(1)?,
        origin: row.try_get_by_index(2)?,
        partial: row.try_get_by_index(3)?,
        column: row.try_get_by_index(4)?,
        collation: row.try_get_by_index(5)?,
    })
}

fn foreign_key(row: &QueryResult) -> Result<ForeignKeyRow, DbErr> {
    Ok(ForeignKeyRow {
        table: row.try_get_by_index(0)?,
        id: row.try_get_by_index(1)?,
        parent: row.try_get_by_index(2)?,
        from: row.try_get_by_index(3)?,
        to: row.try_get_by_index(4)?,
        on_update: row.try_get_by_index(5)?,
        on_delete: row.try_get_by_index(6)?,
    })
}
