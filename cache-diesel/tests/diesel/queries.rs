//! What Diesel's documentation shows of queries: each is cached, and ended by what changes it.

use cache_diesel::CacheExt;
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{self, case_when, sql};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{Bool, Integer};

use crate::database::Bare;
use crate::shop::*;

/// Queries, each of which is cached, gives what it gives on a bare connection, and misses after a write that changes it.
macro_rules! documented {
    ($($name:literal: $row:ty = $query:expr;)*) => {
        #[test]
        fn every_query_of_the_documentation_is_cached_and_ended_by_what_changes_it() {
            let mut shop = Shop::open();
            let (mut bare, mut number) = (shop.bare(), 100);
            $({
                let mut read = |conn: &mut Conn| {
                    // Not every one says in which order.
                    let sorted = |mut rows: Vec<$row>| {
                        rows.sort();
                        rows
                    };
                    let rows = sorted($query.cached().load(conn).unwrap());
                    assert_eq!(rows, sorted($query.load::<$row>(&mut bare).unwrap()), $name);
                    assert_eq!(rows, sorted($query.load::<$row>(conn).unwrap()), $name);
                    let one_by_one = $query.load_iter::<$row, DefaultLoadingMode>(conn).unwrap().map(Result::unwrap);
                    assert_eq!(rows, sorted(one_by_one.collect()), $name);
                    rows
                };
                let before = read(&mut shop.conn);
                assert!(is_hit(&mut shop.conn, |conn| assert_eq!(read(conn), before)), $name);
                number += 1;
                change(&mut shop.conn, number);
                assert_ne!(read(&mut shop.conn), before, "{}: nothing would be tested", $name);
            })*
        }
    };
}

/// Changes the result of every query.
fn change(conn: &mut Conn, number: i64) {
    let all = (
        article::views.eq(article::views + 1),
        article::title.eq(article::title.concat("!")),
        article::published.eq(dsl::not(article::published)),
    );
    diesel::update(article::table).set(all).execute(conn).unwrap();
    diesel::update(article::table.find(2)).set(article::views.eq(article::views + 5)).execute(conn).unwrap();
    let writer = Author { id: number, name: format!("a{number}") };
    diesel::insert_into(author::table).values(&writer).execute(conn).unwrap();
    diesel::insert_into(article::table).values(new_article(number, "rust")).execute(conn).unwrap();
}

type Condition = dyn BoxableExpression<article::table, <Bare as Connection>::Backend, SqlType = Bool>;

fn by_title(title: &str) -> Box<Condition> {
    if title.is_empty() {
        Box::new(article::views.ge(0))
    } else {
        Box::new(article::title.ne(title.to_owned()))
    }
}

documented! {
    "distinct": bool = article::table.select(article::published).distinct().order(article::published)
        .filter(article::views.gt(3).or(article::published.eq(true)).and(article::views.lt(7).or(article::id.gt(4))));
    "or_filter": i64 = article::table.select(article::id).order(article::id)
        .filter(article::category.eq("rust")).or_filter(article::title.like("b1%!"));
    "then_order_by": (i32, i64) = article::table.select((article::views, article::id))
        .order_by(article::category.desc()).then_order_by((article::views.desc(), article::id.asc()));
    "having": (String, i64) = article::table.group_by(article::category).having(dsl::count(article::id).gt(1))
        .select((article::category, dsl::count(article::id))).order(article::category);
    "distinct counts, sum, max": (i64, Option<i64>, Option<i32>) = article::table
        .select((dsl::count(article::category).aggregate_distinct(), dsl::sum(article::views), dsl::max(article::views)));
    "boxed": i64 = {
        let boxed = article::table.select(article::id).order(article::id).into_boxed();
        boxed.filter(article::title.ne("z")).or_filter(article::id.eq(1)).limit(9).offset(1)
    };
    "boxed expression": i64 = article::table.filter(by_title("a1")).select(article::id).order(article::id);
    "case_when": String = article::table.order(article::id)
        .select(case_when(article::views.gt(2), article::title).otherwise("few"));
    "between, is_not_null, like, escape": String = article::table.order(article::id).select(article::title)
        .filter(article::id.between(1, 60)).filter(article::title.nullable().is_not_null())
        .filter(article::title.not_like("x$%").escape('$'));
    "concat, arithmetic, as_sql": (String, i32) = article::table.order(article::id)
        .select((article::title.concat("?"), article::views * 2 - 1));
    "exists and not exists": String = author::table.order(author::id).select(author::name)
        .filter(dsl::exists(article::table.filter(article::author_id.eq(author::id)).filter(article::views.gt(0)))
            .or(dsl::not(dsl::exists(article::table.filter(article::author_id.eq(author::id))))));
    "a query as a value": (i64, Option<i32>) = author::table.order(author::id).select((
        author::id, article::table.filter(article::author_id.eq(author::id)).select(dsl::max(article::views)).single_value()));
    "union": i64 = article::table.select(article::id).filter(article::views.gt(2))
        .union(author::table.select(author::id));
    "ne_all, eq_any": i64 = article::table.select(article::id).order(article::id)
        .filter(article::id.ne_all([1, 2])).filter(article::category.eq_any(["rust", "sql"]));
    "sql": i32 = article::table.order(article::id).select(sql::<Integer>("views + ").bind::<Integer, _>(7));
}

diesel::alias!(author as writers: Writers);

#[test]
fn aliases_and_queries_of_functions_are_cached() {
    let mut shop = Shop::open();
    let names = |conn: &mut Conn| -> Vec<(String, i64)> {
        let mine = article::table.inner_join(writers.on(writers.field(author::id).eq(article::author_id)));
        let mine = mine.select((writers.field(author::name), article::id)).order(article::id);
        mine.cached().load(conn).unwrap()
    };
    assert_eq!(names(&mut shop.conn)[0].0, "ann");
    assert!(is_hit(&mut shop.conn, |conn| drop(names(conn))));
    diesel::update(author::table.find(1)).set(author::name.eq("amy")).execute(&mut shop.conn).unwrap();
    assert_eq!(names(&mut shop.conn)[0].0, "amy");
}

#[test]
fn a_constraint_that_a_single_statement_violates_ends_nothing() {
    let mut shop = Shop::open();
    let kept = shop.survivors(|conn| {
        assert!(diesel::insert_into(article::table).values(new_article(1, "rust")).execute(conn).is_err());
        assert!(diesel::update(article::table.find(1)).set(article::author_id.eq(77)).execute(conn).is_err());
        assert!(diesel::update(article::table.find(1)).set(article::id.eq(3)).execute(conn).is_err());
    });
    assert_eq!(kept, ALL);
    // In a transaction it may have ended more than itself.
    let ended = shop.survivors(|conn| {
        let failed = conn.transaction::<_, Error, _>(|conn| {
            diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(conn)?;
            diesel::insert_into(article::table).values(new_article(1, "rust")).execute(conn)
        });
        assert!(failed.is_err());
    });
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "a1");
    assert!(ended.contains(&"sql") && ended.contains(&"3"), "{ended:?}");
}
