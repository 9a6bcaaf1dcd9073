//! Writers on PostgreSQL that are killed around COMMIT, whatever ORM they write through.
//!
//! A test that uses this is the program that it kills, too: `Worker::start` runs the test of another name, which does
//! nothing unless [`asked`] says what it is to connect to.

use std::future::Future;
use std::io::{BufRead, BufReader, Lines};
use std::ops::Range;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use cache_servers::{PostgresServer, RedisServer};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::rng::Rng;

/// What a worker is to connect to: a database and a cache. Set by the test that starts it.
const WORKER: &str = "KILLS_WORKER";

/// A COMMIT takes until nobody else has the advisory lock.
const SCHEMA: &str = "CREATE TABLE article (id int PRIMARY KEY, views bigint NOT NULL);
    INSERT INTO article SELECT id, 0 FROM generate_series(1, 3) AS id;
    CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER waits AFTER UPDATE ON article DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION waits()";

/// What readers read.
pub const READ: &str = "SELECT views FROM article WHERE id = 1";

/// What a worker writes in each of its transactions, before it says that it is [committing](say_committing).
pub const WRITE: &str = "UPDATE article SET views = views + 1 WHERE id = 1";

const DEADLINE: Duration = Duration::from_secs(20);

/// The database and the cache that a worker is to connect to, if this process is one.
#[must_use]
pub fn asked() -> Option<(String, String)> {
    let setting = std::env::var(WORKER).ok()?;
    let (database, cache) = setting.split_once(' ').expect("two of them");
    Some((database.to_owned(), cache.to_owned()))
}

/// Tells the test that the next step of this worker is COMMIT.
pub fn say_committing() {
    println!("committing");
}

/// Who reads [`READ`] through the cache.
pub trait Reader {
    /// What it reads, and whether it was a hit.
    fn read(&mut self) -> impl Future<Output = (i64, bool)>;
}

/// A writer in a process of its own, which says what it is about to do.
struct Worker {
    process: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    fn start(test: &str, database: &str, cache: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(WORKER, format!("{database} {cache}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, says }
    }

    /// Waits until it says that it is about to commit.
    fn wait_for_commit(&mut self) {
        let said = self.says.by_ref().map_while(Result::ok).find(|line| line.ends_with("committing"));
        assert!(said.is_some(), "the worker ended by itself");
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

async fn truth(db: &DatabaseConnection) -> i64 {
    number(db, READ).await
}

/// When a writer is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// While it announces its COMMIT, or a little later.
    Before,
    /// After the server has got the COMMIT, which takes effect later.
    InFlight,
    /// While it publishes, or a little earlier.
    After,
}

/// What a reader sees, and what the kills have come to.
struct Readers<R> {
    reader: R,
    bare: DatabaseConnection,
    compared: u64,
    hits: u64,
    stale: u64,
}

impl<R: Reader> Readers<R> {
    /// A cached read between two that agree must agree with them. Tells whether it was a hit, if they do.
    async fn read(&mut self) -> bool {
        let before = truth(&self.bare).await;
        let (got, hit) = self.reader.read().await;
        if truth(&self.bare).await != before {
            return false;
        }
        self.compared += 1;
        self.hits += u64::from(hit);
        self.stale += u64::from(got != before);
        hit
    }

    /// Reads until a result is kept again; returns how long that took.
    async fn until_kept(&mut self) -> Duration {
        let since = Instant::now();
        while !self.read().await {
            assert!(since.elapsed() < DEADLINE, "nothing is kept any more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        since.elapsed()
    }

    /// Has the server take its time for the COMMIT of a writer that is killed meanwhile. Nothing is kept until it has
    /// taken effect, however long that takes.
    async fn kill_in_flight(&mut self, worker: Worker, takes: Duration) {
        assert_eq!(
            number(&self.bare, "SELECT 1::bigint FROM (SELECT pg_advisory_lock(77)) AS held").await,
            1
        );
        let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
            WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted";
        let since = Instant::now();
        while number(&self.bare, waiting).await == 0 {
            assert!(since.elapsed() < DEADLINE, "the writer does not commit");
        }
        let before = truth(&self.bare).await;
        // Whose COMMIT it is may still be on its way to the log.
        tokio::time::sleep(Duration::from_millis(20)).await;
        worker.kill();
        let killed = Instant::now();
        while killed.elapsed() < takes {
            assert!(!self.read().await, "a result is kept that the COMMIT will change");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(
            number(&self.bare, "SELECT 1::bigint FROM (SELECT pg_advisory_unlock(77)) AS free").await,
            1
        );
        while truth(&self.bare).await == before {
            assert!(killed.elapsed() < takes + DEADLINE, "the COMMIT has been lost");
            self.read().await;
        }
    }
}

/// Kills workers, which the test of this name is, before COMMIT, during and after it. `KILLS=100` kills more of them in
/// each phase than the few of the short run.
///
/// # Panics
/// If a reader sees what is stale, if a result is kept that a COMMIT under way will change, or if none is kept any more.
pub async fn run<R: Reader>(worker: &str, reader: impl AsyncFnOnce(&str, &str) -> R) {
    let kills: u64 = std::env::var("KILLS").map_or(2, |kills| kills.parse().unwrap());
    let (redis, postgres) = (RedisServer::start(), PostgresServer::shared());
    let database = postgres.create().await.unwrap();
    let bare = postgres.connect(&database, 1).await.unwrap();
    bare.execute_unprepared(SCHEMA).await.unwrap();
    let (database, cache) =
        (postgres.url(&database), format!("redis://{}/0?prefix=kills&private", redis.address()));
    let reader = reader(&database, &cache).await;
    let mut readers = Readers { reader, bare, compared: 0, hits: 0, stale: 0 };
    let mut rng = Rng::new(7);
    // A new log keeps nothing for as long as a fence may be up that nobody has seen.
    readers.until_kept().await;
    for phase in [Phase::Before, Phase::InFlight, Phase::After] {
        let mut kept = Vec::new();
        for kill in 0..kills {
            let mut worker = Worker::start(worker, &database, &cache);
            for _ in 0..1 + rng.below(3) {
                worker.wait_for_commit();
                readers.read().await;
            }
            let mut micros = |range: Range<usize>| range.start + rng.below(range.len());
            match phase {
                Phase::Before => std::thread::sleep(Duration::from_micros(micros(0..400) as u64)),
                Phase::After => std::thread::sleep(Duration::from_micros(micros(400..2_500) as u64)),
                Phase::InFlight => {
                    // Once for longer than a fence is up whose writer nobody can be asked about.
                    let takes = if kill == 0 { 2_500 } else { rng.below(200) };
                    readers.kill_in_flight(worker, Duration::from_millis(takes as u64)).await;
                    kept.push(readers.until_kept().await);
                    continue;
                }
            }
            worker.kill();
            kept.push(readers.until_kept().await);
        }
        kept.sort_unstable();
        let (median, longest) = (kept[kept.len() / 2], kept[kept.len() - 1]);
        println!(
            "{phase:?}: {kills} kills, results are kept again after {median:.1?}, at most {longest:.1?}"
        );
    }
    let Readers { compared, hits, stale, .. } = readers;
    println!("{compared} reads compared, {hits} hits, {stale} stale");
    assert_eq!(stale, 0);
}
