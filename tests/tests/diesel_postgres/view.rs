//! Reads through `conn.cached()`, whose rows are kept as the server sent them.

use std::time::{Duration, Instant};

use cache_diesel::Cache;
use cache_tests::servers::RedisServer;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::mood::{self, Mood, person};
use crate::shop::{Article, Author, Conn, Shop, article, author, is_hit, new_article};

/// A type that cannot be copied or written down.
#[derive(Debug, PartialEq, Queryable)]
struct Bare {
    id: i64,
    title: String,
}

#[derive(Debug, PartialEq, QueryableByName)]
struct Named {
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn titles(conn: &mut Conn) -> Vec<Bare> {
    let rust = article::table.filter(article::category.eq("rust")).order(article::id);
    rust.select((article::id, article::title)).load(&mut conn.cached()).unwrap()
}

fn is_cached(conn: &mut Conn, read: impl Fn(&mut Conn)) -> bool {
    read(conn);
    is_hit(conn, read)
}

#[test]
fn rows_need_no_traits_and_every_method_of_diesel_loads_them() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    let expected = vec![Bare { id: 1, title: "a1".into() }, Bare { id: 2, title: "a2".into() }];
    assert_eq!(titles(conn), expected);
    assert!(is_hit(conn, |conn| assert_eq!(titles(conn), expected)));

    assert!(is_cached(conn, |conn| {
        let (article, author) = article::table
            .inner_join(author::table)
            .filter(article::id.eq(3))
            .select((Article::as_select(), Author::as_select()))
            .first(&mut conn.cached())
            .unwrap();
        assert_eq!((article.title.as_str(), author.name.as_str()), ("b1", "ann"));
    }));
    assert!(is_cached(conn, |conn| {
        let missing = article::table.find(77).first::<Article>(&mut conn.cached()).optional();
        assert_eq!(missing, Ok(None));
    }));
    assert!(is_cached(conn, |conn| {
        let sql = "SELECT max(title) FILTER (WHERE id > 9) AS title, count(*) AS count FROM article";
        let named = diesel::sql_query(sql).get_result::<Named>(&mut conn.cached());
        assert_eq!(named, Ok(Named { title: None, count: 4 }));
    }));
    assert!(is_cached(conn, |conn| {
        let count = article::table.count().get_result::<i64>(&mut conn.cached().ttl(Duration::from_secs(9)));
        assert_eq!(count, Ok(4));
    }));
}

#[test]
fn writes_through_it_are_made_each_time_and_end_what_they_change() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    for (id, title) in [(1, "x"), (2, "y"), (1, "z")] {
        assert!(is_cached(conn, |conn| drop(titles(conn))));
        let update = diesel::update(article::table.find(id)).set(article::title.eq(title));
        let row = update.returning(Article::as_returning()).get_result(&mut conn.cached());
        assert_eq!(row.unwrap().title, title);
        assert!(titles(conn).iter().any(|bare| bare.id == id && bare.title == title));
    }
    for id in 20..23 {
        let insert = diesel::insert_into(article::table).values(new_article(id, "rust"));
        assert_eq!(insert.execute(&mut conn.cached()), Ok(1));
        assert_eq!(titles(conn).len(), id as usize - 17);
    }
    let inside = conn.cached().transaction(|conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("inside")).execute(conn)?;
        article::table.find(1).select(article::title).first::<String>(conn)
    });
    assert_eq!(inside, Ok::<_, Error>("inside".to_owned()));
}

#[test]
fn types_of_users_are_read_again_out_of_the_cache() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    conn.batch_execute(mood::DDL).unwrap();
    conn.batch_execute("INSERT INTO person VALUES (1, 'sad', '{happy,sad}'), (2, 'happy', '{}')").unwrap();
    assert!(is_cached(conn, |conn| {
        let people: Vec<(i64, Mood, Vec<Mood>)> =
            person::table.order(person::id).load(&mut conn.cached()).unwrap();
        assert_eq!(people[0], (1, Mood::Sad, vec![Mood::Happy, Mood::Sad]));
        assert_eq!(people[1], (2, Mood::Happy, vec![]));
    }));
}

#[test]
fn a_block_depends_on_what_it_reads_through_it() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    let count = |conn: &mut Conn| -> usize {
        let block = conn.cached_query("titles").run(|conn| Ok::<_, Error>(titles(conn).len()));
        block.unwrap()
    };
    titles(conn);
    assert_eq!(count(conn), 2);
    assert!(is_hit(conn, |conn| assert_eq!(count(conn), 2)));
    diesel::insert_into(article::table).values(new_article(9, "rust")).execute(conn).unwrap();
    assert_eq!(count(conn), 3);
}

#[test]
fn processes_share_the_rows() {
    let server = RedisServer::start();
    let cache =
        || Cache::from_url(&format!("redis://{}/0?prefix=shop&private&fence=off", server.address())).unwrap();
    let mut shop = Shop::open_with(cache());
    let mut other = Conn::new(shop.bare(), cache()).unwrap();
    assert_eq!(titles(&mut shop.conn).len(), 2);
    // Nothing is kept until it is certain that no fence is hidden.
    let deadline = Instant::now() + Duration::from_secs(30);
    while shop.cache.stats().store_hits + other.cache().unwrap().stats().store_hits == 0 {
        assert!(Instant::now() < deadline, "it is never shared");
        assert_eq!((titles(&mut shop.conn).len(), titles(&mut other).len()), (2, 2));
    }
}
