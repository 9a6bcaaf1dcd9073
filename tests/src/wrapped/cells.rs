//! Rows of whatever columns.

use std::fmt;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::mysql::Mysql;
use diesel::pg::Pg;
use diesel::row::{Field, Row};
use diesel::sql_types::{Text, Untyped};
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};

/// A row: what the database sent, or says in words.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Cells(Vec<Option<Vec<u8>>>);

macro_rules! cells {
    ($($backend:ty: |$value:ident| $bytes:expr;)*) => {$(
        impl FromSqlRow<Untyped, $backend> for Cells {
            fn build_from_row<'a>(row: &impl Row<'a, $backend>) -> deserialize::Result<Self> {
                let mut cells = Vec::new();
                for place in 0..row.field_count() {
                    let field = row.get(place).ok_or("a column is missing")?;
                    cells.push(match field.value() {
                        Some($value) => Some($bytes),
                        None => None,
                    });
                }
                Ok(Self(cells))
            }
        }
    )*};
}

cells! {
    Sqlite: |value| <String as FromSql<Text, Sqlite>>::from_sql(value)?.into_bytes();
    Pg: |value| value.as_bytes().to_vec();
    Mysql: |value| value.as_bytes().to_vec();
}

/// Its cells with something between them, for people.
impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for cell in &self.0 {
            match cell {
                Some(bytes) => write!(f, "{:?}|", String::from_utf8_lossy(bytes))?,
                None => f.write_str("NULL|")?,
            }
        }
        Ok(())
    }
}
