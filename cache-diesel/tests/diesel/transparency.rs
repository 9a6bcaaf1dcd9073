//! The query builder works on the wrapper as it does on the connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache_diesel::{Cache, CachedConnection};
use diesel::connection::{CacheSize, DefaultLoadingMode, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use crate::shop::*;

/// One function, run on a connection that is wrapped and on one that is not, with equal results.
macro_rules! alike {
    ($($name:ident: |$conn:ident| $body:block)*) => {$(
        #[test]
        fn $name() {
            fn wrapped($conn: &mut Conn) -> String { format!("{:?}", $body) }
            fn bare($conn: &mut SqliteConnection) -> String { format!("{:?}", $body) }
            let (mut shop, other) = (Shop::open(), Shop::open());
            let mut plain = other.bare();
            plain.batch_execute("PRAGMA foreign_keys = ON").unwrap();
            assert_eq!(wrapped(&mut shop.conn), bare(&mut plain));
            let rows = |conn: &mut SqliteConnection| article::table.order(article::id).load::<Article>(conn).unwrap();
            assert_eq!(rows(&mut shop.bare()), rows(&mut plain));
        }
    )*};
}

alike! {
    loads_of_every_kind: |conn| {
        let all: Vec<Article> = article::table.order(article::id).load(conn).unwrap();
        let first: Article = article::table.order(article::id).first(conn).unwrap();
        let one: (i64, String) = article::table.find(2).select((article::id, article::title)).get_result(conn).unwrap();
        let none = article::table.find(99).first::<Article>(conn).optional().unwrap();
        let iterated: Vec<i64> = article::table.select(article::id).load_iter::<i64, DefaultLoadingMode>(conn).unwrap()
            .map(Result::unwrap).collect();
        (all, first, one, none, iterated)
    }
    joins_groups_and_associations: |conn| {
        let joined: Vec<(Author, Article)> = author::table.inner_join(article::table).order(article::id).load(conn).unwrap();
        let outer: Vec<(Author, Option<Article>)> =
            author::table.left_join(article::table).order((author::id, article::id)).load(conn).unwrap();
        let authors: Vec<Author> = author::table.order(author::id).load(conn).unwrap();
        let grouped = Article::belonging_to(&authors).order(article::id).load::<Article>(conn).unwrap().grouped_by(&authors);
        let counted: Vec<(String, i64)> = article::table.group_by(article::category)
            .select((article::category, diesel::dsl::count_star())).order(article::category).load(conn).unwrap();
        (joined, outer, grouped, counted)
    }
    inserts_of_every_kind: |conn| {
        let one = diesel::insert_into(article::table).values(new_article(10, "x")).execute(conn).unwrap();
        let many = diesel::insert_into(article::table).values(&vec![new_article(11, "x"), new_article(12, "y")])
            .execute(conn).unwrap();
        let with_defaults = diesel::insert_into(article::table).values(&vec![
            (article::id.eq(13), article::title.eq("t"), article::category.eq("c"), article::author_id.eq(1)),
            (article::id.eq(14), article::title.eq("t"), article::category.eq("c"), article::author_id.eq(2)),
        ]).execute(conn).unwrap();
        let returned: Article = diesel::insert_into(article::table).values(new_article(15, "x"))
            .returning(Article::as_returning()).get_result(conn).unwrap();
        let selected = article::table.filter(article::id.eq(1))
            .select((article::id + 100, article::title, article::category, article::published, article::views, article::author_id));
        let copied = diesel::insert_into(article::table).values(selected).execute(conn).unwrap();
        let ignored = diesel::insert_into(article::table).values(new_article(1, "x")).on_conflict_do_nothing()
            .execute(conn).unwrap();
        (one, many, with_defaults, returned, copied, ignored)
    }
    updates_deletes_and_saves: |conn| {
        let mut article: Article = article::table.find(1).first(conn).unwrap();
        article.title = "changed".to_owned();
        let saved: Article = article.save_changes(conn).unwrap();
        let many = diesel::update(article::table.filter(article::category.eq("sql")))
            .set((article::views.eq(article::views + 1), article::published.eq(false))).execute(conn).unwrap();
        let gone: Vec<i64> = diesel::delete(article::table.filter(article::views.gt(0))).returning(article::id)
            .get_results(conn).unwrap();
        let none = diesel::delete(article::table.find(99)).execute(conn).unwrap();
        (saved, many, gone, none)
    }
    failures: |conn| {
        let duplicate = diesel::insert_into(author::table).values((author::id.eq(1), author::name.eq("x"))).execute(conn);
        let orphan = diesel::update(article::table.find(1)).set(article::author_id.eq(77)).execute(conn);
        let kind = |result: QueryResult<usize>| match result {
            Err(Error::DatabaseError(kind, information)) => (kind, information.message().to_owned()),
            other => panic!("{other:?}"),
        };
        let wrong = conn.batch_execute("SELECT nothing FROM nowhere").unwrap_err().to_string();
        let missing = article::table.find(99).first::<Article>(conn).unwrap_err();
        (kind(duplicate), kind(orphan), wrong, missing)
    }
    transactions_nest: |conn| {
        let result: Result<i32, Error> = conn.transaction(|conn| {
            diesel::update(article::table.find(1)).set(article::views.eq(1)).execute(conn)?;
            let inner: Result<(), Error> = conn.transaction(|conn| {
                diesel::update(article::table.find(1)).set(article::views.eq(2)).execute(conn)?;
                Err(Error::RollbackTransaction)
            });
            assert_eq!(inner, Err(Error::RollbackTransaction));
            article::table.find(1).select(article::views).first(conn)
        });
        let immediate: Result<usize, Error> = conn.immediate_transaction(|conn| {
            diesel::update(article::table.find(2)).set(article::views.eq(5)).execute(conn)
        });
        let failed: Result<(), Error> = conn.transaction(|conn| {
            diesel::delete(article::table).execute(conn)?;
            diesel::insert_into(author::table).values((author::id.eq(1), author::name.eq("x"))).execute(conn)?;
            Ok(())
        });
        let kind = match failed {
            Err(Error::DatabaseError(kind @ DatabaseErrorKind::UniqueViolation, _)) => kind,
            other => panic!("{other:?}"),
        };
        (result, immediate, kind)
    }
}

/// Counts the statements that are prepared to stay so.
fn count_prepared(conn: &mut Conn) -> impl Fn() -> usize + use<> {
    let prepared = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&prepared);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::CacheQuery { .. } = event {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    move || prepared.load(Ordering::Relaxed)
}

#[test]
fn prepared_statements_are_those_of_the_connection() {
    let mut shop = Shop::open();
    let prepared = count_prepared(&mut shop.conn);
    for id in 1..=4 {
        article::table.find(id).first::<Article>(&mut shop.conn).unwrap();
        find(&mut shop.conn, id);
        diesel::delete(author::table.filter(author::id.eq(id + 100))).execute(&mut shop.conn).unwrap();
        let by_name = author::table.filter(author::name.eq("x")).into_boxed();
        by_name.load::<Author>(&mut shop.conn).unwrap();
    }
    assert_eq!(prepared(), 4);
    shop.conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    article::table.find(1).first::<Article>(&mut shop.conn).unwrap();
}

#[test]
fn a_write_whose_text_comes_again_is_prepared_once_although_diesel_would_not() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let prepared = count_prepared(&mut shop.conn);
    let rename = |conn: &mut Conn, ids: &[i64], title: &str| {
        let target = article::table.filter(article::id.eq_any(ids.to_vec()));
        diesel::update(target).set(article::title.eq(title)).execute(conn).unwrap()
    };
    for (number, title) in ["a", "b", "c", "d"].into_iter().enumerate() {
        assert_eq!(rename(&mut shop.conn, &[1], title), 1);
        assert_eq!(prepared(), usize::from(number > 0));
        assert_eq!(find(&mut shop.conn, 1).unwrap().title, title);
    }
    assert_eq!(rename(&mut shop.conn, &[1, 2], "e"), 2);
    let returned = |conn: &mut Conn, title| -> String {
        let update = diesel::update(article::table.find(2)).set(article::title.eq(title));
        update.returning(article::title).get_result(conn).unwrap()
    };
    assert_eq!(["f", "g", "h"].map(|title| returned(&mut shop.conn, title)), ["f", "g", "h"]);
    assert_eq!(prepared(), 2);
    assert_eq!(rename(&mut shop.conn, &[99], "none"), 0);

    shop.conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    (0..3).for_each(|_| _ = diesel::update(article::table).set(article::views.eq(1)).execute(&mut shop.conn));
    assert_eq!(prepared(), 2);
}

#[test]
fn test_transactions_leave_no_trace() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let mut test = shop.connect();
    test.begin_test_transaction().unwrap();
    diesel::update(article::table.find(1)).set(article::title.eq("test")).execute(&mut test).unwrap();
    assert_eq!(find(&mut test, 1).unwrap().title, "test");
    drop(test);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(find(conn, 1).unwrap().title, "a1")));
}

#[test]
fn a_transaction_that_is_open_when_its_connection_is_wrapped_stays_one() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let mut bare = shop.bare();
    bare.begin_test_transaction().unwrap();
    let mut test = CachedConnection::new(bare, shop.cache.clone()).unwrap();
    diesel::update(article::table.find(1)).set(article::title.eq("test")).execute(&mut test).unwrap();
    assert_eq!(find(&mut test, 1).unwrap().title, "test");
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "a1");
}

mod several {
    use super::*;

    type Cached = CachedConnection<SqliteConnection>;

    #[derive(diesel::MultiConnection)]
    pub(super) enum Any {
        Cached(Cached),
        Bare(SqliteConnection),
    }
}

#[test]
fn an_enum_of_connections_may_have_cached_ones() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let mut any = several::Any::Cached(shop.connect());
    any.transaction::<_, Error, _>(|any| {
        diesel::update(article::table.find(1)).set(article::title.eq("any")).execute(any)
    })
    .unwrap();
    assert_eq!(article::table.find(1).select(article::title).first::<String>(&mut any).unwrap(), "any");
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "any");
    let mut bare = several::Any::Bare(shop.bare());
    assert_eq!(article::table.count().get_result::<i64>(&mut bare), Ok(4));
}

#[test]
fn a_connection_that_was_never_attached_says_how_to_attach_it() {
    let mut conn = CachedConnection::<SqliteConnection>::establish(":memory:").unwrap();
    let refusals = [
        conn.batch_execute("SELECT 1").unwrap_err(),
        diesel::sql_query("SELECT 1").execute(&mut conn).unwrap_err(),
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"))
            .get_result::<i32>(&mut conn)
            .unwrap_err(),
        conn.transaction::<(), Error, _>(|_| Ok(())).unwrap_err(),
        conn.cached_query("x").run(|_| Ok::<_, Error>(1)).unwrap_err(),
    ];
    for refusal in refusals {
        assert!(refusal.to_string().contains("call `attach(cache)`"), "{refusal}");
    }
    conn.attach(Cache::from_url("memory://?private").unwrap()).unwrap();
    conn.batch_execute("SELECT 1").unwrap();
}

#[test]
fn there_is_an_end_to_the_queries_before_writes_that_stay_prepared() {
    let mut shop = Shop::open();
    let prepared = count_prepared(&mut shop.conn);
    for id in 0..200 {
        let moved = format!("UPDATE article SET category = 'new' WHERE id = {id}");
        diesel::sql_query(moved).execute(&mut shop.conn).unwrap();
    }
    for count in 0..200 {
        let ids: Vec<i64> = (100..100 + count).collect();
        diesel::delete(article::table.filter(article::id.eq_any(ids))).execute(&mut shop.conn).unwrap();
    }
    for _ in 0..3 {
        for id in 0..100 {
            let moved = format!("UPDATE article SET category = 'newer' WHERE id = {id}");
            diesel::sql_query(moved).execute(&mut shop.conn).unwrap();
        }
    }
    assert!(prepared() <= 160, "{}", prepared());
    assert_eq!(by_category(&mut shop.conn, "newer").len(), 4);
}

#[test]
fn of_several_statements_in_one_text_diesel_runs_the_first() {
    let mut shop = Shop::open();
    let mut reader = shop.connect();
    find(&mut reader, 1);
    let several = "BEGIN; UPDATE article SET title = 'x' WHERE id = 1; COMMIT";
    diesel::sql_query(several).execute(&mut shop.conn).unwrap();
    diesel::sql_query("UPDATE article SET title = 'y' WHERE id = 1").execute(&mut shop.conn).unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "y");
    assert_eq!(find(&mut reader, 1).unwrap().title, "a1");
    shop.conn.batch_execute("COMMIT").unwrap();
    assert_eq!(find(&mut reader, 1).unwrap().title, "y");
}
