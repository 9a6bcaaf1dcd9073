//! Through Diesel.

use std::hint::black_box;

use cache_diesel::{Cache, CacheExt, CachedConnection};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::TURNS;
use crate::compared::{Article, Turns, article, by_category, by_key, compare};
use crate::places::Places;

pub(crate) fn measure(url: &str, places: &Places, writes: Turns) {
    let connect = || {
        let mut connection = PgConnection::establish(url).unwrap();
        let process = diesel::select(sql::<Integer>("pg_backend_pid()")).get_result(&mut connection);
        places.bind_server(process.unwrap());
        connection
    };
    let mut bare = (connect(), connect());
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut both = (connect(), CachedConnection::new(connect(), cache).unwrap());

    Turns::head();
    macro_rules! row {
        ($pair:ident, $name:literal, $bound:literal) => {
            compare!(TURNS, &mut $pair, $name, $bound, |conn| {
                drop(black_box(by_key().first::<Article>(conn).unwrap()));
            });
        };
    }
    macro_rules! view {
        ($pair:ident, $name:literal, $bound:literal) => {
            compare!(writes, &mut $pair, $name, $bound, |conn| {
                let update = diesel::update(by_key()).set(article::views.eq(article::views + 1));
                assert_eq!(update.execute(conn), Ok(1));
            });
        };
    }
    row!(bare, "a row by key, both bare", "");
    row!(both, "a row by key, not cached", "1.05");
    view!(bare, "one more view of a row, both bare", "");
    view!(both, "one more view of a row", "1.10");
    compare!(TURNS, &mut both, "a list of 100, not cached", "1.05", |conn| {
        assert_eq!(by_category().load::<Article>(conn).unwrap().len(), 100);
    });
    let conn = &mut both.1;
    TURNS.alone("a list of 100, hit, shared", "3us", || {
        drop(by_category().cached().shared().load::<Article, _>(conn).unwrap());
    });
    TURNS.alone("a list of 100, hit, as it was sent", "", || {
        assert_eq!(by_category().load::<Article>(&mut conn.cached()).unwrap().len(), 100);
    });
}
