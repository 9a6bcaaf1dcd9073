//! What a read returned, in a form that can be compared and printed.

use std::fmt;

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

/// The cells of a row as SQLite stored them, whatever the declared types.
///
/// # Errors
///
/// If a cell is of no type that SQLite has.
pub fn cells(row: &QueryResult) -> Result<Vec<Json>, DbErr> {
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
    row.try_get_by_index::<Vec<u8>>(index).map(Json::from)
}
