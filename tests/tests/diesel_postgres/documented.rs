//! What Diesel's documentation shows of PostgreSQL, and no other test here does.

use cache_diesel::CacheExt;
use diesel::connection::SimpleConnection;
use diesel::dsl::{OnlyDsl, sql};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{Array, Text};
use diesel::upsert::excluded;

use crate::shop::{Article, Conn, Shop, article, author, find, is_hit, new_article};

/// Reads that a write of this title changes.
macro_rules! reads {
    ($($name:literal: $row:ty = $query:expr;)*) => {
        #[test]
        fn queries_that_only_postgres_has_are_cached_and_ended_by_what_changes_them() {
            let mut shop = Shop::open();
            let mut bare = shop.bare();
            $({
                let mut read = |conn: &mut Conn| {
                    let rows: Vec<$row> = $query.cached().load(conn).unwrap();
                    assert_eq!(rows, $query.load::<$row>(&mut bare).unwrap(), $name);
                    assert_eq!(rows, $query.load::<$row>(&mut conn.cached()).unwrap(), $name);
                    rows
                };
                let before = read(&mut shop.conn);
                assert!(is_hit(&mut shop.conn, |conn| assert_eq!(read(conn), before)), $name);
                let other = article::title.eq(article::title.concat("!"));
                diesel::update(article::table.find(3)).set(other).execute(&mut shop.conn).unwrap();
                assert_ne!(read(&mut shop.conn), before, "{}: nothing would be tested", $name);
            })*
        }
    };
}

reads! {
    "distinct_on": (String, String) = article::table.distinct_on(article::category)
        .order((article::category, article::title)).select((article::category, article::title));
    "ilike": String = article::table.filter(article::title.ilike("B%")).order(article::id).select(article::title);
    "is_not_distinct_from": i64 = article::table.select(article::id).order(article::id)
        .filter(article::title.is_distinct_from("b1!!"));
    "eq_any of an array": i64 = article::table.select(article::id).order(article::id)
        .filter(article::title.ne_all(vec!["b1!!!", "a1"]));
    "an array of columns": Vec<String> = article::table.order(article::id)
        .select(diesel::dsl::array::<Text, _>((article::title, article::category)));
    "contains": i64 = article::table.order(article::id).select(article::id)
        .filter(sql::<Array<Text>>("ARRAY[title]").is_contained_by(vec!["a1", "b1!!!!!"]));
    "except and intersect": String = article::table.select(article::title).filter(article::id.eq(3))
        .except(article::table.select(article::title).filter(article::id.eq(1)))
        .intersect(article::table.select(article::title));
    "only": String = article::table.only().select(article::title);
}

#[test]
fn rows_that_are_locked_are_read_and_never_cached() {
    let mut shop = Shop::open();
    let mut other = shop.bare();
    let conn = &mut shop.conn;
    let cached = |conn: &mut Conn| -> Vec<i64> {
        article::table.select(article::id).order(article::id).for_update().cached().load(conn).unwrap()
    };
    cached(conn);
    assert!(!is_hit(conn, |conn| assert_eq!(cached(conn), [1, 2, 3, 4])));
    conn.transaction::<_, Error, _>(|conn| {
        let locked: Vec<i64> = article::table
            .filter(article::category.eq("rust"))
            .select(article::id)
            .for_no_key_update()
            .load(conn)?;
        assert_eq!(locked.len(), 2);
        let free = article::table.select(article::id).order(article::id).for_update().skip_locked();
        assert_eq!(free.load::<i64>(&mut other)?, [3, 4]);
        let refused =
            article::table.find(1).select(article::id).for_share().no_wait().first::<i64>(&mut other);
        assert!(refused.is_err());
        diesel::update(article::table.find(1)).set(article::title.eq("locked")).execute(conn)
    })
    .unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "locked");
}

#[test]
fn an_upsert_of_what_it_would_have_inserted_is_seen() {
    let mut shop = Shop::open();
    let survivors = shop.survivors(|conn| {
        let rows = vec![new_article(1, "new"), new_article(9, "new")];
        let upsert = diesel::insert_into(article::table).values(&rows).on_conflict(article::id).do_update();
        let upsert = upsert.set((
            article::title.eq(excluded(article::title)),
            article::category.eq(excluded(article::category)),
        ));
        let returned: Vec<i64> = upsert.returning(article::id).get_results(conn).unwrap();
        assert_eq!(returned, [1, 9]);
    });
    assert!(!survivors.contains(&"1") && !survivors.contains(&"rust"), "{survivors:?}");
    assert_eq!(find(&mut shop.conn, 1).unwrap().category, "new");
}

#[test]
fn a_write_that_returns_rows_works_on_when_their_type_has_changed() {
    let mut shop = Shop::open();
    let mut other = shop.bare();
    for (number, title) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let update = diesel::update(article::table.find(2)).set(article::title.eq(title));
        assert_eq!(
            update.returning(article::title).get_result::<String>(&mut shop.conn),
            Ok(title.to_owned())
        );
        let migration = format!("ALTER TABLE article ALTER title TYPE varchar({})", 100 + number);
        other.batch_execute(&migration).unwrap();
    }
}

#[test]
fn rows_are_copied_out_on_the_connection_inside() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let rows = |conn: &mut PgConnection| {
        let rows = diesel::copy_to(article::table).load::<Article, _>(conn).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap()
    };
    let copied = rows(shop.conn.inner_mut());
    assert_eq!((copied.len(), rows(&mut shop.bare())), (4, copied));
    assert_eq!(shop.conn.writes_around(), 0);

    let mut other = shop.connect();
    let mut raw = diesel::copy_to(author::table).load_raw(other.inner_mut()).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut raw, &mut text).unwrap();
    drop(raw);
    assert_eq!(text, "1\tann\n2\tbob\n");
    assert_eq!(other.writes_around(), 0);
    assert!(is_hit(&mut shop.conn, |conn| drop(find(conn, 1))), "what is copied out ends nothing");
}

#[test]
fn notifications_are_read_on_the_connection_inside() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let mut teller = shop.connect();
    shop.conn.batch_execute("LISTEN news").unwrap();
    teller
        .transaction::<_, Error, _>(|teller| {
            diesel::sql_query("NOTIFY news, 'a first one'").execute(teller)?;
            diesel::sql_query("SELECT pg_notify('news', 'another')").execute(teller)
        })
        .unwrap();
    let told = |conn: &mut Conn| -> Vec<String> {
        let inside: &mut PgConnection = conn.inner_mut();
        inside.notifications_iter().map(|told| told.unwrap().payload).collect()
    };
    let (mut heard, deadline) = (Vec::new(), std::time::Instant::now() + std::time::Duration::from_secs(20));
    while heard.len() < 2 {
        assert!(std::time::Instant::now() < deadline, "{heard:?}");
        heard.extend(told(&mut shop.conn));
    }
    assert_eq!(heard, ["a first one", "another"]);
    assert_eq!(shop.conn.writes_around(), 0);
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "a1");
}
