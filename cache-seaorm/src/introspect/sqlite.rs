//! The catalog queries of SQLite, run and decoded.

use cache_core::schema::sqlite::{
    self, Catalog, ColumnRow, ForeignKeyRow, IndexRow, Kind, Object, Place, queries, schema,
};
use cache_core::session::{Reading, Rows};
use cache_core::{Result, Value};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};

use super::failed;
use crate::rows::Returned;

/// All rows come from one read transaction, so they belong together.
pub(super) async fn read(db: &DatabaseConnection) -> Result<Reading> {
    let transaction = db.begin().await.map_err(failed)?;
    let fingerprint = fingerprint(&transaction).await.map_err(failed)?;
    let catalog = catalog(&transaction).await?;
    let enforced = rows(&transaction, queries::ENFORCES_FOREIGN_KEYS).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    let schema = schema(&catalog)?;
    let schema = if enforced == [[Value::Int(1)]] { schema } else { schema.without_enforced_foreign_keys() };
    Ok(Reading { schema, fingerprint })
}

pub(super) async fn fingerprint(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let version = db.query_one_raw(statement(queries::SCHEMA_VERSION, None)).await?;
    let version = version.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
    Ok(version.unwrap_or_default().cast_unsigned())
}

/// What connections that are set as this one see.
pub(super) async fn seen_by(db: &DatabaseConnection) -> Result<String> {
    sqlite::seen_by(&rows(db, queries::SESSION).await.map_err(failed)?)
}

pub(super) async fn file(db: &DatabaseConnection) -> Result<String, DbErr> {
    let file = db.query_one_raw(statement(queries::FILE, None)).await?;
    let file = file.map(|row| row.try_get_by_index::<Option<String>>(0)).transpose()?;
    Ok(file.flatten().unwrap_or_default())
}

async fn catalog(db: &impl ConnectionTrait) -> Result<Catalog> {
    let decoded = |query| async move { rows(db, query).await.map_err(failed) };
    let objects = decode(&decoded(queries::OBJECTS).await?, Object::from_values)?;
    let objects: Vec<Object> = objects.into_iter().flatten().collect();
    let mut columns = decode(&decoded(queries::COLUMNS).await?, ColumnRow::from_values)?;
    for view in objects.iter().filter(|object| object.place == Place::Main && object.kind == Kind::View) {
        // A view that names a dropped table cannot be read by anybody.
        if let Ok(rows) = db.query_all_raw(statement(queries::VIEW_COLUMNS, Some(&view.name))).await {
            columns.extend(decode(&values(&rows), ColumnRow::from_values)?);
        }
    }
    let indexes = decode(&decoded(queries::INDEXES).await?, IndexRow::from_values)?;
    let foreign_keys = decode(&decoded(queries::FOREIGN_KEYS).await?, ForeignKeyRow::from_values)?;
    Ok(Catalog { objects, columns, indexes, foreign_keys })
}

fn statement(query: &str, name: Option<&str>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, query, name.map(sea_orm::Value::from))
}

async fn rows(db: &impl ConnectionTrait, query: &str) -> Result<Vec<Vec<Value>>, DbErr> {
    Ok(values(&db.query_all_raw(statement(query, None)).await?))
}

fn values(rows: &[sea_orm::QueryResult]) -> Vec<Vec<Value>> {
    let rows = Returned(rows);
    let row = |row| (0..rows.columns()).map(|column| rows.value(row, column)).collect();
    (0..rows.len()).map(row).collect()
}

fn decode<T>(rows: &[Vec<Value>], decode: fn(&[Value]) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(|row| decode(row)).collect()
}
