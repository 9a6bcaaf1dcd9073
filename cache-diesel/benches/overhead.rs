//! `cargo bench -p cache-diesel`: what the wrapper costs a Diesel connection, beside the bare one, in
//! turns in one run on databases in memory.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]
#![allow(missing_docs, reason = "nobody calls a benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use cache_diesel::{Cache, CacheDeps, CacheExt, CachedConnection};
use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};

diesel::table! {
    article (id) {
        id -> BigInt,
        category -> Text,
        title -> Text,
        views -> BigInt,
    }
}

#[derive(Clone, Debug, Queryable, Serialize, Deserialize, CacheDeps)]
#[diesel(table_name = article)]
#[allow(dead_code, reason = "only read as a whole")]
struct Article {
    id: i64,
    #[cache(scope)]
    category: String,
    title: String,
    views: i64,
}

/// How often each call is made in one turn, and how many turns there are.
const CALLS: u32 = 100;
const TURNS: usize = 400;

fn main() {
    let mut bare = set_up(SqliteConnection::establish(":memory:").unwrap());
    let inner = set_up(SqliteConnection::establish(":memory:").unwrap());
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut wrapped = CachedConnection::new(inner, cache).unwrap();

    println!("{:<44} {:>10} {:>10} {:>7} {:>7}", "", "bare", "wrapped", "ratio", "bound");
    compare("a row by key, not cached", 1.5, || read_by_key(&mut bare), || read_by_key(&mut wrapped));
    compare("one more view of a row", 1.5, || count_view(&mut bare), || count_view(&mut wrapped));
    compare("a list of 100, not cached", 1.5, || list(&mut bare), || list(&mut wrapped));
    let hit = time(|| drop(by_category().cached().shared().load::<Article, _>(&mut wrapped).unwrap()));
    println!("{:<44} {:>10} {:>10.2?} {:>7} {:>7}", "a list of 100, hit, shared", "", hit, "", "3us");
    let owned = time(|| drop(by_category().cached().load::<Article, _>(&mut wrapped).unwrap()));
    println!("{:<44} {:>10} {:>10.2?}", "a list of 100, hit, copied", "", owned);
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

fn read_by_key<C: LoadConnection<Backend = Sqlite>>(connection: &mut C) {
    let article: Article = article::table.find(black_box(7)).first(connection).unwrap();
    black_box(article);
}

fn count_view<C: Connection<Backend = Sqlite>>(connection: &mut C) {
    let update = diesel::update(article::table.find(black_box(7))).set(article::views.eq(article::views + 1));
    assert_eq!(update.execute(connection), Ok(1));
}

#[diesel::dsl::auto_type]
fn by_category() -> _ {
    article::table.filter(article::category.eq("c3"))
}

fn list<C: LoadConnection<Backend = Sqlite>>(connection: &mut C) {
    assert_eq!(by_category().load::<Article>(connection).unwrap().len(), 100);
}

/// Times both in turns, so that both meet the machine in the same mood.
fn compare(name: &str, bound: f64, mut bare: impl FnMut(), mut wrapped: impl FnMut()) {
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        times.0.push(turn(&mut bare));
        times.1.push(turn(&mut wrapped));
    }
    let (bare, wrapped) = (median(times.0), median(times.1));
    let ratio = wrapped.as_secs_f64() / bare.as_secs_f64();
    println!("{name:<44} {bare:>10.2?} {wrapped:>10.2?} {ratio:>7.2} {bound:>7.2}");
}

fn time(mut call: impl FnMut()) -> Duration {
    median((0..TURNS).map(|_| turn(&mut call)).collect())
}

/// The time of one call, over those of one turn.
fn turn(call: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    (0..CALLS).for_each(|_| call());
    start.elapsed() / CALLS
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
