//! Types of users.

use std::io::Write as _;

use cache_diesel::CacheExt;
use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};

use crate::shop::{Conn, Shop};

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

#[test]
fn they_can_be_bound_written_and_read() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    let ddl = "CREATE TYPE mood AS ENUM ('happy', 'sad');
        CREATE TABLE person (id bigint PRIMARY KEY, mood mood NOT NULL, moods mood[] NOT NULL)";
    conn.batch_execute(ddl).unwrap();
    let of = |conn: &mut Conn, mood: Mood| -> Vec<i64> {
        let people = person::table.filter(person::mood.eq(mood)).select(person::id).order(person::id);
        people.cached().load(conn).unwrap()
    };
    assert_eq!((of(conn, Mood::Happy), of(conn, Mood::Sad)), (vec![], vec![]));
    let values =
        (person::id.eq(1), person::mood.eq(Mood::Sad), person::moods.eq(vec![Mood::Sad, Mood::Happy]));
    diesel::insert_into(person::table).values(values).execute(conn).unwrap();
    assert_eq!((of(conn, Mood::Happy), of(conn, Mood::Sad)), (vec![], vec![1]));
    diesel::update(person::table.find(1)).set(person::mood.eq(Mood::Happy)).execute(conn).unwrap();
    assert_eq!((of(conn, Mood::Happy), of(conn, Mood::Sad)), (vec![1], vec![]));
    let moods = person::table.find(1).select(person::moods).cached().first::<Vec<Mood>, _>(conn).unwrap();
    assert_eq!(moods, [Mood::Sad, Mood::Happy]);
}
