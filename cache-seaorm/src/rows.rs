//! Returned rows as canonical values, whatever the statement that returned them.

use cache_core::Value;
use cache_core::session::Rows;
use sea_orm::{DatabaseConnection, DatabaseConnectionType, QueryResult};

/// The rows of one result.
#[derive(Debug)]
pub(crate) struct Returned<'a>(pub(crate) &'a [QueryResult]);

impl Rows for Returned<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn columns(&self) -> usize {
        self.0.first().map_or(0, width)
    }

    fn value(&self, row: usize, column: usize) -> Value {
        self.0.get(row).map_or(Value::Opaque, |row| value(row, column))
    }
}

/// Whether the rows of a connection show their values. Those of mocks and proxies do not, so nothing is asked of these but
/// what the application asks.
pub(crate) fn are_shown_by(db: &DatabaseConnection) -> bool {
    match &db.inner {
        #[cfg(feature = "sqlite")]
        DatabaseConnectionType::SqlxSqlitePoolConnection(_) => true,
        #[cfg(feature = "postgres")]
        DatabaseConnectionType::SqlxPostgresPoolConnection(_) => true,
        #[cfg(feature = "mysql")]
        DatabaseConnectionType::SqlxMySqlPoolConnection(_) => true,
        _ => false,
    }
}

fn width(row: &QueryResult) -> usize {
    #[cfg(feature = "sqlite")]
    if let Some(row) = row.try_as_sqlite_row() {
        return sea_orm::sqlx::Row::len(row);
    }
    #[cfg(feature = "postgres")]
    if let Some(row) = row.try_as_pg_row() {
        return sea_orm::sqlx::Row::len(row);
    }
    #[cfg(feature = "mysql")]
    if let Some(row) = row.try_as_mysql_row() {
        return sea_orm::sqlx::Row::len(row);
    }
    row.column_names().len()
}

/// The value of a column, by its place in the row.
///
/// Mocks keep their columns in the order of their names and proxies are another program's word, so nothing
/// is known of theirs.
fn value(row: &QueryResult, column: usize) -> Value {
    #[cfg(feature = "sqlite")]
    if let Some(row) = row.try_as_sqlite_row() {
        return sqlite::value(row, column);
    }
    #[cfg(feature = "postgres")]
    if let Some(row) = row.try_as_pg_row() {
        return postgres::value(row, column);
    }
    #[cfg(feature = "mysql")]
    if let Some(row) = row.try_as_mysql_row() {
        return mysql::value(row, column);
    }
    let _ = (row, column);
    Value::Opaque
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use cache_core::Value;
    use sea_orm::sqlx::sqlite::SqliteRow;
    use sea_orm::sqlx::{Row, TypeInfo, ValueRef};

    /// Decodes by the type of the value itself: columns of SQLite hold values of any type.
    pub(super) fn value(row: &SqliteRow, column: usize) -> Value {
        let Ok(raw) = row.try_get_raw(column) else { return Value::Opaque };
        if raw.is_null() {
            return Value::Null;
        }
        // Owned types only: a borrowed one would make the user's own decoding of the row fail.
        let value = match raw.type_info().name() {
            "INTEGER" => row.try_get::<i64, _>(column).map(Value::from),
            "TEXT" => row.try_get::<String, _>(column).map(Value::from),
            "BLOB" => row.try_get::<Vec<u8>, _>(column).map(Value::from),
            _ => Ok(Value::Opaque),
        };
        value.unwrap_or(Value::Opaque)
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use cache_core::Value;
    use sea_orm::sqlx::mysql::MySqlRow;
    use sea_orm::sqlx::{Row, TypeInfo, ValueRef};

    /// Decodes by the type of the column. What has no canonical form is opaque.
    pub(super) fn value(row: &MySqlRow, column: usize) -> Value {
        let Ok(raw) = row.try_get_raw(column) else { return Value::Opaque };
        if raw.is_null() {
            return Value::Null;
        }
        let value = match raw.type_info().name() {
            "BOOLEAN" | "TINYINT" => row.try_get::<i8, _>(column).map(Value::from),
            "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => row.try_get::<i64, _>(column).map(Value::from),
            "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED"
            | "BIGINT UNSIGNED" => row.try_get::<u64, _>(column).map(Value::from),
            // Text of a binary collation is called binary too, and is no bytes all the same.
            "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" | "BINARY" | "VARBINARY"
            | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => row
                .try_get::<String, _>(column)
                .map(Value::from)
                .or_else(|_| row.try_get::<Vec<u8>, _>(column).map(Value::from)),
            _ => Ok(Value::Opaque),
        };
        value.unwrap_or(Value::Opaque)
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use cache_core::Value;
    use sea_orm::sqlx::postgres::{PgRow, PgTypeKind, PgValueFormat};
    use sea_orm::sqlx::{Row, TypeInfo, ValueRef};

    /// Decodes by the type of the column. What has no canonical form is opaque.
    pub(super) fn value(row: &PgRow, column: usize) -> Value {
        let Ok(raw) = row.try_get_raw(column) else { return Value::Opaque };
        if raw.is_null() {
            return Value::Null;
        }
        let info = raw.type_info().into_owned();
        if matches!(info.kind(), PgTypeKind::Enum(_)) {
            return raw.as_str().map_or(Value::Opaque, Value::from);
        }
        let value = match info.name() {
            "INT2" => row.try_get::<i16, _>(column).map(Value::from),
            "INT4" => row.try_get::<i32, _>(column).map(Value::from),
            "INT8" => row.try_get::<i64, _>(column).map(Value::from),
            "BOOL" => row.try_get::<bool, _>(column).map(Value::from),
            "TEXT" | "VARCHAR" => row.try_get::<String, _>(column).map(Value::from),
            "BYTEA" => row.try_get::<Vec<u8>, _>(column).map(Value::from),
            "UUID" if raw.format() == PgValueFormat::Binary => {
                let bytes = raw.as_bytes().ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
                Ok(bytes.map_or(Value::Opaque, Value::Uuid))
            }
            _ => Ok(Value::Opaque),
        };
        value.unwrap_or(Value::Opaque)
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests {
    use super::*;
    use sea_orm::{ConnectionTrait, Database, Statement};

    async fn row(sql: &str) -> QueryResult {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        let statement = Statement::from_string(db.get_database_backend(), sql);
        db.query_one_raw(statement).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_value_is_decoded_by_its_own_type() {
        let row = row("SELECT 7, 'a', x'01', NULL, 1.5, true, 9223372036854775807, ''").await;
        let values: Vec<Value> = (0..8).map(|column| value(&row, column)).collect();
        let expected = [
            Value::Int(7),
            Value::Text("a".into()),
            Value::Bytes(vec![1]),
            Value::Null,
            Value::Opaque,
            Value::Int(1),
            Value::Int(i64::MAX.into()),
            Value::Text(String::new()),
        ];
        assert_eq!(values, expected);
    }

    #[tokio::test]
    async fn a_declared_type_does_not_hide_the_stored_one() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        db.execute_unprepared("CREATE TABLE t (b BOOLEAN, d DATETIME)").await.unwrap();
        db.execute_unprepared("INSERT INTO t VALUES (1, '2024-01-01')").await.unwrap();
        let select = Statement::from_string(db.get_database_backend(), "SELECT b, d FROM t");
        let row = db.query_one_raw(select).await.unwrap().unwrap();
        assert_eq!(value(&row, 0), Value::Int(1));
        assert_eq!(value(&row, 1), Value::Text("2024-01-01".into()));
    }

    #[tokio::test]
    async fn reading_a_value_leaves_the_row_as_it_was() {
        let row = row("SELECT 'a', x'01'").await;
        assert_eq!((value(&row, 0), value(&row, 1)), (Value::Text("a".into()), Value::Bytes(vec![1])));
        assert_eq!(row.try_get_by_index::<String>(0).unwrap(), "a");
        assert_eq!(row.try_get_by_index::<Vec<u8>>(1).unwrap(), [1]);
    }

    #[tokio::test]
    async fn a_column_that_is_not_there_is_unknown() {
        assert_eq!(value(&row("SELECT 1").await, 3), Value::Opaque);
    }
}
