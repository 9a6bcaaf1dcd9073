//! Writers on PostgreSQL that are killed around COMMIT.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use cache_seaorm::{Cache, CachedConnection};
use cache_tests::rng::Rng;
use cache_tests::servers::{PostgresServer, RedisServer};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait};

/// What a worker is to connect to: a database and a cache. Set by the test that starts it.
const WORKER: &str = "KILLS_WORKER";

const SCHEMA: &str = "CREATE TABLE article (id int PRIMARY KEY, views bigint NOT NULL);
    INSERT INTO article SELECT id, 0 FROM generate_series(1, 3) AS id";

const READ: &str = "SELECT views FROM article WHERE id = 1";

/// A writer in a process of its own, which says what it is about to do.
struct Worker {
    process: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    fn start(database: &str, cache: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["kills::worker", "--exact", "--nocapture"])
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

/// Not a test: what [`Worker`] runs.
#[tokio::test]
async fn worker() {
    let Ok(setting) = std::env::var(WORKER) else { return };
    let (database, cache) = setting.split_once(' ').unwrap();
    let cache = Cache::from_url(cache).unwrap();
    let db = CachedConnection::new(Database::connect(database).await.unwrap(), cache).await.unwrap();
    loop {
        let transaction = db.begin().await.unwrap();
        transaction.execute_unprepared("UPDATE article SET views = views + 1 WHERE id = 1").await.unwrap();
        println!("committing");
        transaction.commit().await.unwrap();
    }
}

async fn truth(db: &DatabaseConnection) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), READ)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

/// Reads through the cache; tells whether it was a hit.
async fn cached(db: &CachedConnection) -> (i64, bool) {
    let hits = || db.cache().stats().hits + db.cache().stats().store_hits;
    let before = hits();
    let block = db.cached_query("views").run(async |db| {
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), READ)).await?;
        row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))
    });
    (block.await.unwrap(), hits() > before)
}

/// A cached read between two that agree must agree with them. Tells whether it did, if they agree, and was a hit.
async fn compare(db: &CachedConnection, bare: &DatabaseConnection) -> Option<(bool, bool)> {
    let before = truth(bare).await;
    let (got, hit) = cached(db).await;
    (truth(bare).await == before).then_some((got == before, hit))
}

/// `KILLS=100` kills more writers than the few of the short run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_is_killed_around_its_commit_leaves_nothing_stale() {
    let kills: u64 = std::env::var("KILLS").map_or(4, |kills| kills.parse().unwrap());
    let (redis, postgres) = (RedisServer::start(), PostgresServer::shared());
    let database = postgres.create().await.unwrap();
    let bare = postgres.connect(&database, 1).await.unwrap();
    bare.execute_unprepared(SCHEMA).await.unwrap();
    let cache = format!("redis://{}/0?prefix=kills&private", redis.address());
    let inner = postgres.connect(&database, 2).await.unwrap();
    let db = CachedConnection::new(inner, Cache::from_url(&cache).unwrap()).await.unwrap();
    let mut rng = Rng::new(7);
    let (mut compared, mut hits, mut stale, mut longest) = (0, 0, 0, Duration::ZERO);
    for _ in 0..kills {
        let mut worker = Worker::start(&postgres.url(&database), &cache);
        let mut note = async || {
            if let Some((fresh, hit)) = compare(&db, &bare).await {
                compared += 1;
                hits += u64::from(hit);
                stale += u64::from(!fresh);
                return hit;
            }
            false
        };
        for _ in 0..1 + rng.below(3) {
            worker.wait_for_commit();
            note().await;
        }
        // Before COMMIT is sent, while it is under way, or after it.
        let pause = Duration::from_micros(rng.below(2_500) as u64);
        std::thread::sleep(pause);
        worker.kill();
        // However it went, reads are right at once, and are kept again before long.
        let killed = Instant::now();
        while !note().await {
            assert!(killed.elapsed() < Duration::from_secs(20), "nothing is kept any more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        longest = longest.max(killed.elapsed());
    }
    println!(
        "{kills} kills, {compared} reads compared, {hits} hits, {stale} stale; kept again within {longest:?}"
    );
    assert_eq!(stale, 0);
}
