//! Bound values of all kinds.

use cache_diesel::AsyncCacheExt;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::mood::{self, Mood, person};
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

#[tokio::test]
async fn types_of_users_can_be_bound_written_and_read() {
    let mut shop = Shop::open().await;
    let conn = &mut shop.conn;
    conn.batch_execute(mood::DDL).await.unwrap();
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
