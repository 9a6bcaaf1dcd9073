//! On a file of SQLite: transactions, other scopes, and callers who block.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use cache_diesel::{Cache, CachedConnection as DieselConnection, Declaration};
use cache_seaorm::CachedConnection as SeaConnection;
use cache_tests::servers::RedisServer;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use tempfile::TempDir;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT NOT NULL, author INTEGER NOT NULL, title TEXT);
    CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT);
    INSERT INTO article VALUES (1, 'rust', 1, 'a'), (2, 'sql', 1, 'b');
    INSERT INTO note VALUES (1, 'x')";

const RUST: &str = "SELECT count(*) AS count FROM article WHERE category = 'rust'";
const SQL: &str = "SELECT count(*) AS count FROM article WHERE category = 'sql'";
const BY_AUTHOR: &str = "SELECT count(*) AS count FROM article WHERE author = 1";
const NOTES: &str = "SELECT count(*) AS count FROM note WHERE text = 'x'";

type Sqlite = DieselConnection<SqliteConnection>;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// One database and one cache server.
struct Site {
    server: RedisServer,
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self { server: RedisServer::start(), folder: tempfile::tempdir().unwrap() };
        SqliteConnection::establish(&site.file()).unwrap().batch_execute(SCHEMA).unwrap();
        site
    }

    fn file(&self) -> String {
        self.folder.path().join("site.db").display().to_string()
    }

    fn cache(&self, options: &str) -> Cache {
        let url = format!("redis://{}/0?prefix=site&private&fence=off&{options}", self.server.address());
        Cache::from_url(&url).unwrap()
    }

    async fn sea_orm(&self, scope: &str) -> SeaConnection {
        let connection = Database::connect(format!("sqlite:{}", self.file())).await.unwrap();
        let db = SeaConnection::new(connection, self.cache("")).await.unwrap();
        db.declare([Declaration::new("article").scope([scope])]).await.unwrap();
        db
    }

    fn diesel(&self, scope: &str) -> Sqlite {
        self.diesel_with(scope, "")
    }

    fn diesel_with(&self, scope: &str, options: &str) -> Sqlite {
        let mut bare = SqliteConnection::establish(&self.file()).unwrap();
        bare.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON").unwrap();
        let mut conn = DieselConnection::new(bare, self.cache(options)).unwrap();
        conn.declare([Declaration::new("article").scope([scope])]).unwrap();
        conn
    }
}

fn hits(cache: &Cache) -> u64 {
    cache.stats().hits + cache.stats().store_hits
}

/// How many transactions Diesel believes to be open.
fn depth(conn: &mut Sqlite) -> Option<NonZeroU32> {
    AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth().unwrap()
}

/// Counts through the cache; tells whether it was a hit.
async fn sea_count(db: &SeaConnection, sql: &str) -> (i64, bool) {
    let before = hits(db.cache());
    let count = db.cached_query(sql).run(async |db| {
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
        db.query_one_raw(statement).await?.map_or(Ok(0), |row| row.try_get_by_index(0))
    });
    (count.await.unwrap(), hits(db.cache()) > before)
}

fn diesel_count(conn: &mut Sqlite, sql: &str) -> (i64, bool) {
    let before = hits(conn.cache().unwrap());
    let count = conn.cached_query(sql).run(|conn| {
        let count: Count = diesel::sql_query(sql).get_result(conn)?;
        Ok::<_, DieselError>(count.count)
    });
    (count.unwrap(), hits(conn.cache().unwrap()) > before)
}

/// Waits until all of these counts are hits through both.
async fn warm(db: &SeaConnection, conn: &mut Sqlite, counts: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(30);
    for sql in counts {
        while !(sea_count(db, sql).await.1 && diesel_count(conn, sql).1) {
            assert!(Instant::now() < deadline, "{sql} is never kept");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_through_one_is_as_narrow_in_the_other() {
    let site = Site::new();
    let (db, mut conn) = (site.sea_orm("category").await, site.diesel("category"));
    warm(&db, &mut conn, &[RUST, SQL]).await;
    db.execute_unprepared("INSERT INTO article VALUES (3, 'rust', 2, 'c')").await.unwrap();
    assert_eq!((diesel_count(&mut conn, SQL), diesel_count(&mut conn, RUST)), ((1, true), (2, false)));
    warm(&db, &mut conn, &[RUST, SQL]).await;
    diesel::sql_query("INSERT INTO article VALUES (4, 'sql', 2, 'd')").execute(&mut conn).unwrap();
    assert_eq!((sea_count(&db, RUST).await, sea_count(&db, SQL).await), ((2, true), (2, false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_through_one_is_seen_by_the_other_when_it_commits() {
    let site = Site::new();
    let (db, mut conn) = (site.sea_orm("category").await, site.diesel("category"));
    warm(&db, &mut conn, &[RUST]).await;
    let transaction = db.begin().await.unwrap();
    transaction.execute_unprepared("DELETE FROM article WHERE id = 1").await.unwrap();
    assert_eq!(diesel_count(&mut conn, RUST), (1, true));
    transaction.commit().await.unwrap();
    assert_eq!(diesel_count(&mut conn, RUST), (0, false));
    warm(&db, &mut conn, &[RUST, SQL]).await;
    conn.batch_execute("BEGIN; SAVEPOINT a").unwrap();
    conn.batch_execute("UPDATE article SET category = 'rust' WHERE id = 2").unwrap();
    assert_eq!(sea_count(&db, SQL).await.0, 1);
    conn.batch_execute("RELEASE a").unwrap();
    conn.batch_execute("COMMIT").unwrap();
    assert_eq!((sea_count(&db, SQL).await.0, sea_count(&db, RUST).await.0), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_other_scopes_nothing_is_stale_and_other_tables_stay() {
    let site = Site::new();
    let (db, mut conn) = (site.sea_orm("category").await, site.diesel("author"));
    let swap = "UPDATE article SET category = CASE category WHEN 'rust' THEN 'sql' ELSE 'rust' END, \
                author = author + 1 WHERE id = 1";
    for round in 0..6 {
        warm(&db, &mut conn, &[RUST, SQL, BY_AUTHOR, NOTES]).await;
        let is_sea_orm = round % 2 == 0;
        if is_sea_orm {
            db.execute_unprepared(swap).await.unwrap();
        } else {
            diesel::sql_query(swap).execute(&mut conn).unwrap();
        }
        let truth = if is_sea_orm { (0, 2) } else { (1, 1) };
        assert_eq!((sea_count(&db, RUST).await.0, sea_count(&db, SQL).await.0), truth, "round {round}");
        assert_eq!((diesel_count(&mut conn, RUST).0, diesel_count(&mut conn, SQL).0), truth, "round {round}");
        assert_eq!((sea_count(&db, BY_AUTHOR).await.0, diesel_count(&mut conn, BY_AUTHOR).0), (1, 1));
        assert_eq!((sea_count(&db, NOTES).await, diesel_count(&mut conn, NOTES)), ((1, true), (1, true)));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_caller_who_blocks_the_only_thread_of_a_runtime_is_served() {
    let site = Site::new();
    // Its connection to the cache server is driven by this thread.
    let db = site.sea_orm("category").await;
    sea_count(&db, RUST).await;
    let mut conn = site.diesel("category");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !diesel_count(&mut conn, RUST).1 {
        assert!(Instant::now() < deadline, "it is never kept");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // On one cache with SeaORM, whose connection is now another's to drive.
    let mut beside =
        DieselConnection::new(SqliteConnection::establish(&site.file()).unwrap(), db.cache().clone())
            .unwrap();
    for id in 10..20 {
        let insert = format!("INSERT INTO article VALUES ({id}, 'rust', 1, 'x')");
        diesel::sql_query(insert).execute(&mut beside).unwrap();
        let truth = id - 8;
        assert_eq!(diesel_count(&mut beside, RUST).0, truth);
        assert_eq!(diesel_count(&mut conn, RUST).0, truth);
        assert_eq!(sea_count(&db, RUST).await.0, truth);
    }
    assert_eq!(conn.cache().unwrap().stats().bypasses, 0);
    assert_eq!(db.cache().stats().bypasses, 0);
}

#[test]
fn no_runtime_is_needed_and_what_one_process_loaded_serves_the_other() {
    let site = Site::new();
    let (mut one, mut two) = (site.diesel("category"), site.diesel("category"));
    let deadline = Instant::now() + Duration::from_secs(30);
    while !(diesel_count(&mut one, RUST).1 && diesel_count(&mut two, RUST).1) {
        assert!(Instant::now() < deadline, "it is never kept");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(one.cache().unwrap().stats().store_hits + two.cache().unwrap().stats().store_hits > 0);
    diesel::sql_query("DELETE FROM article WHERE id = 1").execute(&mut one).unwrap();
    assert_eq!((diesel_count(&mut two, RUST).0, diesel_count(&mut one, RUST).0), (0, 0));
}

#[test]
fn a_server_that_hangs_delays_a_caller_who_blocks_and_no_more() {
    let site = Site::new();
    let mut conn = site.diesel_with("category", "timeout=50ms");
    diesel_count(&mut conn, RUST);
    site.server.pause();
    diesel::sql_query("DELETE FROM article WHERE id = 1").execute(&mut conn).unwrap();
    assert_eq!(diesel_count(&mut conn, RUST), (0, false));
    site.server.resume();
    let deadline = Instant::now() + Duration::from_secs(30);
    while diesel_count(&mut conn, RUST) != (0, true) {
        assert!(Instant::now() < deadline, "it is never kept again");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_commit_that_cannot_be_announced_is_not_made_if_the_user_says_so() {
    let site = Site::new();
    let mut conn = site.diesel_with("category", "timeout=50ms&strict_writes");
    diesel_count(&mut conn, RUST);
    site.server.pause();
    let refused = conn.transaction::<_, DieselError, _>(|conn| {
        diesel::sql_query("DELETE FROM article WHERE id = 1").execute(conn)
    });
    assert!(refused.unwrap_err().to_string().contains("strict_writes"));
    assert_eq!(depth(&mut conn), None, "it is rolled back, and Diesel knows");
    let refused = conn.transaction::<_, DieselError, _>(|conn| {
        conn.transaction::<_, DieselError, _>(|conn| {
            diesel::sql_query("DELETE FROM article WHERE id = 1").execute(conn)
        })
    });
    assert!(refused.unwrap_err().to_string().contains("strict_writes"));
    assert_eq!(depth(&mut conn), None);
    let refused = diesel::sql_query("DELETE FROM article WHERE id = 1").execute(&mut conn);
    assert!(refused.unwrap_err().to_string().contains("strict_writes"));
    site.server.resume();
    assert_eq!(diesel_count(&mut conn, RUST).0, 1);
    let deadline = Instant::now() + Duration::from_secs(30);
    let delete = |conn: &mut Sqlite| {
        conn.transaction::<_, DieselError, _>(|conn| {
            diesel::sql_query("DELETE FROM article WHERE id = 1").execute(conn)
        })
    };
    while delete(&mut conn).is_err() {
        assert!(Instant::now() < deadline, "it is never made");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(diesel_count(&mut conn, RUST).0, 0);
}
