//! Several reads, one entry.

use cache_diesel::CacheExt;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::Bool;

use crate::shop::*;

/// The first title of each author, in a raw way, an ordinary one and a cached one.
fn summary(conn: &mut Conn) -> QueryResult<(i64, Vec<String>, Option<Article>)> {
    conn.cached_query("summary").run(|conn| {
        let count = article::table.count().get_result(conn)?;
        let mut names = Vec::new();
        for name in author::table.select(author::name).order(author::id).load_iter::<String, _>(conn)? {
            names.push(name?);
        }
        Ok((count, names, find(conn, 3)))
    })
}

#[test]
fn a_block_watches_all_that_it_reads() {
    let mut shop = Shop::open();
    let first = summary(&mut shop.conn).unwrap();
    assert_eq!((first.0, first.1.len(), first.2.as_ref().unwrap().id), (4, 2, 3));
    let unchanged = |conn: &mut Conn| is_hit(conn, |conn| drop(summary(conn).unwrap()));
    assert!(unchanged(&mut shop.conn));
    diesel::update(article::table.find(1)).set(article::views.eq(9)).execute(&mut shop.conn).unwrap();
    assert!(unchanged(&mut shop.conn));
    diesel::update(author::table.find(2)).set(author::name.eq("rob")).execute(&mut shop.conn).unwrap();
    assert_eq!(summary(&mut shop.conn).unwrap().1, ["ann", "rob"]);
    diesel::update(article::table.find(3)).set(article::views.eq(9)).execute(&mut shop.conn).unwrap();
    assert_eq!(summary(&mut shop.conn).unwrap().2.unwrap().views, 9);
    diesel::delete(article::table.find(1)).execute(&mut shop.conn).unwrap();
    assert_eq!(summary(&mut shop.conn).unwrap().0, 3);
}

#[test]
fn keys_tell_blocks_apart() {
    let mut shop = Shop::open();
    let by = |conn: &mut Conn, category: &str| {
        conn.cached_query(("by", category))
            .run(|conn| article::table.filter(article::category.eq(category)).count().get_result::<i64>(conn))
    };
    diesel::delete(article::table.find(1)).execute(&mut shop.conn).unwrap();
    assert_eq!((by(&mut shop.conn, "rust"), by(&mut shop.conn, "sql")), (Ok(1), Ok(2)));
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(by(conn, "rust"), Ok(1))));
}

#[test]
fn a_block_that_writes_or_begins_a_transaction_runs_each_time() {
    let mut shop = Shop::open();
    for views in 1..3 {
        let written = shop.conn.cached_query("writes").run(|conn| {
            diesel::update(article::table.find(1))
                .set(article::views.eq(article::views + 1))
                .execute(conn)?;
            article::table.find(1).select(article::views).get_result::<i32>(conn)
        });
        assert_eq!(written, Ok(views));
    }
    let counted = |conn: &mut Conn| {
        conn.cached_query("begins").run(|conn| {
            conn.transaction::<_, Error, _>(|conn| article::table.count().get_result::<i64>(conn))
        })
    };
    counted(&mut shop.conn).unwrap();
    assert!(!is_hit(&mut shop.conn, |conn| drop(counted(conn))));
}

#[test]
fn a_block_in_a_transaction_just_runs() {
    let mut shop = Shop::open();
    summary(&mut shop.conn).unwrap();
    let within: Result<(), Error> = shop.conn.transaction(|conn| {
        diesel::delete(article::table.find(1)).execute(conn)?;
        assert_eq!(summary(conn)?.0, 3);
        Err(Error::RollbackTransaction)
    });
    assert!(within.is_err());
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(summary(conn).unwrap().0, 4)));
}

/// Whoever goes on without a read that failed may have it the next time.
#[test]
fn a_block_that_goes_on_without_a_cached_read_or_an_inner_block_is_not_kept() {
    let mut shop = Shop::open();
    let read = || {
        let overflows = "abs(-9223372036854775807 - CASE title WHEN 'a1' THEN 1 ELSE 0 END) > 0";
        article::table.filter(sql::<Bool>(overflows))
    };
    let cached = |conn: &mut Conn| {
        let block = conn.cached_query("cached").run(|conn| {
            let articles = read().cached().count(conn);
            Ok::<_, Error>((articles.is_ok(), author::table.count().get_result::<i64>(conn)?))
        });
        block.unwrap().0
    };
    let inner = |conn: &mut Conn| {
        let block = conn.cached_query("outer").run(|conn| {
            let articles = conn.cached_query("inner").run(|conn| read().count().get_result::<i64>(conn));
            Ok::<_, Error>((articles.is_ok(), author::table.count().get_result::<i64>(conn)?))
        });
        block.unwrap().0
    };
    assert_eq!((cached(&mut shop.conn), inner(&mut shop.conn)), (false, false));
    diesel::update(article::table.find(1)).set(article::title.eq("uno")).execute(&mut shop.conn).unwrap();
    assert_eq!((cached(&mut shop.conn), inner(&mut shop.conn)), (true, true));
}

#[test]
fn an_error_or_a_panic_in_a_block_is_the_callers_and_is_not_kept() {
    let mut shop = Shop::open();
    let failed = shop.conn.cached_query("fails").run(|conn| {
        article::table.count().get_result::<i64>(conn)?;
        Err::<i64, _>(Error::NotFound)
    });
    assert_eq!(failed, Err(Error::NotFound));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        shop.conn.cached_query("fails").run(|_| -> QueryResult<i64> { panic!("on purpose") })
    }));
    assert!(panic.is_err());
    let counted = |conn: &mut Conn| {
        conn.cached_query("fails").run(|conn| article::table.count().get_result::<i64>(conn))
    };
    assert_eq!(counted(&mut shop.conn), Ok(4));
    assert!(is_hit(&mut shop.conn, |conn| assert_eq!(counted(conn), Ok(4))));
}

#[test]
fn a_result_of_which_a_block_reads_a_part_is_watched() {
    let mut shop = Shop::open();
    let first = |conn: &mut Conn| {
        conn.cached_query("first").run(|conn| {
            let rows = article::table.select((article::id, article::title)).order(article::views.desc());
            rows.load_iter::<(i64, String), _>(conn)?.next().unwrap()
        })
    };
    assert_eq!(first(&mut shop.conn).unwrap().0, 1);
    assert!(is_hit(&mut shop.conn, |conn| drop(first(conn))));
    diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(&mut shop.conn).unwrap();
    assert_eq!(first(&mut shop.conn).unwrap().1, "x");
    diesel::update(article::table.find(4)).set(article::views.eq(1)).execute(&mut shop.conn).unwrap();
    assert_eq!(first(&mut shop.conn).unwrap().0, 4);
}

#[test]
fn a_block_that_uses_the_connection_inside_runs_each_time() {
    let mut shop = Shop::open();
    let counted = |conn: &mut Conn| {
        conn.cached_query("inside").run(|conn| -> QueryResult<(i64, i64)> {
            let authors = author::table.count().get_result(conn)?;
            Ok((authors, article::table.count().get_result(conn.inner_mut())?))
        })
    };
    assert_eq!(counted(&mut shop.conn), Ok((2, 4)));
    diesel::delete(article::table.find(1)).execute(&mut shop.conn).unwrap();
    assert_eq!(counted(&mut shop.conn), Ok((2, 3)));
    let written = |conn: &mut Conn| {
        conn.cached_query("written").run(|conn| {
            let update = diesel::update(article::table.find(3)).set(article::views.eq(article::views + 1));
            update.execute(conn.inner_mut())?;
            author::table.count().get_result::<i64>(conn)
        })
    };
    written(&mut shop.conn).unwrap();
    written(&mut shop.conn).unwrap();
    assert_eq!(find(&mut shop.conn, 3).unwrap().views, 2);
}

#[test]
fn a_block_whose_reads_are_explained_on_the_way_runs_each_time() {
    let mut shop = Shop::open();
    let titled = |conn: &mut Conn| {
        conn.cached_query("explained").run(|conn| -> QueryResult<(i64, String)> {
            let authors = author::table.count().get_result(conn)?;
            let explained = conn.explain(|conn| Ok::<_, Error>(find(conn, 1).unwrap().title))?;
            Ok((authors, explained.value))
        })
    };
    assert_eq!(titled(&mut shop.conn).unwrap().1, "a1");
    diesel::update(article::table.find(1)).set(article::title.eq("x")).execute(&mut shop.conn).unwrap();
    assert_eq!(titled(&mut shop.conn).unwrap().1, "x");
}

#[test]
fn an_explanation_that_panics_is_over() {
    let mut shop = Shop::open();
    find(&mut shop.conn, 1);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        shop.conn.explain(|_| -> Result<(), Error> { panic!("on purpose") })
    }));
    assert!(panic.is_err());
    assert!(is_hit(&mut shop.conn, |conn| drop(find(conn, 1))));
}
