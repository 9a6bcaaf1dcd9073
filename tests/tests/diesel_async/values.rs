//! Bound values of all kinds.

use std::io::Write as _;

use cache_diesel::AsyncCacheExt;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::shop::{Conn, Shop, article};

#[tokio::test]
async fn a_list_of_keys_depends_on_its_rows() {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    let read = async |conn: &mut Conn| {
        let before = conn.cache().unwrap().stats().hits;
        let rows =
            article::table.filter(article::id.eq_any(vec![1i64, 2])).select((article::id, article::title));
        rows.order(article::id).cached().load::<(i64, String)>(conn).await.unwrap();
        conn.cache().unwrap().stats().hits > before
    };
    read(conn).await;
    diesel::update(article::table.find(3)).set(article::title.eq("x")).execute(conn).await.unwrap();
    assert!(read(conn).await);
    diesel::update(article::table.find(2)).set(article::title.eq("x")).execute(conn).await.unwrap();
    assert!(!read(conn).await);
    let both = article::table.filter(article::id.eq_any(vec![1i64, 3]));
    diesel::update(both).set(article::views.eq(9)).execute(conn).await.unwrap();
    assert!(read(conn).await, "another column");
}

mod moods {
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

use moods::SqlMood;
pub(crate) use moods::person;

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

/// A type of the user's, and a table of it.
pub(crate) async fn create(conn: &mut Conn) {
    let ddl = "CREATE TYPE mood AS ENUM ('happy', 'sad');
        CREATE TABLE person (id bigint PRIMARY KEY, mood mood NOT NULL, moods mood[] NOT NULL)";
    conn.batch_execute(ddl).await.unwrap();
}

#[tokio::test]
async fn types_of_users_can_be_bound_written_and_read() {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    create(conn).await;
    let of = async |conn: &mut Conn, mood: Mood| -> Vec<i64> {
        let people = person::table.filter(person::mood.eq(mood)).select(person::id).order(person::id);
        people.cached().load(conn).await.unwrap()
    };
    assert_eq!((of(conn, Mood::Happy).await, of(conn, Mood::Sad).await), (vec![], vec![]));
    let values =
        (person::id.eq(1), person::mood.eq(Mood::Sad), person::moods.eq(vec![Mood::Sad, Mood::Happy]));
    diesel::insert_into(person::table).values(values).execute(conn).await.unwrap();
    assert_eq!((of(conn, Mood::Happy).await, of(conn, Mood::Sad).await), (vec![], vec![1]));
    diesel::update(person::table.find(1)).set(person::mood.eq(Mood::Happy)).execute(conn).await.unwrap();
    assert_eq!((of(conn, Mood::Happy).await, of(conn, Mood::Sad).await), (vec![1], vec![]));
    let moods = person::table.find(1).select(person::moods).cached().first::<Vec<Mood>>(conn).await.unwrap();
    assert_eq!(moods, [Mood::Sad, Mood::Happy]);
}
