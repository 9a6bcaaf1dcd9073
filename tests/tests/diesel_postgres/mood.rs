//! A type of the user's, and a table of it.

use std::io::Write as _;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};

/// Makes both.
pub(crate) const DDL: &str = "CREATE TYPE mood AS ENUM ('happy', 'sad');
    CREATE TABLE person (id bigint PRIMARY KEY, mood mood NOT NULL, moods mood[] NOT NULL)";

mod tables {
    #[derive(Debug, diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "mood"))]
    pub struct SqlMood;

    diesel::table! {
        use diesel::sql_types::*;
        use super::SqlMood;
        person (id) {
            id -> BigInt,
            mood -> SqlMood,
            moods -> Array<SqlMood>,
        }
    }
}

pub(crate) use tables::{SqlMood, person};

#[derive(Clone, Copy, Debug, PartialEq, AsExpression, FromSqlRow, serde::Serialize, serde::Deserialize)]
#[diesel(sql_type = SqlMood)]
pub(crate) enum Mood {
    Happy,
    Sad,
}

impl ToSql<SqlMood, Pg> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(if *self == Mood::Happy { b"happy" } else { b"sad" })?;
        Ok(IsNull::No)
    }
}

impl FromSql<SqlMood, Pg> for Mood {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(if value.as_bytes() == b"happy" { Mood::Happy } else { Mood::Sad })
    }
}
