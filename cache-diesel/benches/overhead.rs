//! `cargo bench -p cache-diesel --bench overhead`: what the wrapper costs a Diesel connection, beside the bare one, in
//! turns in one run on databases in memory.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]
#![allow(missing_docs, reason = "nobody calls a benchmark")]

mod compared;

use std::hint::black_box;

use cache_diesel::{Cache, CacheExt, CachedConnection};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use compared::{Article, Turns, article, by_category, by_key, compare};

const TURNS: Turns = Turns { calls: 100, turns: 400 };

fn main() {
    let bare = set_up(SqliteConnection::establish(":memory:").unwrap());
    let inner = set_up(SqliteConnection::establish(":memory:").unwrap());
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut both = (bare, CachedConnection::new(inner, cache).unwrap());

    Turns::head();
    compare!(TURNS, &mut both, "a row by key, not cached", "1.5", |conn| {
        drop(black_box(by_key().first::<Article>(conn).unwrap()));
    });
    compare!(TURNS, &mut both, "one more view of a row", "1.5", |conn| {
        let update = diesel::update(by_key()).set(article::views.eq(article::views + 1));
        assert_eq!(update.execute(conn), Ok(1));
    });
    compare!(TURNS, &mut both, "a list of 100, not cached", "1.5", |conn| {
        assert_eq!(by_category().load::<Article>(conn).unwrap().len(), 100);
    });
    let conn = &mut both.1;
    TURNS.alone("a list of 100, hit, shared", "3us", || {
        drop(by_category().cached().shared().load::<Article, _>(conn).unwrap());
    });
    TURNS.alone("a list of 100, hit, copied", "", || {
        drop(by_category().cached().load::<Article, _>(conn).unwrap());
    });
}

fn set_up(mut connection: SqliteConnection) -> SqliteConnection {
    let create = "CREATE TABLE article (id BIGINT PRIMARY KEY NOT NULL, category TEXT NOT NULL, title TEXT NOT NULL, \
                  views BIGINT NOT NULL); CREATE INDEX article_category ON article (category)";
    connection.batch_execute(create).unwrap();
    for id in 0..1_000_i64 {
        let values = (
            article::id.eq(id),
            article::category.eq(format!("c{}", id / 100)),
            article::title.eq("a title"),
            article::views.eq(0),
        );
        diesel::insert_into(article::table).values(values).execute(&mut connection).unwrap();
    }
    connection
}
