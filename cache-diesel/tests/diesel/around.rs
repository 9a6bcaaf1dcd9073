//! What runs on the connection inside, around the wrapper.

use std::sync::{Arc, Mutex};

use cache_diesel::{CacheExt, CachedConnection};
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::result::Error;

use crate::shop::*;

fn retitle(conn: &mut SqliteConnection, id: i64, title: &str) -> QueryResult<usize> {
    diesel::update(article::table.find(id)).set(article::title.eq(title)).execute(conn)
}

#[test]
fn a_write_around_the_wrapper_is_found_by_its_text() {
    let mut shop = Shop::open();
    let touched = shop.survivors(|conn| {
        retitle(conn.inner_mut(), 1, "around").unwrap();
    });
    assert!(!touched.contains(&"1"), "{touched:?}");
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "around");
    assert_eq!(shop.conn.writes_around(), 1);
    assert_eq!(shop.survivors(|conn| drop(article::table.load::<Article>(conn.inner_mut()))), ALL);
    assert_eq!(shop.conn.writes_around(), 1);
}

#[test]
fn a_transaction_around_the_wrapper_publishes_when_it_commits() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    find(&mut other, 1);
    shop.conn
        .inner_mut()
        .transaction::<_, Error, _>(|inner| {
            retitle(inner, 1, "around")?;
            assert!(is_hit(&mut other, |conn| assert_eq!(find(conn, 1).unwrap().title, "a1")));
            Ok(())
        })
        .unwrap();
    assert_eq!(find(&mut other, 1).unwrap().title, "around");
    find(&mut shop.conn, 1);
    assert!(is_hit(&mut shop.conn, |conn| drop(find(conn, 1))));
}

#[test]
fn a_transaction_that_is_open_inside_is_one_for_the_wrapper_too() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    find(&mut other, 1);
    shop.conn.inner_mut().batch_execute("BEGIN").unwrap();
    diesel::update(article::table.find(1)).set(article::title.eq("within")).execute(&mut shop.conn).unwrap();
    // It is read from the database, and nobody else sees it.
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "within");
    assert_eq!(find(&mut other, 1).unwrap().title, "a1");
    shop.conn.inner_mut().batch_execute("COMMIT").unwrap();
    assert_eq!(find(&mut other, 1).unwrap().title, "within");
    find(&mut shop.conn, 1);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(find(conn, 1).unwrap().title, "within")));
}

#[test]
fn a_write_around_a_transaction_of_the_wrapper_is_owed_with_it() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    shop.conn
        .transaction::<_, Error, _>(|conn| {
            retitle(conn.inner_mut(), 1, "inside")?;
            assert_eq!(find(&mut other, 1).unwrap().title, "a1");
            Ok(())
        })
        .unwrap();
    assert_eq!(find(&mut other, 1).unwrap().title, "inside");
}

#[test]
fn the_users_own_instrumentation_sees_what_it_always_saw() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);
    impl Instrumentation for Log {
        fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
            self.0.lock().unwrap().push(match event {
                InstrumentationEvent::StartQuery { query, .. } => query.to_string(),
                InstrumentationEvent::BeginTransaction { depth, .. } => format!("begin {depth}"),
                InstrumentationEvent::CommitTransaction { depth, .. } => format!("commit {depth}"),
                _ => return,
            });
        }
    }
    let mut shop = Shop::open();
    let (wrapped, bare) = (Log::default(), Log::default());
    shop.conn.set_instrumentation(wrapped.clone());
    let mut bare_conn = shop.bare();
    bare_conn.set_instrumentation(bare.clone());
    fn run<C: Connection<Backend = diesel::sqlite::Sqlite> + diesel::connection::LoadConnection>(
        conn: &mut C,
    ) {
        conn.transaction::<_, Error, _>(|conn| {
            diesel::update(article::table.find(1)).set(article::views.eq(article::views + 1)).execute(conn)
        })
        .unwrap();
        assert_eq!(article::table.count().get_result::<i64>(conn), Ok(4));
    }
    run(&mut shop.conn);
    run(&mut bare_conn);
    assert_eq!(*wrapped.0.lock().unwrap(), *bare.0.lock().unwrap());
    assert!(shop.conn.instrumentation().downcast_ref::<Log>().is_some());
    // Ours is beneath it all the same.
    retitle(shop.conn.inner_mut(), 1, "around").unwrap();
    assert_eq!(shop.conn.writes_around(), 1);
}

#[test]
fn what_is_written_under_another_instrumentation_of_the_connection_inside_ends_everything() {
    let mut shop = Shop::open();
    let mut reader = shop.connect();
    find(&mut reader, 1);
    shop.conn.inner_mut().set_instrumentation(|_: InstrumentationEvent<'_>| {});
    retitle(shop.conn.inner_mut(), 1, "unseen").unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "unseen");
    assert_eq!(find(&mut reader, 1).unwrap().title, "unseen");
    // What is open there cannot be seen either.
    shop.conn.inner_mut().batch_execute("BEGIN").unwrap();
    retitle(shop.conn.inner_mut(), 1, "within").unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "within");
    assert_eq!(find(&mut reader, 1).unwrap().title, "unseen");
    shop.conn.batch_execute("COMMIT").unwrap();
    assert_eq!(find(&mut reader, 1).unwrap().title, "within");
    find(&mut shop.conn, 1);
    assert!(is_hit(&mut shop.conn, |conn| drop(find(conn, 1))), "it is trusted again");
}

#[diesel::declare_sql_function]
extern "SQL" {
    fn doubled(number: diesel::sql_types::Integer) -> diesel::sql_types::Integer;
}

#[test]
fn functions_are_registered_on_the_connection_inside() {
    let mut shop = Shop::open();
    doubled_utils::register_impl(shop.conn.inner_mut(), |number: i32| number * 2).unwrap();
    let doubles = |conn: &mut Conn| -> Vec<i32> {
        article::table
            .order(article::id)
            .limit(2)
            .select(doubled(article::views))
            .cached()
            .load(conn)
            .unwrap()
    };
    diesel::update(article::table.find(1)).set(article::views.eq(3)).execute(&mut shop.conn).unwrap();
    assert_eq!(doubles(&mut shop.conn), [6, 0]);
    diesel::update(article::table.find(2)).set(article::views.eq(4)).execute(&mut shop.conn).unwrap();
    assert_eq!(doubles(&mut shop.conn), [6, 8]);
}

#[test]
fn a_database_that_was_written_down_can_be_wrapped_when_it_is_read_again() {
    let mut shop = Shop::open();
    let written = shop.conn.inner_mut().serialize_database_to_buffer();
    assert_eq!(shop.conn.writes_around(), 0);
    let mut copy = SqliteConnection::establish(":memory:").unwrap();
    copy.deserialize_readonly_database_from_buffer(written.try_as_slice().unwrap()).unwrap();
    let mut copy = CachedConnection::new(copy, shop.cache.clone()).unwrap();
    diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(&mut shop.conn).unwrap();
    assert_eq!(find(&mut copy, 1).unwrap().title, "a1");
    assert!(is_hit(&mut copy, |conn| assert_eq!(find(conn, 1).unwrap().title, "a1")));
}

#[test]
fn rows_that_a_prepared_write_returned_and_nobody_reads_are_in_nobodys_way() {
    let mut shop = Shop::open();
    let views = |conn: &mut Conn| find(conn, 1).unwrap().views;
    for number in 1..5 {
        let update = "UPDATE article SET views = views + 1 WHERE category = 'rust' RETURNING id, title";
        diesel::sql_query(update).execute(&mut shop.conn).unwrap();
        assert_eq!(views(&mut shop.conn), number);
    }
}
