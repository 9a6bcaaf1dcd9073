//! Writers and readers through either ORM at once, on PostgreSQL over one Redis: every read is judged, and nothing is
//! stale once all is quiet.
//!
//! `ORACLE_SEEDS=<count or a..b>` runs more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cache_diesel::{Cache, CacheExt as _, CachedConnection as DieselConnection, Declaration};
use cache_seaorm::CachedConnection as SeaConnection;
use cache_tests::burst::act::Act;
use cache_tests::burst::counter::{Counter, Span};
use cache_tests::burst::run::Outcome;
use cache_tests::burst::tally::{MOVING, Model, PAIRED, PARTIES, partner, setup};
use cache_tests::burst::verdict::{Answer, Query, judge};
use cache_tests::oracle::Settings;
use cache_tests::rng::Rng;
use cache_tests::servers::{PostgresServer, RedisServer};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::BigInt;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::task::{JoinSet, spawn_blocking};

diesel::table! {
    tally (id) {
        id -> BigInt,
        party -> BigInt,
        version -> BigInt,
    }
}

/// Of each there are as many through SeaORM as through Diesel.
const WRITERS: usize = 2;
const READERS: usize = 2;
const BURSTS: usize = 3;

/// How long a write that nobody waited for may take.
const PATIENCE: Duration = Duration::from_secs(5);

type Conn = DieselConnection<PgConnection>;

/// One database and one cache server.
struct Site {
    url: String,
    bare: DatabaseConnection,
    sea: SeaConnection,
    /// That of all connections of Diesel.
    cache: Cache,
    scope: &'static str,
    counters: Vec<Counter>,
    calm: AtomicBool,
    /// Scopes that are declared by hand are known as long as there is a connection.
    _diesel: Mutex<Conn>,
    _server: RedisServer,
}

impl Site {
    /// SeaORM's process lists rows by their party, and Diesel's by this.
    async fn open(scope: &'static str) -> Arc<Self> {
        let (postgres, redis) = (PostgresServer::shared(), RedisServer::start());
        let name = postgres.create().await.unwrap();
        let bare = postgres.connect(&name, 1).await.unwrap();
        for statement in setup() {
            bare.execute_unprepared(&statement).await.unwrap();
        }
        let url = format!("redis://{}/0?prefix=tally&private&timeout=20s", redis.address());
        let cache = || Cache::from_url(&url).unwrap();
        let pool = postgres.connect(&name, (WRITERS + READERS) as u32 + 1).await.unwrap();
        let sea = SeaConnection::new(pool, cache()).await.unwrap();
        sea.declare([Declaration::new("tally").scope(["party"])]).await.unwrap();
        let (url, cache) = (postgres.url(&name), cache());
        Arc::new(Self {
            _diesel: Mutex::new(connect(&url, &cache, scope)),
            url,
            bare,
            sea,
            cache,
            scope,
            counters: (MOVING.start..PAIRED.end).map(|_| Counter::default()).collect(),
            calm: AtomicBool::new(true),
            _server: redis,
        })
    }

    fn diesel(&self) -> Conn {
        connect(&self.url, &self.cache, self.scope)
    }

    fn counter(&self, id: i64) -> &Counter {
        &self.counters[usize::try_from(id).unwrap()]
    }

    async fn burst(self: &Arc<Self>, acts: usize, rng: &mut Rng, outcome: &mut Outcome) {
        self.calm.store(false, Ordering::SeqCst);
        let before = self.hits();
        let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
        for _ in 0..WRITERS {
            let (site, mut forked) = (Arc::clone(self), rng.fork());
            writers.spawn(async move {
                let mut refused = 0;
                for _ in 0..acts {
                    let act = waited_for(&mut forked);
                    refused += u64::from(act.run(&site.sea, &site.counters).await.is_err());
                    tokio::time::sleep(pause(&mut forked)).await;
                }
                refused
            });
            let (site, mut forked) = (Arc::clone(self), rng.fork());
            writers.spawn(async move {
                let write = move || {
                    let mut conn = site.diesel();
                    let mut refused = 0;
                    for _ in 0..acts {
                        refused += u64::from(site.act(&mut conn, &mut forked).is_err());
                        std::thread::sleep(pause(&mut forked));
                    }
                    refused
                };
                spawn_blocking(write).await.unwrap()
            });
        }
        for _ in 0..READERS {
            let (site, mut forked) = (Arc::clone(self), rng.fork());
            readers.spawn(async move {
                let mut read = Judged::default();
                while !site.calm.load(Ordering::SeqCst) {
                    let query = Query::random(&mut forked);
                    let least = site.least();
                    let answer = query.cached(&site.sea).await.map_err(|error| error.to_string());
                    read.judge("SeaORM", query, answer, &site.spans(least));
                }
                read
            });
            let (site, mut forked) = (Arc::clone(self), rng.fork());
            readers.spawn(async move {
                let run = move || {
                    let (mut conn, mut read) = (site.diesel(), Judged::default());
                    while !site.calm.load(Ordering::SeqCst) {
                        let query = Query::random(&mut forked);
                        let least = site.least();
                        let answer = ask(&mut conn, query).map_err(|error| error.to_string());
                        read.judge("Diesel", query, answer, &site.spans(least));
                    }
                    read
                };
                spawn_blocking(run).await.unwrap()
            });
        }
        while let Some(refused) = writers.join_next().await {
            outcome.refused += refused.unwrap();
            outcome.acts += acts as u64;
        }
        self.calm.store(true, Ordering::SeqCst);
        while let Some(read) = readers.join_next().await {
            let Judged { judged, violations } = read.unwrap();
            outcome.judged += judged;
            outcome.violations.extend(violations);
        }
        outcome.hits += self.hits() - before;
    }

    /// What a writer of Diesel's does.
    fn act(&self, conn: &mut Conn, rng: &mut Rng) -> QueryResult<()> {
        if rng.chance(60) {
            let id = rng.within(MOVING);
            self.counter(id).begin();
            let moved = if rng.chance(50) { move_typed(conn, id) } else { move_by_text(conn, id) };
            match moved {
                Ok(_) => self.counter(id).end(),
                Err(_) => self.counter(id).refuse(),
            }
            return moved.map(drop);
        }
        let id = rng.within(PAIRED);
        // The lower one first, or two writers would wait for each other.
        let pair = [id.min(partner(id)), id.max(partner(id))];
        let commits = rng.chance(80);
        let run = conn.transaction(|conn| {
            for id in pair {
                let nested = |conn: &mut Conn| {
                    diesel::update(tally::table.find(id))
                        .set(tally::version.eq(tally::version + 1))
                        .execute(conn)
                };
                if rng.chance(30) {
                    conn.transaction(nested)?
                } else {
                    nested(conn)?
                };
            }
            if !commits {
                return Err(DieselError::RollbackTransaction);
            }
            pair.iter().for_each(|id| self.counter(*id).begin());
            Ok(())
        });
        if run.is_ok() {
            pair.iter().for_each(|id| self.counter(*id).end());
        }
        run.or_else(|error| if error == DieselError::RollbackTransaction { Ok(()) } else { Err(error) })
    }

    fn least(&self) -> Vec<i64> {
        self.counters.iter().map(Counter::least).collect()
    }

    fn spans(&self, least: Vec<i64>) -> Vec<Span> {
        let spans = self.counters.iter().zip(least);
        spans.map(|(counter, least)| Span { least, most: counter.most() }).collect()
    }

    /// A difference that lasts is stale; one that goes was a write on its way that nobody waited for.
    async fn compare(&self, outcome: &mut Outcome) {
        let mut conn = self.diesel();
        for query in Query::all() {
            let deadline = Instant::now() + PATIENCE;
            loop {
                let database = query.on(&self.bare).await.unwrap();
                let cached = [query.cached(&self.sea).await.unwrap(), ask(&mut conn, query).unwrap()];
                if cached.iter().all(|cached| *cached == database) {
                    break;
                }
                if Instant::now() > deadline {
                    outcome.violations.push(format!("STALE {query:?}: {cached:?}, database {database:?}"));
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            outcome.compared += 2;
        }
    }

    /// Waits until results are kept: at first it is not certain that no fence is hidden.
    async fn warm(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut conn = self.diesel();
        let mut is_hit = async || {
            let before = self.hits();
            Query::All.cached(&self.sea).await.unwrap();
            ask(&mut conn, Query::All).unwrap();
            self.hits() == before + 2
        };
        while !is_hit().await {
            assert!(Instant::now() < deadline, "nothing is ever kept");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn hits(&self) -> u64 {
        let stats = [self.sea.cache().stats(), self.cache.stats()];
        stats.iter().map(|stats| stats.hits + stats.store_hits).sum()
    }
}

fn connect(url: &str, cache: &Cache, scope: &'static str) -> Conn {
    let mut conn = Conn::new(PgConnection::establish(url).unwrap(), cache.clone()).unwrap();
    conn.declare([Declaration::new("tally").scope([scope])]).unwrap();
    conn
}

#[derive(Default)]
struct Judged {
    judged: u64,
    violations: Vec<String>,
}

impl Judged {
    fn judge(&mut self, reader: &str, query: Query, answer: Result<Answer, String>, spans: &[Span]) {
        self.judged += 1;
        let verdict = answer.and_then(|answer| judge(query, &answer, spans));
        self.violations.extend(verdict.err().map(|story| format!("{reader}, {query:?}: {story}")));
    }
}

/// What SeaORM's writers do. What nobody waits for keeps a fence up, under which nothing is kept.
fn waited_for(rng: &mut Rng) -> Act {
    loop {
        match Act::random(rng) {
            Act::Abandon(..) | Act::AbandonCommit(..) => {}
            act => return act,
        }
    }
}

/// Long enough for readers to hit what is kept.
fn pause(rng: &mut Rng) -> Duration {
    Duration::from_micros(rng.below(20_000) as u64)
}

fn move_typed(conn: &mut Conn, id: i64) -> QueryResult<usize> {
    let next = sql::<BigInt>(&format!("(version + 1) % {PARTIES}"));
    let set = (tally::party.eq(next), tally::version.eq(tally::version + 1));
    diesel::update(tally::table.find(id)).set(set).execute(conn)
}

fn move_by_text(conn: &mut Conn, id: i64) -> QueryResult<usize> {
    let update = "UPDATE tally SET party = (version + 1) % $1, version = version + 1 WHERE id = $2";
    diesel::sql_query(update).bind::<BigInt, _>(PARTIES).bind::<BigInt, _>(id).execute(conn)
}

/// Reads through Diesel.
fn ask(conn: &mut Conn, query: Query) -> QueryResult<Answer> {
    let all = tally::table.order(tally::id);
    let rows = match query {
        Query::One(id) => tally::table.filter(tally::id.eq(id)).cached().load::<(i64, i64, i64), _>(conn)?,
        Query::Party(party) => all.filter(tally::party.eq(party)).cached().load(conn)?,
        Query::All => all.cached().load(conn)?,
        Query::Count(party) => {
            let count = tally::table.filter(tally::party.eq(party)).cached().count(conn)?;
            return Ok(Answer::Count(count.try_into().unwrap()));
        }
    };
    Ok(Answer::Rows(rows.into_iter().map(|(id, party, version)| Model { id, party, version }).collect()))
}

fn reads_show_a_moment(scope: &'static str) {
    let Settings { seeds, steps } = Settings::from_environment(1, 40);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap();
    let mut outcome = Outcome::default();
    for seed in seeds {
        let mut rng = Rng::new(seed);
        outcome.merge(runtime.block_on(async {
            let (site, mut outcome) = (Site::open(scope).await, Outcome::default());
            site.warm().await;
            for _ in 0..BURSTS {
                site.burst(steps, &mut rng, &mut outcome).await;
                site.compare(&mut outcome).await;
            }
            outcome
        }));
    }
    println!("SeaORM lists by party, Diesel by {scope}: {outcome}");
    outcome.assert_true();
    assert!(outcome.hits > 0, "no read was a hit while others wrote");
}

#[test]
fn with_equal_scopes_reads_through_either_show_a_moment_between_their_start_and_their_end() {
    reads_show_a_moment("party");
}

#[test]
fn with_other_scopes_reads_through_either_show_a_moment_between_their_start_and_their_end() {
    reads_show_a_moment("version");
}
