//! What Diesel's documentation shows of connections, and no other test here does.

use cache_diesel::{AttachTo, Cache, CacheExt, CachedConnection};
use diesel::connection::{BoxableConnection, SimpleConnection};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::result::{ConnectionError, Error};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteAggregateFunction};

use crate::shop::*;

#[test]
fn what_one_query_has_and_another_has_not_is_cached() {
    let mut shop = Shop::open();
    let without_first = |conn: &mut Conn| -> Vec<i64> {
        let first = article::table.select(article::id).filter(article::title.eq("a1"));
        article::table.select(article::id).except(first).cached().load(conn).unwrap()
    };
    assert_eq!(without_first(&mut shop.conn), [2, 3, 4]);
    assert!(is_hit(&mut shop.conn, |conn| drop(without_first(conn))));
    diesel::update(article::table.find(3)).set(article::title.eq("a1")).execute(&mut shop.conn).unwrap();
    assert_eq!(without_first(&mut shop.conn), [2, 4]);
}

#[test]
fn a_boxed_connection_is_the_wrapper() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let mut boxed: Box<dyn BoxableConnection<Sqlite>> = Box::new(shop.connect());
    boxed.batch_execute("UPDATE article SET title = 'boxed' WHERE id = 1").unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "boxed");
    let conn = (*boxed).downcast_mut::<Conn>().unwrap();
    diesel::update(article::table.find(1)).set(article::title.eq("unboxed")).execute(conn).unwrap();
    assert_eq!(find(&mut shop.conn, 1).unwrap().title, "unboxed");
}

#[test]
fn a_connection_that_cannot_be_established_says_what_diesel_says() {
    let failed = CachedConnection::<SqliteConnection>::establish("/no/such/folder/shop.db").err().unwrap();
    let bare = SqliteConnection::establish("/no/such/folder/shop.db").err().unwrap();
    assert!(matches!(failed, ConnectionError::BadConnection(_)));
    assert_eq!(failed.to_string(), bare.to_string());
}

/// Diesel's own `TestCustomizer` begins its transaction before anything can be attached.
#[derive(Debug)]
struct InTest(Cache);

impl CustomizeConnection<Conn, diesel::r2d2::Error> for InTest {
    fn on_acquire(&self, conn: &mut Conn) -> Result<(), diesel::r2d2::Error> {
        AttachTo::new(self.0.clone()).on_acquire(conn)?;
        conn.begin_test_transaction().map_err(diesel::r2d2::Error::QueryError)
    }
}

#[test]
fn a_pool_may_begin_a_test_transaction_on_each_connection() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let pool = Pool::builder().max_size(1).connection_customizer(Box::new(InTest(shop.cache.clone())));
    let pool = pool.build(ConnectionManager::<Conn>::new(shop.url())).unwrap();
    let retitle = |title: &str| {
        let mut conn = pool.get().unwrap();
        conn.transaction::<_, Error, _>(|conn| {
            diesel::update(article::table.find(1)).set(article::title.eq(title)).execute(conn)
        })
        .unwrap();
    };
    retitle("test");
    assert_eq!(find(&mut pool.get().unwrap(), 1).unwrap().title, "test");
    drop(pool);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(find(conn, 1).unwrap().title, "a1")));
}

#[derive(Default)]
struct Longest(String);

impl SqliteAggregateFunction<String> for Longest {
    type Output = String;

    fn step(&mut self, text: String) {
        if text.len() > self.0.len() {
            self.0 = text;
        }
    }

    fn finalize(longest: Option<Self>) -> String {
        longest.unwrap_or_default().0
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    #[aggregate]
    fn longest(text: Text) -> Text;
}

#[test]
fn aggregates_are_registered_on_the_connection_inside() {
    let mut shop = Shop::open();
    longest_utils::register_impl::<Longest, _>(shop.conn.inner_mut()).unwrap();
    let longest_title = |conn: &mut Conn| -> String {
        article::table.select(longest(article::title)).cached().get_result(conn).unwrap()
    };
    assert_eq!(longest_title(&mut shop.conn).len(), 2);
    diesel::update(article::table.find(3))
        .set(article::title.eq("the longest"))
        .execute(&mut shop.conn)
        .unwrap();
    assert_eq!(longest_title(&mut shop.conn), "the longest");
    assert_eq!(shop.conn.writes_around(), 0);
}

#[test]
fn collations_are_registered_on_the_connection_inside() {
    let mut shop = Shop::open();
    let mut bare = shop.bare();
    for conn in [shop.conn.inner_mut(), &mut bare] {
        // Diesel hands over the right one first: what reads as ascending by the last letter is descending.
        let backwards = |one: &str, other: &str| one.chars().rev().cmp(other.chars().rev());
        conn.register_collation("BACKWARDS", backwards).unwrap();
        let caseless = |one: &str, other: &str| one.to_lowercase().cmp(&other.to_lowercase());
        conn.register_collation("CASELESS", caseless).unwrap();
    }
    macro_rules! reads {
        ($conn:expr, $($cached:ident)?) => {{
            let ordered = article::table.select(article::title).order(sql::<Text>("title COLLATE BACKWARDS"));
            let ordered: Vec<String> = ordered$(.$cached())?.load($conn).unwrap();
            let equal = article::table.select(article::id).order(article::id);
            let equal = equal.filter(article::category.eq(sql::<Text>("'RUST' COLLATE CASELESS")));
            let equal: Vec<i64> = equal$(.$cached())?.load($conn).unwrap();
            let first = article::table.select(article::title).order(sql::<Text>("title COLLATE BACKWARDS")).limit(1);
            let first: Vec<String> = first$(.$cached())?.load($conn).unwrap();
            (ordered, equal, first)
        }};
    }
    assert_eq!(reads!(&mut shop.conn, cached).0, ["b2", "a2", "b1", "a1"]);
    let writes = [
        "UPDATE article SET title = 'z9' WHERE id = 1",
        "UPDATE article SET category = 'Rust' WHERE id = 3",
        "INSERT INTO article (id, title, category, author_id) VALUES (9, 'zz', 'RuSt', 1)",
        "DELETE FROM article WHERE id = 9",
    ];
    for write in writes {
        diesel::sql_query(write).execute(&mut shop.conn).unwrap();
        for _ in 0..2 {
            assert_eq!(reads!(&mut shop.conn, cached), reads!(&mut bare,), "{write}");
        }
    }
    assert_eq!(shop.conn.writes_around(), 0);
}

#[test]
fn a_column_whose_collation_is_the_users_is_compared_as_the_database_does() {
    let mut shop = Shop::open();
    let caseless = |conn: &mut SqliteConnection| {
        let compare = |one: &str, other: &str| one.to_lowercase().cmp(&other.to_lowercase());
        conn.register_collation("CASELESS", compare).unwrap();
    };
    let mut bare = shop.bare();
    caseless(shop.conn.inner_mut());
    caseless(&mut bare);
    shop.conn
        .batch_execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT COLLATE CASELESS)")
        .unwrap();
    shop.conn.declare([cache_diesel::Declaration::new("word").scope(["text"])]).unwrap();
    diesel::table! { word (id) { id -> BigInt, text -> Text, } }
    let same = |text: &'static str| word::table.filter(word::text.eq(text)).select(word::id).order(word::id);
    let writes = [
        diesel::insert_into(word::table).values((word::id.eq(1), word::text.eq("Word"))),
        diesel::insert_into(word::table).values((word::id.eq(2), word::text.eq("wORD"))),
    ];
    for write in writes {
        write.execute(&mut shop.conn).unwrap();
        for _ in 0..2 {
            let cached: Vec<i64> = same("word").cached().load(&mut shop.conn).unwrap();
            assert_eq!(cached, same("word").load::<i64>(&mut bare).unwrap());
        }
    }
    diesel::update(word::table.find(1)).set(word::text.eq("other")).execute(&mut shop.conn).unwrap();
    assert_eq!(same("WORD").cached().load::<i64, _>(&mut shop.conn), Ok(vec![2]));
    assert_eq!(same("OTHER").cached().load::<i64, _>(&mut shop.conn), Ok(vec![1]));
}
