//! What a read returned, in a form that can be compared and printed.

use std::fmt;

use sea_orm::sqlx::mysql::MySqlRow;
use sea_orm::sqlx::postgres::PgRow;
use sea_orm::sqlx::{Row, TypeInfo, ValueRef};
use sea_orm::{DbErr, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Whether the database promises the order of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// It does: a total order.
    Total,
    /// It does not: rows are compared as a multiset.
    Unspecified,
}

/// A result, or that there was none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The rows, each as JSON.
    Rows(Vec<String>),
    /// The statement failed.
    Failed(String),
}

impl Answer {
    /// The rows of a result.
    #[must_use]
    pub fn of<T: Serialize>(rows: impl IntoIterator<Item = T>, order: Order) -> Self {
        let json = |row: T| serde_json::to_string(&row).unwrap_or_else(|error| format!("no JSON: {error}"));
        let mut rows: Vec<String> = rows.into_iter().map(json).collect();
        if order == Order::Unspecified {
            rows.sort_unstable();
        }
        Self::Rows(rows)
    }

    /// The same for texts that differ in case and blanks only.
    #[must_use]
    pub(super) fn folded(&self) -> Self {
        match self {
            Self::Rows(rows) => {
                let mut rows: Vec<String> =
                    rows.iter().map(|row| row.to_lowercase().replace(' ', "")).collect();
                rows.sort_unstable();
                Self::Rows(rows)
            }
            failed => failed.clone(),
        }
    }

    /// The answer of a read that may have failed.
    #[must_use]
    pub fn settle(outcome: Result<Self, DbErr>) -> Self {
        outcome.unwrap_or_else(|error| Self::Failed(error.to_string()))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) if rows.is_empty() => f.write_str("no rows"),
            Self::Rows(rows) => f.write_str(&rows.join(" ")),
            Self::Failed(error) => write!(f, "error: {error}"),
        }
    }
}

/// The cells of a row as the database has them, whatever the declared types.
///
/// # Errors
///
/// If a cell is of no type that the database has.
pub fn cells(row: &QueryResult) -> Result<Vec<Json>, DbErr> {
    if let Some(row) = row.try_as_pg_row() {
        return Ok((0..row.len()).map(|index| postgres_cell(row, index)).collect());
    }
    if let Some(row) = row.try_as_mysql_row() {
        return Ok((0..row.len()).map(|index| mysql_cell(row, index)).collect());
    }
    (0..row.column_names().len()).map(|index| cell(row, index)).collect()
}

fn cell(row: &QueryResult, index: usize) -> Result<Json, DbErr> {
    if let Ok(number) = row.try_get_by_index::<Option<i64>>(index) {
        return Ok(number.map_or(Json::Null, Json::from));
    }
    if let Ok(number) = row.try_get_by_index::<f64>(index) {
        return Ok(Json::from(number));
    }
    if let Ok(text) = row.try_get_by_index::<String>(index) {
        return Ok(Json::from(text));
    }
    if let Some(row) = row.try_as_mysql_row() {
        // Decimals, dates and the like, as they came.
        let bytes = sea_orm::sqlx::Row::try_get_unchecked::<Option<Vec<u8>>, _>(row, index);
        return bytes.map(Json::from).map_err(|error| DbErr::Custom(error.to_string()));
    }
    row.try_get_by_index::<Vec<u8>>(index).map(Json::from)
}

/// Numbers, texts and flags as such, everything else as its bytes.
fn postgres_cell(row: &PgRow, index: usize) -> Json {
    let Ok(raw) = row.try_get_raw(index) else { return Json::Null };
    let bytes = || raw.as_bytes().map_or(Json::Null, Json::from);
    match raw.type_info().name() {
        _ if raw.is_null() => Json::Null,
        "INT2" => row.try_get::<i16, _>(index).map_or_else(|_| bytes(), Json::from),
        "INT4" => row.try_get::<i32, _>(index).map_or_else(|_| bytes(), Json::from),
        "INT8" => row.try_get::<i64, _>(index).map_or_else(|_| bytes(), Json::from),
        "FLOAT8" => row.try_get::<f64, _>(index).map_or_else(|_| bytes(), Json::from),
        "BOOL" => row.try_get::<bool, _>(index).map_or_else(|_| bytes(), Json::from),
        _ => raw.as_str().map_or_else(|_| bytes(), Json::from),
    }
}

/// Numbers and texts as such, everything else as its bytes.
fn mysql_cell(row: &MySqlRow, index: usize) -> Json {
    if row.try_get_raw(index).is_ok_and(|raw| raw.is_null()) {
        return Json::Null;
    }
    let number = row.try_get::<i64, _>(index).map(Json::from);
    let number = number.or_else(|_| row.try_get::<u64, _>(index).map(Json::from));
    let number = number.or_else(|_| row.try_get::<f64, _>(index).map(Json::from));
    let cell = number.or_else(|_| row.try_get::<String, _>(index).map(Json::from));
    cell.or_else(|_| row.try_get_unchecked::<Vec<u8>, _>(index).map(Json::from)).unwrap_or(Json::Null)
}
