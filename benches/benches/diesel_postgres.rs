//! What the wrapper adds to Diesel on PostgreSQL over loopback, by libpq:
//! `cargo bench -p cache-benches --bench diesel_postgres`.
//!
//! Bare and wrapped call in turn, each on a connection of its own, and so with a server process of its own. On few cores
//! it decides a ratio which of the two shares a core with this program: run it several times, and believe what stays.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]
#![allow(missing_docs, reason = "nobody calls a benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use cache_diesel::{Cache, CacheDeps, CacheExt, CachedConnection};
use cache_servers::PostgresServer;
use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::pg::Pg;
use diesel::prelude::*;
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

const SCHEMA: &str = "CREATE TABLE article (id bigint PRIMARY KEY, category text NOT NULL, title text NOT NULL, \
    views bigint NOT NULL); CREATE INDEX ON article (category); \
    INSERT INTO article SELECT n, 'c' || n % 10, 'The title of article ' || n, 0 FROM generate_series(1, 1000) AS n";

/// How often each call is made in one turn, and how many turns there are.
const CALLS: u32 = 20;
const TURNS: usize = 300;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = PostgresServer::shared();
    let url = server.url(&runtime.block_on(server.create()).unwrap());
    let mut bare = PgConnection::establish(&url).unwrap();
    // To wait for the disk would hide what the wrapper costs.
    let settings = "SET synchronous_commit = off";
    bare.batch_execute(SCHEMA).unwrap();
    bare.batch_execute(settings).unwrap();
    let mut inner = PgConnection::establish(&url).unwrap();
    inner.batch_execute(settings).unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut wrapped = CachedConnection::new(inner, cache).unwrap();

    println!("{:<44} {:>10} {:>10} {:>7} {:>7}", "", "bare", "wrapped", "ratio", "bound");
    compare("a row by key, not cached", 1.05, || read_by_key(&mut bare), || read_by_key(&mut wrapped));
    compare("one more view of a row", 1.1, || count_view(&mut bare, 7), || count_view(&mut wrapped, 8));
    compare("a list of 100, not cached", 1.05, || list(&mut bare), || list(&mut wrapped));
    let hit = time(|| drop(by_category().cached().shared().load::<Article, _>(&mut wrapped).unwrap()));
    println!("{:<44} {:>10} {:>10.2?} {:>7} {:>7}", "a list of 100, hit, shared", "", hit, "", "3us");
    let sent = time(|| list(&mut wrapped.cached()));
    println!("{:<44} {:>10} {:>10.2?}", "a list of 100, hit, as it was sent", "", sent);
}

fn read_by_key<C: LoadConnection<Backend = Pg>>(connection: &mut C) {
    let article: Article = article::table.find(black_box(7)).first(connection).unwrap();
    black_box(article);
}

fn count_view<C: Connection<Backend = Pg>>(connection: &mut C, id: i64) {
    let update = diesel::update(article::table.find(id)).set(article::views.eq(article::views + 1));
    assert_eq!(update.execute(connection), Ok(1));
}

#[diesel::dsl::auto_type]
fn by_category() -> _ {
    article::table.filter(article::category.eq("c3"))
}

fn list<C: LoadConnection<Backend = Pg>>(connection: &mut C) {
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
