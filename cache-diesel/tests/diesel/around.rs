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

#[test]
fn a_savepoint_around_a_transaction_of_the_wrapper_is_published_when_that_commits() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    shop.conn
        .transaction::<_, Error, _>(|conn| {
            retitle(conn.inner_mut(), 3, "before")?;
            conn.inner_mut().transaction(|inner| retitle(inner, 1, "inside"))?;
            assert_eq!(find(conn, 1).unwrap().title, "inside");
            assert_eq!(find(&mut other, 1).unwrap().title, "a1");
            assert_eq!(find(&mut other, 3).unwrap().title, "b1");
            Ok(())
        })
        .unwrap();
    assert_eq!(find(&mut other, 1).unwrap().title, "inside");
    assert_eq!(find(&mut other, 3).unwrap().title, "before");
    assert!(is_hit(&mut shop.conn, |conn| drop(find(conn, 1))), "it is over");
}

#[test]
fn what_is_rolled_back_after_a_savepoint_around_the_wrapper_is_nowhere() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    for inner_ends in [Ok(()), Err(Error::RollbackTransaction)] {
        let ended = shop.conn.transaction::<(), Error, _>(|conn| {
            let ended = conn.inner_mut().transaction(|inner| {
                retitle(inner, 1, "inside")?;
                inner_ends
            });
            assert_eq!(ended.is_err(), find(conn, 1).unwrap().title == "a1");
            diesel::update(article::table.find(3)).set(article::category.eq("new")).execute(conn)?;
            Err(Error::RollbackTransaction)
        });
        assert_eq!(ended, Err(Error::RollbackTransaction));
        for conn in [&mut shop.conn, &mut other] {
            assert_eq!(find(conn, 1).unwrap().title, "a1");
            assert_eq!(by_category(conn, "new"), []);
        }
    }
}

#[test]
fn a_batch_insert_that_diesel_ties_to_the_connection_inside_belongs_to_the_transaction() {
    let mut shop = Shop::open();
    let mut other = shop.connect();
    assert_eq!(by_category(&mut other, "rust").len(), 2);
    let row = |id: i64| {
        (article::id.eq(id), article::title.eq("t"), article::category.eq("rust"), article::author_id.eq(1))
    };
    shop.conn
        .transaction::<_, Error, _>(|conn| {
            let inserted = diesel::insert_into(article::table).values(vec![row(10), row(11)]);
            assert_eq!(inserted.get_results::<Article>(conn.inner_mut())?.len(), 2);
            assert_eq!(by_category(conn, "rust").len(), 4);
            assert_eq!(by_category(&mut other, "rust").len(), 2);
            Ok(())
        })
        .unwrap();
    assert_eq!(by_category(&mut other, "rust").len(), 4);
}

#[test]
fn what_is_begun_around_the_wrapper_and_ended_through_it_is_over() {
    let mut shop = Shop::open();
    let mut reader = shop.connect();
    for (begin, end) in [("BEGIN", "COMMIT"), ("BEGIN", "ROLLBACK"), ("SAVEPOINT s", "RELEASE s")] {
        find(&mut reader, 1);
        shop.conn.inner_mut().batch_execute(begin).unwrap();
        shop.conn.batch_execute(end).unwrap();
        find(&mut reader, 1);
        retitle(shop.conn.inner_mut(), 1, begin).unwrap();
        assert_eq!(find(&mut reader, 1).unwrap().title, begin);
        retitle(shop.conn.inner_mut(), 1, end).unwrap();
        assert_eq!(find(&mut reader, 1).unwrap().title, end);
    }
}

#[test]
fn a_transaction_that_was_begun_before_the_connection_was_wrapped_is_published_when_it_commits() {
    let mut shop = Shop::open();
    for end in ["COMMIT", "RELEASE s"] {
        let mut bare = shop.bare();
        bare.batch_execute(if end == "COMMIT" { "BEGIN" } else { "SAVEPOINT s" }).unwrap();
        let mut writer = CachedConnection::new(bare, shop.cache.clone()).unwrap();
        diesel::update(article::table.find(1)).set(article::title.eq(end)).execute(&mut writer).unwrap();
        find(&mut shop.conn, 1);
        writer.batch_execute(end).unwrap();
        assert_eq!(find(&mut shop.conn, 1).unwrap().title, end);
    }
}

#[test]
fn settings_and_tables_that_are_changed_around_the_wrapper_are_known_to_it() {
    let mut shop = Shop::open();
    let joined = |conn: &mut Conn| -> Vec<(i64, String)> {
        let rows = article::table.inner_join(author::table).select((article::id, author::name));
        rows.filter(article::id.gt(4)).cached().load(conn).unwrap()
    };
    shop.conn.inner_mut().batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    let dangling = Article { author_id: 12, ..new_article(5, "rust") };
    diesel::insert_into(article::table).values(dangling).execute(&mut shop.conn).unwrap();
    assert_eq!(joined(&mut shop.conn), []);
    let eve = (author::id.eq(12), author::name.eq("eve"));
    diesel::insert_into(author::table).values(eve).execute(&mut shop.conn).unwrap();
    assert_eq!(joined(&mut shop.conn), [(5, "eve".to_owned())]);

    let rusty = "CREATE VIEW rusty AS SELECT id FROM article WHERE category = 'rust'";
    shop.conn.inner_mut().batch_execute(rusty).unwrap();
    let count = |conn: &mut Conn| -> i64 {
        let count = diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(*) FROM rusty");
        count.cached().get_result(conn).unwrap()
    };
    assert_eq!(count(&mut shop.conn), 3);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(count(conn), 3)), "it is known at once");
}
