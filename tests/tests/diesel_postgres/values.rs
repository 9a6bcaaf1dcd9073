//! Types of users.

use cache_diesel::CacheExt;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::mood::{self, Mood, person};
use crate::shop::{Conn, Shop};

#[test]
fn they_can_be_bound_written_and_read() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    conn.batch_execute(mood::DDL).unwrap();
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
