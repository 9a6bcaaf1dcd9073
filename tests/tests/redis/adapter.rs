//! SeaORM in several processes, each with a cache of its own, on one database and one server.

use std::time::{Duration, Instant};

use cache_seaorm::{Cache, CachedConnection, Declaration};
use cache_tests::backend::{Backend, Home, Pool};
use cache_tests::servers::{RedisServer, wait};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};

const SCHEMA: &str = "
    CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT NOT NULL, author INTEGER NOT NULL, title TEXT);
    CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT);
    INSERT INTO article VALUES (1, 'rust', 1, 'a'), (2, 'sql', 1, 'b');
    INSERT INTO note VALUES (1, 'x')";

/// One database.
struct Site {
    connection: DatabaseConnection,
    _home: Home,
}

impl Site {
    async fn new() -> Self {
        let (home, connection) = Backend::Sqlite.open(Pool::Several(4)).await.unwrap();
        connection.execute_unprepared(SCHEMA).await.unwrap();
        Self { connection, _home: home }
    }

    /// A process that works on it.
    async fn process(&self, server: &RedisServer, options: &str, scopes: &[&[&str]]) -> CachedConnection {
        let url = format!("redis://{}/0?prefix=site&private&{options}", server.address());
        let db =
            CachedConnection::new(self.connection.clone(), Cache::from_url(&url).unwrap()).await.unwrap();
        let declare = |declaration: Declaration, scope: &&[&str]| declaration.scope(scope.iter().copied());
        db.declare([scopes.iter().fold(Declaration::new("article"), declare)]).await.unwrap();
        db
    }
}

/// Counts through the cache; tells whether it was a hit.
async fn count(db: &CachedConnection, sql: &str) -> (i64, bool) {
    let hits = || db.cache().stats().hits + db.cache().stats().store_hits;
    let before = hits();
    let count = db.cached_query(sql).run(async |db| {
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
        db.query_one_raw(statement).await?.map_or(Ok(0), |row| row.try_get_by_index(0))
    });
    (count.await.unwrap(), hits() > before)
}

/// Waits until the count is a hit.
async fn warm(db: &CachedConnection, sql: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !count(db, sql).await.1 {
        assert!(Instant::now() < deadline, "{sql} is never kept");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const RUST: &str = "SELECT count(*) FROM article WHERE category = 'rust'";
const SQL: &str = "SELECT count(*) FROM article WHERE category = 'sql'";
const NOTES: &str = "SELECT count(*) FROM note WHERE text = 'x'";

async fn execute(db: &CachedConnection, sql: &str) {
    db.execute_unprepared(sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_through_one_process_is_as_narrow_in_the_others() {
    let (server, site) = (RedisServer::start(), Site::new().await);
    let scopes: &[&[&str]] = &[&["category"]];
    let one = site.process(&server, "fence=nobody", scopes).await;
    let two = site.process(&server, "fence=nobody", scopes).await;
    for db in [&one, &two] {
        warm(db, RUST).await;
        warm(db, SQL).await;
    }
    execute(&one, "INSERT INTO article VALUES (3, 'rust', 2, 'c')").await;
    assert_eq!((count(&two, SQL).await, count(&two, RUST).await), ((1, true), (2, false)));
    let transaction = two.begin().await.unwrap();
    transaction.execute_unprepared("INSERT INTO article VALUES (4, 'rust', 2, 'd')").await.unwrap();
    assert_eq!(count(&one, RUST).await, (2, true), "nothing has been committed");
    transaction.commit().await.unwrap();
    assert_eq!((count(&one, SQL).await, count(&one, RUST).await), ((1, true), (3, false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_with_other_scopes_share_a_server_and_nothing_stale() {
    let (server, site) = (RedisServer::start(), Site::new().await);
    let one = site.process(&server, "fence=nobody", &[&["category"]]).await;
    let two = site.process(&server, "fence=nobody", &[&["author"], &["title"]]).await;
    let by_author = "SELECT count(*) FROM article WHERE author = 1";
    for round in 0..6 {
        let (writer, reader) = if round % 2 == 0 { (&one, &two) } else { (&two, &one) };
        for sql in [RUST, SQL, by_author] {
            warm(reader, sql).await;
            warm(writer, sql).await;
        }
        execute(writer, "UPDATE article SET category = CASE category WHEN 'rust' THEN 'sql' ELSE 'rust' END, author = author + 1 WHERE id = 1").await;
        let truth = if round % 2 == 0 { (0, 2) } else { (1, 1) };
        for db in [reader, writer] {
            assert_eq!((count(db, RUST).await.0, count(db, SQL).await.0), truth, "round {round}");
            assert_eq!(count(db, by_author).await.0, 1, "round {round}");
        }
    }
    warm(&one, NOTES).await;
    execute(&two, "UPDATE article SET title = 'z' WHERE id = 2").await;
    assert!(count(&one, NOTES).await.1, "another table");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_that_one_process_makes_is_heeded_by_all() {
    let (server, site) = (RedisServer::start(), Site::new().await);
    let (one, two) =
        (site.process(&server, "fence=nobody", &[]).await, site.process(&server, "fence=nobody", &[]).await);
    for round in 0..5 {
        for db in [&one, &two] {
            warm(db, NOTES).await;
        }
        let trigger = format!(
            "CREATE TRIGGER t{round} AFTER UPDATE OF title ON article BEGIN INSERT INTO note (text) VALUES ('x'); END"
        );
        execute(&one, &trigger).await;
        // The other process writes before it has had any reason to look at the schema.
        let truth = count(&one, NOTES).await.0 + round + 1;
        execute(&two, "UPDATE article SET title = title || 'y' WHERE id = 2").await;
        assert_eq!((count(&one, NOTES).await.0, count(&two, NOTES).await.0), (truth, truth), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_fenced_is_served_again_when_the_publication_has_followed_its_write() {
    let (server, site) = (RedisServer::start(), Site::new().await);
    let scopes: &[&[&str]] = &[&["category"]];
    let (one, two) = (site.process(&server, "", scopes).await, site.process(&server, "", scopes).await);
    warm(&two, SQL).await;
    warm(&two, RUST).await;
    execute(&one, "UPDATE article SET title = 'new' WHERE category = 'rust'").await;
    assert!(count(&two, SQL).await.1 && count(&two, RUST).await.1, "neither counts titles");
    execute(&one, "UPDATE article SET title = 'none' WHERE category = 'java'").await;
    execute(&one, "DELETE FROM article WHERE category = 'rust'").await;
    assert_eq!(count(&two, RUST).await, (0, false));
    warm(&two, RUST).await;
    warm(&two, SQL).await;
    let transaction = one.begin().await.unwrap();
    transaction.execute_unprepared("INSERT INTO article VALUES (7, 'rust', 2, 'c')").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(count(&two, RUST).await, (1, false));
    warm(&two, RUST).await;
    for id in 8..28 {
        execute(&one, &format!("INSERT INTO article VALUES ({id}, 'rust', 2, 'c')")).await;
    }
    assert_eq!(count(&two, RUST).await, (21, false));
    warm(&two, RUST).await;
    assert_eq!(count(&two, RUST).await, (21, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strict_writes_are_not_made_while_nobody_can_be_told() {
    let (mut server, site) = (RedisServer::start(), Site::new().await);
    for fence in ["", "&fence=nobody"] {
        let db = site.process(&server, &format!("strict_writes&timeout=300ms{fence}"), &[]).await;
        let transaction = db.begin().await.unwrap();
        transaction.execute_unprepared("DELETE FROM article").await.unwrap();
        server.kill();
        let refused = transaction.commit().await.unwrap_err();
        assert!(refused.to_string().contains("nothing was written"), "{refused}");
        let refused: DbErr = db.execute_unprepared("DELETE FROM article").await.unwrap_err();
        assert!(refused.to_string().contains("strict_writes"), "{refused}");
        assert_eq!(count(&db, RUST).await.0, 1);
        server.restart(cache_tests::servers::Restart::Empty);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_go_on_while_the_server_is_away() {
    let (mut server, site) = (RedisServer::start(), Site::new().await);
    let db = site.process(&server, "timeout=300ms", &[]).await;
    let other = site.process(&server, "timeout=300ms", &[]).await;
    warm(&other, RUST).await;
    server.kill();
    execute(&db, "INSERT INTO article VALUES (3, 'rust', 2, 'c')").await;
    assert_eq!((count(&db, RUST).await.0, count(&other, RUST).await.0), (2, 2));
    server.restart(cache_tests::servers::Restart::WithData);
    wait::until("the publication", || (db.cache().stats().owed == 0).then_some(()));
    assert_eq!((count(&db, RUST).await.0, count(&other, RUST).await.0), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_violates_a_constraint_ends_nothing() {
    let (server, site) = (RedisServer::start(), Site::new().await);
    let (one, two) =
        (site.process(&server, "", &[&["category"]]).await, site.process(&server, "", &[]).await);
    warm(&one, RUST).await;
    warm(&two, NOTES).await;
    for refused in [
        "INSERT INTO article VALUES (9, 'rust', 1, 'new'), (1, 'rust', 1, 'there')",
        "INSERT INTO article VALUES (9, NULL, 1, 'new')",
        "UPDATE article SET id = 2, category = 'rust' WHERE id = 1",
        "INSERT INTO note VALUES (1, 'x')",
    ] {
        one.execute_unprepared(refused).await.unwrap_err();
        assert_eq!((count(&one, RUST).await, count(&two, NOTES).await), ((1, true), (1, true)), "{refused}");
    }
    let both = "INSERT INTO note VALUES (9, 'x'); INSERT INTO note VALUES (1, 'x')";
    one.execute_unprepared(both).await.unwrap_err();
    assert_eq!(count(&two, NOTES).await.0, 2, "the first of several statements was made");
    one.execute_unprepared("INSERT OR FAIL INTO note VALUES (8, 'x'), (1, 'x')").await.unwrap_err();
    assert_eq!(count(&two, NOTES).await.0, 3, "and so was the first row");
}
