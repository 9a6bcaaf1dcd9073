//! Through diesel-async, whose connections are driven by this thread.

use std::hint::black_box;

use cache_diesel::{AsyncCacheExt, AsyncCachedConnection, Cache};
use diesel::ExpressionMethods;
use diesel::dsl::sql;
use diesel::sql_types::Integer;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::TURNS;
use crate::compared::{Article, Turns, article, by_category, by_key, compare};
use crate::places::Places;

pub(crate) fn measure(url: &str, places: &Places, writes: Turns) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connect = async || {
        let mut connection = AsyncPgConnection::establish(url).await.unwrap();
        let process = diesel::select(sql::<Integer>("pg_backend_pid()")).get_result(&mut connection);
        places.bind_server(process.await.unwrap());
        connection
    };
    let (mut bare, mut both) = runtime.block_on(async {
        let cache = Cache::from_url("memory://?private").unwrap();
        let wrapped = AsyncCachedConnection::new(connect().await, cache).await.unwrap();
        ((connect().await, connect().await), (connect().await, wrapped))
    });

    Turns::head();
    macro_rules! row {
        ($pair:ident, $name:literal, $bound:literal) => {
            compare!(TURNS, &mut $pair, $name, $bound, |conn| {
                drop(black_box(runtime.block_on(by_key().first::<Article>(conn)).unwrap()));
            });
        };
    }
    macro_rules! view {
        ($pair:ident, $name:literal, $bound:literal) => {
            compare!(writes, &mut $pair, $name, $bound, |conn| {
                let update = diesel::update(by_key()).set(article::views.eq(article::views + 1));
                assert_eq!(runtime.block_on(update.execute(conn)), Ok(1));
            });
        };
    }
    row!(bare, "a row by key, both bare", "");
    row!(both, "a row by key, not cached", "1.05");
    view!(bare, "one more view of a row, both bare", "");
    view!(both, "one more view of a row", "1.10");
    compare!(TURNS, &mut both, "a list of 100, not cached", "1.05", |conn| {
        assert_eq!(runtime.block_on(by_category().load::<Article>(conn)).unwrap().len(), 100);
    });
    let conn = &mut both.1;
    TURNS.alone("a list of 100, hit, shared", "3us", || {
        drop(runtime.block_on(by_category().cached().shared().load::<Article>(conn)).unwrap());
    });
}
