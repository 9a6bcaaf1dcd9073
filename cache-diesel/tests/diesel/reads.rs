//! Typed cached reads.

use std::sync::Arc;

use cache_diesel::{Cache, CacheExt, Dep, wait};
use diesel::prelude::*;

use crate::database::RANDOM;
use crate::shop::*;

#[test]
fn every_kind_of_query_is_cached_and_ended_by_what_changes_it() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    type Read = fn(&mut Conn) -> String;
    let joined: Read = |conn| {
        let rows = article::table.inner_join(author::table).order(article::id);
        let rows = rows.select((Article::as_select(), Author::as_select()));
        format!("{:?}", rows.cached().load::<(Article, Author), _>(conn).unwrap())
    };
    let outer: Read = |conn| {
        let rows = author::table.left_join(article::table).order((author::id, article::id));
        let rows = rows.select((Author::as_select(), Option::<Article>::as_select()));
        format!("{:?}", rows.cached().load::<(Author, Option<Article>), _>(conn).unwrap())
    };
    let boxed: Read = |conn| {
        let mut rows = article::table.into_boxed();
        rows = rows.filter(article::views.ge(0));
        format!("{:?}", rows.cached().load::<Article, _>(conn).unwrap())
    };
    let columns: Read = |conn| {
        let rows = article::table.select((article::title, article::views.nullable())).order(article::id);
        format!("{:?}", rows.cached().load::<(String, Option<i32>), _>(conn).unwrap())
    };
    let aggregate: Read = |conn| {
        let views = article::table.select(diesel::dsl::max(article::views));
        format!("{:?}", views.cached().get_result::<Option<i32>, _>(conn).unwrap())
    };
    let grouped: Read = |conn| {
        let rows = article::table
            .group_by(article::category)
            .select((article::category, diesel::dsl::sum(article::views)));
        format!(
            "{:?}",
            rows.order(article::category).cached().load::<(String, Option<i64>), _>(conn).unwrap()
        )
    };
    let associated: Read = |conn| {
        let authors = author::table.order(author::id).cached().load::<Author, _>(conn).unwrap();
        let articles = Article::belonging_to(&authors).cached().load::<Article, _>(conn).unwrap();
        format!("{:?}", articles.grouped_by(&authors))
    };
    let page: Read = |conn| {
        let rows = article::table.order(article::views.desc()).limit(2).offset(1).select(article::id);
        format!("{:?}", rows.cached().load::<i64, _>(conn).unwrap())
    };
    let within: Read = |conn| {
        let seen = article::table.filter(article::views.gt(5)).select(article::author_id);
        let authors = author::table.filter(author::id.eq_any(seen)).select(author::name);
        format!("{:?}", authors.cached().load::<String, _>(conn).unwrap())
    };
    let exists: Read = |conn| {
        let read = diesel::select(diesel::dsl::exists(article::table.filter(article::views.gt(5))));
        format!("{:?}", read.cached().get_result::<bool, _>(conn).unwrap())
    };
    for (index, read) in [joined, outer, boxed, columns, aggregate, grouped, associated, page, within, exists]
        .into_iter()
        .enumerate()
    {
        let before = read(conn);
        assert!(is_hit(conn, |conn| assert_eq!(read(conn), before)), "{index}");
        let views = article::views.eq(article::views + 10);
        diesel::update(article::table.find(1)).set(views).execute(conn).unwrap();
        let after = read(conn);
        assert!(is_hit(conn, |conn| assert_eq!(read(conn), after)), "{index}");
        let fresh = conn.transaction::<_, diesel::result::Error, _>(|conn| Ok(read(conn))).unwrap();
        assert_eq!(after, fresh, "{index}");
    }
}

#[test]
fn what_is_not_found_is_cached_until_it_is_born() {
    let mut shop = Shop::open();
    assert_eq!(find(&mut shop.conn, 9), None);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(find(conn, 9), None)));
    let born = new_article(9, "rust");
    diesel::insert_into(article::table).values(&born).execute(&mut shop.conn).unwrap();
    assert_eq!(find(&mut shop.conn, 9), Some(born));
}

#[test]
fn a_row_without_a_limit_watches_what_it_read() {
    let mut shop = Shop::open();
    let read = |conn: &mut Conn| {
        let rows = article::table.filter(article::category.eq("rust")).order(article::views.desc());
        rows.select(Article::as_select()).cached().get_result::<Article, _>(conn).unwrap().id
    };
    assert_eq!(read(&mut shop.conn), 1);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(read(conn), 1)));
    diesel::update(article::table.find(2)).set(article::views.eq(7)).execute(&mut shop.conn).unwrap();
    assert_eq!(read(&mut shop.conn), 2);
}

#[test]
fn raw_queries_are_cached_by_their_text_and_values() {
    #[derive(Clone, Debug, PartialEq, QueryableByName, serde::Serialize, serde::Deserialize)]
    struct Title {
        #[diesel(sql_type = diesel::sql_types::Text)]
        title: String,
    }
    let mut shop = Shop::open();
    let read = |conn: &mut Conn, id: i64| {
        let query = diesel::sql_query("SELECT title FROM article WHERE id = ?")
            .bind::<diesel::sql_types::BigInt, _>(id);
        query.cached().get_result::<Title, _>(conn).unwrap().title
    };
    assert_eq!((read(&mut shop.conn, 1), read(&mut shop.conn, 3)), ("a1".into(), "b1".into()));
    diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(&mut shop.conn).unwrap();
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(read(conn, 3), "b1")));
    assert_eq!(read(&mut shop.conn, 1), "x");
}

#[test]
fn bound_values_of_every_type_tell_entries_apart() {
    let mut shop = Shop::open();
    let conn = &mut shop.conn;
    let by_title = |conn: &mut Conn, title: &str| {
        article::table.filter(article::title.eq(title)).cached().count(conn).unwrap()
    };
    assert_eq!((by_title(conn, "a1"), by_title(conn, "a\"1")), (1, 0));
    let by_ids = |conn: &mut Conn, ids: Vec<i64>| {
        article::table.filter(article::id.eq_any(ids)).cached().count(conn).unwrap()
    };
    assert_eq!((by_ids(conn, vec![1, 2]), by_ids(conn, vec![1, 9]), by_ids(conn, vec![])), (2, 1, 0));
}

#[test]
fn a_shared_result_is_the_one_in_the_cache() {
    let mut shop = Shop::open();
    let read = |conn: &mut Conn| article::table.cached().shared().load::<Article, _>(conn).unwrap();
    let first = read(&mut shop.conn);
    assert!(Arc::ptr_eq(&first, &read(&mut shop.conn)));
}

#[test]
fn tags_keys_and_policies_are_those_of_the_query() {
    let mut shop = Shop::open();
    let read = |conn: &mut Conn| {
        article::table.count().cached().tag("numbers").key("all".into()).get_result::<i64, _>(conn).unwrap()
    };
    read(&mut shop.conn);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(read(conn), 4)));
    wait(shop.cache.invalidate(Dep::tag("numbers"))).unwrap();
    assert!(!is_hit(&mut shop.conn, |conn| assert_eq!(read(conn), 4)));
    wait(shop.cache.invalidate_entry("all")).unwrap();
    assert!(!is_hit(&mut shop.conn, |conn| assert_eq!(read(conn), 4)));
}

#[test]
fn what_cannot_be_cached_is_read_each_time_and_explained() {
    let mut shop = Shop::open();
    let read = |conn: &mut Conn| {
        let random = diesel::dsl::sql::<diesel::sql_types::BigInt>(RANDOM);
        article::table.select(random).limit(1).cached().load::<i64, _>(conn)
    };
    read(&mut shop.conn).unwrap();
    assert!(!is_hit(&mut shop.conn, |conn| drop(read(conn))));
    let explained = shop.conn.explain(read).unwrap();
    assert!(explained.to_string().contains("not cached"), "{explained}");
}

#[test]
fn an_explanation_names_what_a_read_depends_on_and_what_ended_it() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let explained = shop.conn.explain(|conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(conn)?;
        Ok::<_, diesel::result::Error>(find(conn, 1))
    });
    let words = explained.unwrap().to_string();
    assert!(words.contains("touches: row article(1)"), "{words}");
    assert!(words.contains("miss: touched by"), "{words}");
    assert!(words.contains("UPDATE `article` SET `title`"), "{words}");
}

#[test]
fn one_row_of_which_nothing_is_known_is_not_no_row() {
    // Everything is kept as bytes.
    let mut shop = Shop::open_with(Cache::from_url("memory://?private&max=0&store=1MiB").unwrap());
    let conn = &mut shop.conn;
    let highest = article::table.filter(article::id.lt(0)).select(diesel::dsl::max(article::views));
    let nobody = article::table.find(-1).select(article::views.nullable());
    for _ in 0..2 {
        assert_eq!(highest.cached().get_result::<Option<i32>, _>(conn), Ok(None));
        assert_eq!(nobody.cached().first::<Option<i32>, _>(conn), Err(diesel::NotFound));
    }
}
