//! Functions whose results are cached.

use cache_diesel::{Cacheable, CachedConnection, Dep, cached_query, wait};
use diesel::prelude::*;
use diesel::result::Error;

use crate::database::Bare;
use crate::shop::*;

#[cached_query(ttl = "60s", tags("titles"))]
fn titles(conn: &mut Conn, category: &str, limit: i64) -> QueryResult<Vec<String>> {
    let mut titles = Vec::new();
    for title in article::table
        .filter(article::category.eq(category))
        .order(article::id)
        .limit(limit)
        .select(article::title)
        .load_iter::<String, _>(conn)?
    {
        titles.push(title?);
    }
    Ok(titles)
}

#[cached_query(skip(misses))]
fn counted<C>(conn: &mut CachedConnection<C>, misses: std::rc::Rc<std::cell::Cell<u32>>) -> Result<i64, Error>
where
    C: Cacheable<Backend = <Bare as Connection>::Backend>,
{
    misses.set(misses.get() + 1);
    if misses.get() > 100 {
        return Err(Error::NotFound);
    }
    article::table.count().get_result(conn)
}

#[test]
fn a_function_is_cached_by_its_arguments_until_what_it_read_changes() {
    let mut shop = Shop::open();
    assert_eq!(titles(&mut shop.conn, "rust", 1).unwrap(), ["a1"]);
    assert_eq!(titles(&mut shop.conn, "rust", 2).unwrap(), ["a1", "a2"]);
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(titles(conn, "rust", 1).unwrap(), ["a1"])));
    diesel::update(article::table.find(1)).set(article::views.eq(9)).execute(&mut shop.conn).unwrap();
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(titles(conn, "rust", 2).unwrap(), ["a1", "a2"])));
    diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(&mut shop.conn).unwrap();
    assert_eq!(titles(&mut shop.conn, "rust", 2).unwrap(), ["x", "a2"]);
    wait(shop.cache.invalidate(Dep::tag("titles"))).unwrap();
    assert!(!is_hit(&mut shop.conn, |conn| drop(titles(conn, "rust", 2))));
}

#[test]
fn a_function_may_be_generic_and_have_arguments_that_are_not_in_its_key() {
    let mut shop = Shop::open();
    let misses = std::rc::Rc::default();
    for _ in 0..3 {
        assert_eq!(counted(&mut shop.conn, std::rc::Rc::clone(&misses)), Ok(4));
    }
    assert_eq!(misses.get(), 1);
}
