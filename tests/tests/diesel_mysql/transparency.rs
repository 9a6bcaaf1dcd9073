//! The query builder works on the wrapper as it does on the connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache_diesel::CachedConnection;
use diesel::connection::{DefaultLoadingMode, InstrumentationEvent, SimpleConnection};
use diesel::dsl::DuplicatedKeys;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use crate::database::Bare;
use crate::shop::*;

/// One function, run on a connection that is wrapped and on one that is not, with equal results.
macro_rules! alike {
    ($($name:ident: |$conn:ident| $body:block)*) => {$(
        #[test]
        fn $name() {
            fn wrapped($conn: &mut Conn) -> String { format!("{:?}", $body) }
            fn bare($conn: &mut Bare) -> String { format!("{:?}", $body) }
            let (mut shop, other) = (Shop::open(), Shop::open());
            let mut plain = other.bare();
            assert_eq!(wrapped(&mut shop.conn), bare(&mut plain));
            let rows = |conn: &mut Bare| article::table.order(article::id).load::<Article>(conn).unwrap();
            assert_eq!(rows(&mut shop.bare()), rows(&mut plain));
        }
    )*};
}

alike! {
    loads_joins_and_groups: |conn| {
        let all: Vec<Article> = article::table.order(article::id).load(conn).unwrap();
        let one: (i64, String) = article::table.find(2).select((article::id, article::title)).get_result(conn).unwrap();
        let none = article::table.find(99).first::<Article>(conn).optional().unwrap();
        let iterated: Vec<i64> = article::table.select(article::id).load_iter::<i64, DefaultLoadingMode>(conn).unwrap()
            .map(Result::unwrap).collect();
        let outer: Vec<(Author, Option<Article>)> =
            author::table.left_join(article::table).order((author::id, article::id)).load(conn).unwrap();
        let authors: Vec<Author> = author::table.order(author::id).load(conn).unwrap();
        let grouped = Article::belonging_to(&authors).order(article::id).load::<Article>(conn).unwrap().grouped_by(&authors);
        let counted: Vec<(String, i64)> = article::table.group_by(article::category)
            .select((article::category, diesel::dsl::count_star())).order(article::category).load(conn).unwrap();
        (all, one, none, iterated, outer, grouped, counted)
    }
    inserts_of_every_kind: |conn| {
        let one = diesel::insert_into(article::table).values(new_article(10, "x")).execute(conn).unwrap();
        let many = diesel::insert_into(article::table).values(&vec![
            (article::id.eq(13), article::title.eq("t"), article::category.eq("c"), article::author_id.eq(1)),
            (article::id.eq(14), article::title.eq("t"), article::category.eq("c"), article::author_id.eq(2)),
        ]).execute(conn).unwrap();
        let selected = article::table.filter(article::id.eq(1))
            .select((article::id + 100, article::title, article::category, article::published, article::views, article::author_id));
        let copied = diesel::insert_into(article::table).values(selected).execute(conn).unwrap();
        let ignored = diesel::insert_or_ignore_into(article::table).values(new_article(1, "x")).execute(conn).unwrap();
        let replaced = diesel::replace_into(article::table).values(new_article(2, "x")).execute(conn).unwrap();
        let upserted = diesel::insert_into(article::table).values(new_article(3, "x")).on_conflict(DuplicatedKeys)
            .do_update().set(article::title.eq("up")).execute(conn).unwrap();
        (one, many, copied, ignored, replaced, upserted)
    }
    updates_deletes_and_saves: |conn| {
        let mut article: Article = article::table.find(1).first(conn).unwrap();
        article.title = "changed".to_owned();
        let saved: Article = article.save_changes(conn).unwrap();
        let again: Article = article.save_changes(conn).unwrap();
        let many = diesel::update(article::table.filter(article::category.eq("sql")))
            .set((article::views.eq(article::views + 1), article::published.eq(false))).execute(conn).unwrap();
        let gone = diesel::delete(article::table.filter(article::views.gt(0))).execute(conn).unwrap();
        (saved, again, many, gone)
    }
    failures: |conn| {
        let duplicate = diesel::insert_into(author::table).values((author::id.eq(1), author::name.eq("x"))).execute(conn);
        let orphan = diesel::update(article::table.find(1)).set(article::author_id.eq(77)).execute(conn);
        let kind = |result: QueryResult<usize>| match result {
            Err(Error::DatabaseError(kind, _)) => kind,
            other => panic!("{other:?}"),
        };
        let wrong = conn.batch_execute("SELECT nothing FROM nowhere").is_err();
        let no_rows = diesel::sql_query("UPDATE author SET name = 'x'").load::<NoRows>(conn).map(drop).unwrap_err();
        (kind(duplicate), kind(orphan), wrong, no_rows.to_string())
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
        let failed: Result<(), Error> = conn.transaction(|conn| {
            diesel::delete(article::table).execute(conn)?;
            diesel::insert_into(author::table).values((author::id.eq(1), author::name.eq("x"))).execute(conn)?;
            Ok(())
        });
        let kind = match failed {
            Err(Error::DatabaseError(kind @ DatabaseErrorKind::UniqueViolation, _)) => kind,
            other => panic!("{other:?}"),
        };
        (result, kind)
    }
}

#[derive(Debug, QueryableByName)]
struct NoRows {}

diesel::define_sql_function! { fn last_insert_id() -> diesel::sql_types::Unsigned<diesel::sql_types::BigInt>; }

#[test]
fn the_number_that_the_database_chose_can_be_asked_for() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    conn.batch_execute("CREATE TABLE tag (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20))").unwrap();
    for expected in 1..4 {
        diesel::sql_query("INSERT INTO tag (name) VALUES ('a')").execute(conn).unwrap();
        // The schema is looked at again in between.
        conn.refresh_schema().unwrap();
        diesel::update(article::table.find(1)).set(article::category.eq("moved")).execute(conn).unwrap();
        assert_eq!(diesel::select(last_insert_id()).get_result::<u64>(conn), Ok(expected));
    }
}

#[test]
fn prepared_statements_are_those_of_the_connection() {
    let mut shop = Shop::open();
    let prepared = Arc::new(AtomicUsize::new(0));
    let counter = prepared.clone();
    shop.conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::CacheQuery { .. } = event {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    for id in 1..=4 {
        article::table.find(id).first::<Article>(&mut shop.conn).unwrap();
        find(&mut shop.conn, id);
        diesel::delete(author::table.filter(author::id.eq(id + 100))).execute(&mut shop.conn).unwrap();
    }
    let before_moves = prepared.load(Ordering::Relaxed);
    for id in 1..=4 {
        let moved = diesel::update(article::table.find(id)).set(article::category.eq("new"));
        moved.execute(&mut shop.conn).unwrap();
    }
    // Diesel does not keep this update, and keeps the query before it.
    assert_eq!((before_moves, prepared.load(Ordering::Relaxed) - before_moves), (3, 1));
}

#[test]
fn there_is_an_end_to_the_queries_before_writes_that_stay_prepared() {
    let mut shop = Shop::open();
    let prepared = Arc::new(AtomicUsize::new(0));
    let counter = prepared.clone();
    shop.conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::CacheQuery { .. } = event {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    for category in ["new", "newer", "newest"] {
        for id in 0..100 {
            let moved = format!("UPDATE article SET category = '{category}' WHERE id = {id}");
            diesel::sql_query(moved).execute(&mut shop.conn).unwrap();
        }
    }
    assert!(prepared.load(Ordering::Relaxed) <= 64, "{}", prepared.load(Ordering::Relaxed));
    assert_eq!(by_category(&mut shop.conn, "newest").len(), 4);
}

mod several {
    use super::*;

    type Cached = CachedConnection<MysqlConnection>;

    #[derive(diesel::MultiConnection)]
    pub(super) enum Any {
        Cached(Cached),
        Sqlite(SqliteConnection),
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
}

#[test]
fn a_connection_that_was_never_attached_says_how_to_attach_it() {
    let mut shop = Shop::open();
    let mut conn = Conn::establish(&shop.url()).unwrap();
    for refused in [
        conn.batch_execute("DELETE FROM article").unwrap_err(),
        diesel::delete(article::table).execute(&mut conn).unwrap_err(),
        article::table.count().get_result::<i64>(&mut conn).unwrap_err(),
    ] {
        assert!(refused.to_string().contains("call `attach(cache)`"), "{refused}");
    }
    conn.attach(shop.cache.clone()).unwrap();
    find(&mut conn, 1);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(find(conn, 1).unwrap().title, "a1")));
}
