//! What is read of the schema, and how its changes are noticed.

use cache_core::{Cache, ErrorKind, Policy};
use cache_seaorm::CachedConnection;
use cache_tests::backend::another_second;
use cache_tests::case::read;
use cache_tests::servers::MariaDb;
use cache_tests::subject::{Caches, Subject};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

use crate::{ARTICLES, SCOPES, database};

#[tokio::test]
async fn what_holds_no_rows_of_its_own_is_not_cached() {
    let setup = "CREATE TABLE kept (id INT PRIMARY KEY); CREATE SEQUENCE numbers;
        CREATE TABLE versions (id INT PRIMARY KEY) WITH SYSTEM VERSIONING;
        CREATE TABLE one (id INT NOT NULL, KEY (id)) ENGINE = MyISAM;
        CREATE TABLE merged (id INT NOT NULL, KEY (id)) ENGINE = MERGE UNION = (one) INSERT_METHOD = LAST;
        CREATE TABLE fleeting (id INT PRIMARY KEY) ENGINE = MEMORY; INSERT INTO fleeting VALUES (1)";
    let case = database(setup, &[]).await;
    for relation in ["versions", "merged", "fleeting"] {
        case.never_caches(&format!("SELECT * FROM {relation}")).await;
    }
    case.never_caches("SELECT next_not_cached_value FROM numbers").await;
    case.warm(&read("SELECT * FROM kept")).await;
}

#[tokio::test]
async fn invisible_columns_are_passed_over() {
    let setup = "CREATE TABLE t (hidden INT INVISIBLE DEFAULT 5, id INT PRIMARY KEY, n INT, category VARCHAR(9) COLLATE utf8mb4_nopad_bin); INSERT INTO t VALUES (1, 1, 'r'), (2, 2, 'g')";
    let scopes: &[(&str, &[&[&str]])] = &[("t", &[&["category"]])];
    let case = database(setup, scopes).await;
    case.sees("SELECT * FROM t WHERE category = 'r'", "UPDATE t SET n = 7 WHERE id = 1").await;
    case.keeps("SELECT * FROM t WHERE category = 'r'", "UPDATE t SET n = 7 WHERE id = 2").await;
    case.sees("SELECT * FROM t WHERE category = 'b'", "INSERT INTO t VALUES (3, 3, 'b')").await;
    case.sees("SELECT hidden FROM t WHERE id = 1", "UPDATE t SET hidden = 6").await;
}

#[tokio::test]
async fn a_change_of_the_schema_by_others_is_noticed() {
    let server = MariaDb::shared();
    let name = server.database();
    server.sql(&format!("USE {name}; CREATE TABLE parent (id INT PRIMARY KEY); CREATE TABLE child (id INT PRIMARY KEY, parent_id INT); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1)"));
    let subject = Subject::wrap(connect(&server.url(&name)).await, &[], Caches::One).await.unwrap();
    server.sql(&format!(
        "ALTER TABLE {name}.child ADD FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE"
    ));
    subject.refresh_schema().await.unwrap();
    let read = read("SELECT count(*) FROM child");
    let before = subject.cached(&read).await.0;
    subject.connection().execute_unprepared("DELETE FROM parent").await.unwrap();
    assert_ne!(subject.cached(&read).await.0, before);
}

/// The schema looks as before, and its rows do not. When a table was made is told in seconds.
#[tokio::test]
async fn a_table_that_is_made_anew_elsewhere_is_noticed() {
    let case = database(ARTICLES, SCOPES).await;
    let text = read("SELECT title FROM article WHERE id = 1");
    for anew in [
        "CREATE TABLE copy LIKE article; INSERT INTO copy SELECT id, category, author_id, upper(title), views FROM article; \
         DROP TABLE article; RENAME TABLE copy TO article",
        "ALTER TABLE article DROP title; ALTER TABLE article ADD title TEXT DEFAULT 'anew' AFTER author_id",
        "ALTER TABLE article DROP title; ALTER TABLE article ADD title TEXT DEFAULT 'again' AFTER author_id",
    ] {
        another_second(case.subject().untracked()).await.unwrap();
        case.warm(&text).await;
        case.subject().untracked().execute_unprepared(anew).await.unwrap();
        case.comes_to_see(&text).await;
    }
}

/// The definitions are equal before and afterwards.
#[tokio::test]
async fn rows_that_others_exchange_under_an_equal_schema_end_what_shows_them() {
    let server = MariaDb::shared();
    let name = server.database();
    server.sql(&format!(
        "USE {name}; CREATE TABLE s1 (id INT PRIMARY KEY, n INT); CREATE TABLE s2 LIKE s1;
         INSERT INTO s1 VALUES (1, 10); INSERT INTO s2 VALUES (1, 20)"
    ));
    let subject = Subject::wrap(connect(&server.url(&name)).await, &[], Caches::One).await.unwrap();
    let changes = [
        "RENAME TABLE s1 TO s3, s2 TO s1, s3 TO s2",
        "CREATE OR REPLACE TABLE s1 (id INT PRIMARY KEY, n INT) AS SELECT 1 AS id, 30 AS n",
        "ALTER TABLE s1 DROP COLUMN n, ADD COLUMN n INT DEFAULT 5; ALTER TABLE s1 ALTER n SET DEFAULT NULL",
    ];
    for change in changes {
        let read = read("SELECT n FROM s1");
        let before = subject.cached(&read).await.0;
        assert_eq!(subject.cached(&read).await.0, before);
        another_second(subject.untracked()).await.unwrap();
        server.sql(&format!("USE {name}; {change}"));
        subject.refresh_schema().await.unwrap();
        let after = subject.cached(&read).await.0;
        assert_eq!(after, subject.truth(&read).await, "STALE after {change}");
        assert_ne!(after, before, "{change}");
    }
}

/// They are in another database, or nobody shows them to the user: what follows a death is not known.
#[tokio::test]
async fn rows_that_follow_unseen_foreign_keys_are_seen_to_die() {
    let server = MariaDb::shared();
    let (own, other) = (server.database(), server.database());
    let key = "FOREIGN KEY (parent_id) REFERENCES";
    server.sql(&format!(
        "USE {own}; CREATE TABLE parent (id INT PRIMARY KEY, n INT); INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3);
         CREATE TABLE kid (id INT PRIMARY KEY, parent_id INT, {key} parent (id) ON DELETE CASCADE);
         CREATE TABLE {other}.child (id INT PRIMARY KEY, parent_id INT,
             {key} {own}.parent (id) ON DELETE CASCADE ON UPDATE SET NULL);
         INSERT INTO kid VALUES (1, 1); INSERT INTO {other}.child VALUES (1, 2), (2, 3);
         CREATE USER some@'%'; GRANT SELECT, INSERT, UPDATE, DELETE ON {own}.parent TO some@'%'"
    ));
    let cache = Cache::from_url("memory://?private").unwrap();
    let wrapped = async |url: &str| CachedConnection::new(connect(url).await, cache.clone()).await.unwrap();
    let limited = wrapped(&server.url(&own).replace("root@", "some@")).await;
    let (all, elsewhere) = (wrapped(&server.url(&own)).await, wrapped(&server.url(&other)).await);
    let limited_write = "DELETE FROM parent WHERE id = 1";
    for (reader, text, writer, write) in [
        (&all, "SELECT count(*) FROM kid", &limited, limited_write),
        (&elsewhere, "SELECT count(*) FROM child", &all, "DELETE FROM parent WHERE id = 2"),
        (&elsewhere, "SELECT parent_id FROM child", &all, "UPDATE parent SET id = 30 WHERE id = 3"),
    ] {
        let text = read(text);
        let before = text.run_cached(reader, &Policy::default()).await.unwrap();
        writer.execute_unprepared(write).await.unwrap();
        let after = text.run_cached(reader, &Policy::default()).await.unwrap();
        assert_ne!(after, before, "{write}");
    }
    // What nothing can follow is as narrow as ever.
    let text = read("SELECT count(*) FROM child");
    text.run_cached(&elsewhere, &Policy::default()).await.unwrap();
    let hits = cache.stats().hits;
    all.execute_unprepared("UPDATE parent SET n = 7 WHERE id = 30").await.unwrap();
    text.run_cached(&elsewhere, &Policy::default()).await.unwrap();
    assert_eq!(cache.stats().hits, hits + 1);
}

/// A limit of the session is no part of the text.
#[tokio::test]
async fn pools_that_differ_in_what_a_text_finds_share_no_entries() {
    let server = MariaDb::shared();
    let url = server.url(&server.database());
    let cache = Cache::from_url("memory://?private").unwrap();
    let set = async |setting: &'static str| {
        let mut options = ConnectOptions::new(&url);
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        db.execute_unprepared(setting).await.unwrap();
        CachedConnection::new(db, cache.clone()).await.unwrap()
    };
    let plain = set("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)").await;
    let text = read("SELECT id FROM t ORDER BY id");
    let all = text.run_cached(&plain, &Policy::default()).await.unwrap();
    let limited = set("SET sql_select_limit = 1").await;
    assert_ne!(text.run_cached(&limited, &Policy::default()).await.unwrap(), all);
}

#[tokio::test]
async fn connections_that_cannot_be_followed_are_refused() {
    let server = MariaDb::shared();
    let name = server.database();
    let refused = async |url: &str, setting: &'static str| {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        db.execute_unprepared(setting).await.unwrap();
        CachedConnection::new(db, Cache::from_url("memory://?private").unwrap()).await.unwrap_err().kind()
    };
    let url = server.url(&name);
    assert_eq!(
        refused(&url, "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED").await,
        ErrorKind::Configuration
    );
    assert_eq!(refused(&url, "SET autocommit = 0").await, ErrorKind::Configuration);
    refused(&url, "SET sql_mode = 'ORACLE'").await;
    assert_eq!(refused(&server.url(""), "SET @x = 1").await, ErrorKind::Configuration);
}

#[tokio::test]
async fn two_databases_of_one_server_share_no_entries() {
    let server = MariaDb::shared();
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut answers = Vec::new();
    for number in [1, 2] {
        let name = server.database();
        server.sql(&format!(
            "USE {name}; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES ({number})"
        ));
        let db = CachedConnection::new(connect(&server.url(&name)).await, cache.clone()).await.unwrap();
        answers.push(read("SELECT id FROM t").run_cached(&db, &Policy::default()).await.unwrap());
    }
    assert_ne!(answers[0], answers[1]);
}

#[tokio::test]
async fn names_in_double_quotes_are_names_where_the_mode_says_so() {
    let case = database(ARTICLES, SCOPES).await;
    case.sees(
        "SELECT \"title\", title FROM article WHERE id = 1",
        "UPDATE article SET title = \"category\" WHERE id = 1",
    )
    .await;
    let server = MariaDb::start_with(&["--sql-mode=ANSI_QUOTES"]);
    let name = server.database();
    server.sql(&format!("USE {name}; {ARTICLES}"));
    let subject = Subject::wrap(connect(&server.url(&name)).await, &[], Caches::One).await.unwrap();
    let read = read("SELECT \"title\" FROM \"article\" WHERE \"category\" = 'r' ORDER BY id");
    let before = subject.cached(&read).await.0;
    sea_orm::ConnectionTrait::execute_unprepared(
        subject.connection(),
        "UPDATE article SET title = \"category\" WHERE \"id\" = 1",
    )
    .await
    .unwrap();
    let after = subject.cached(&read).await.0;
    assert_ne!(after, before);
    assert_eq!(after, subject.truth(&read).await);
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(2).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}
