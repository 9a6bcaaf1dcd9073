//! Sessions that were set otherwise, transactions of every level, writes that land late, replicas.

use std::time::{Duration, Instant};

use cache_seaorm::{Cache, CachedConnection, Policy};
use cache_tests::backend::{Backend, Pool};
use cache_tests::case::{Case, read, scopes};
use cache_tests::servers::{Link, PostgresServer, Proxy};
use cache_tests::subject::Source;
use sea_orm::{ConnectionTrait, Database, IsolationLevel, Statement, TransactionTrait};

use super::KINDS;

#[tokio::test]
async fn postgres_a_session_that_was_set_otherwise_keeps_nothing() {
    let setup = "CREATE SCHEMA other; CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE other.t (id int PRIMARY KEY, a int);
        INSERT INTO t VALUES (1, 1); INSERT INTO other.t VALUES (1, 2);
        CREATE FUNCTION goes() RETURNS int LANGUAGE plpgsql AS
            $$ BEGIN PERFORM set_config('search_path', 'other', false); RETURN 1; END $$;
        CREATE FUNCTION goes_far() RETURNS int LANGUAGE sql AS 'SELECT goes() + 1';
        CREATE PROCEDURE goes_there() LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SET search_path = other'; END $$;
        CREATE PROCEDURE makes() LANGUAGE plpgsql AS $$ BEGIN CREATE TEMPORARY TABLE t (id int, a int); END $$;
        CREATE FUNCTION said() RETURNS int LANGUAGE plpgsql AS $$ BEGIN -- go there
            SET search_path = other; RETURN 1; END $$;
        CREATE FUNCTION stays() RETURNS int LANGUAGE plpgsql AS
            $$ BEGIN PERFORM set_config('search_path', 'other', true); UPDATE t SET a = a; RETURN 1; END $$;";
    for set in [
        "SET search_path = other",
        "SELECT set_config('search_path', 'other', false)",
        "SET SESSION search_path TO other",
        "CREATE TEMP TABLE t (id int, a int)",
        "SELECT 1 AS id, 9 AS a INTO TEMP TABLE t",
        "EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1 AS id, 9 AS a",
        "DO $$ BEGIN CREATE TEMP TABLE t (id int, a int); END $$",
        "SELECT goes()",
        "SELECT goes_far()",
        "CALL goes_there()",
        "CALL makes()",
        "SELECT said()",
    ] {
        let case = Case::on(Backend::Postgres, setup, &[scopes("t", &[&["a"]])], Pool::One).await;
        case.warm(&read("SELECT a FROM t")).await;
        case.warm(&read("SELECT a FROM other.t")).await;
        case.write("SET statement_timeout = '1h'").await;
        case.write("SELECT stays()").await;
        case.warm(&read("SELECT a FROM t")).await;
        case.write(set).await;
        case.never_caches("SELECT a FROM t").await;
        case.write("UPDATE t SET a = 7").await;
        case.fresh(&read("SELECT a FROM other.t")).await;
    }
}

/// Names mean other tables until it ends.
#[tokio::test]
async fn postgres_a_transaction_that_a_routine_sets_otherwise_writes_what_it_then_means() {
    let setup = "CREATE SCHEMA other; CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE other.t (id int PRIMARY KEY, a int);
        INSERT INTO t VALUES (1, 1); INSERT INTO other.t VALUES (1, 2);
        CREATE FUNCTION stays() RETURNS int LANGUAGE plpgsql AS
            $$ BEGIN PERFORM set_config('search_path', 'other', true); RETURN 1; END $$";
    for set in [
        "SELECT stays()",
        "SELECT set_config('search_path', 'other', true)",
        "DO $$ BEGIN SET LOCAL search_path = other; END $$",
        "DO $$ BEGIN PERFORM stays(); END $$",
    ] {
        let case = Case::on(Backend::Postgres, setup, &[scopes("t", &[&["a"]])], Pool::Several(2)).await;
        let transaction = case.connection().begin().await.unwrap();
        transaction.execute_unprepared(set).await.unwrap();
        case.warm(&read("SELECT a FROM other.t")).await;
        transaction.execute_unprepared("UPDATE t SET a = 7 WHERE id = 1").await.unwrap();
        transaction.commit().await.unwrap();
        let (answer, _) = case.fresh(&read("SELECT a FROM other.t")).await;
        assert_eq!(answer.to_string(), "[7]", "{set}");
        case.warm(&read("SELECT a FROM t")).await;
    }
}

/// Applications with row-level security do so in each transaction.
#[tokio::test]
async fn postgres_a_setting_of_the_applications_own_ends_nothing_and_is_over_with_its_transaction() {
    let setup = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1), (2, 2);
        CREATE TABLE mine (id int PRIMARY KEY, tenant text); INSERT INTO mine VALUES (1, 'x'), (2, 'y');
        ALTER TABLE mine ENABLE ROW LEVEL SECURITY; ALTER TABLE mine FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON mine USING (tenant = current_setting('app.tenant', true))";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::Several(2)).await;
    let kept = read("SELECT a FROM t WHERE id = 1");
    for set in ["SELECT set_config('app.tenant', 'x', true)", "SET LOCAL app.tenant = 'y'"] {
        case.warm(&kept).await;
        let transaction = case.connection().begin().await.unwrap();
        transaction.execute_unprepared(set).await.unwrap();
        transaction.execute_unprepared("UPDATE t SET a = a + 1 WHERE id = 2").await.unwrap();
        transaction.execute_unprepared("UPDATE mine SET tenant = 'z'").await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(case.fresh(&kept).await.1, Source::Hit, "{set}");
        case.never_caches("SELECT id, tenant FROM mine").await;
    }
}

/// What is found by its name first is not always the server's own.
#[tokio::test]
async fn postgres_a_set_config_of_the_applications_own_writes_what_it_writes() {
    let setup = "CREATE TABLE settings (k text PRIMARY KEY, v text); INSERT INTO settings VALUES ('ui.theme', 'light');
        CREATE SCHEMA app;
        CREATE FUNCTION app.set_config(text, text, boolean) RETURNS text LANGUAGE sql
            AS 'UPDATE settings SET v = $2 WHERE k = $1 RETURNING v'";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    let theme = "SELECT v FROM settings WHERE k = 'ui.theme'";
    case.sees(theme, "SELECT app.set_config('ui.theme', 'dark', true)").await;
}

/// The server puts back what its header sets.
#[tokio::test]
async fn postgres_a_trigger_with_settings_of_its_own_leaves_its_session_alone() {
    let setup = "CREATE TABLE article (id int PRIMARY KEY, n int); INSERT INTO article VALUES (1, 1), (2, 2);
        CREATE TABLE comment (id int PRIMARY KEY);
        CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
            $$ BEGIN UPDATE article SET n = n + 1 WHERE id = 1; RETURN NULL; END $$;
        CREATE TRIGGER counted AFTER INSERT ON comment FOR EACH ROW EXECUTE FUNCTION counted()";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    case.sees("SELECT n FROM article WHERE id = 1", "INSERT INTO comment VALUES (1)").await;
    case.warm(&read("SELECT n FROM article WHERE id = 1")).await;
}

#[tokio::test]
async fn postgres_a_session_that_a_trigger_sets_keeps_nothing() {
    let setup = "CREATE SCHEMA other; CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE other.t (id int PRIMARY KEY, a int);
        INSERT INTO t VALUES (1, 1); INSERT INTO other.t VALUES (1, 2);
        CREATE FUNCTION goes() RETURNS int LANGUAGE plpgsql AS
            $$ BEGIN PERFORM set_config('search_path', 'other', false); RETURN 1; END $$;
        CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM set_config('search_path', 'other', false); RETURN NULL; END $$;
        CREATE TABLE firing (id int PRIMARY KEY, a int); INSERT INTO firing VALUES (1, 1);
        CREATE TRIGGER fired AFTER UPDATE ON firing FOR EACH ROW EXECUTE FUNCTION fired();
        CREATE TABLE before_it (id int PRIMARY KEY); INSERT INTO before_it VALUES (1);
        CREATE TABLE behind_it (id int PRIMARY KEY, a int REFERENCES before_it ON DELETE CASCADE);
        INSERT INTO behind_it VALUES (1, 1);
        CREATE TRIGGER fired AFTER DELETE ON behind_it FOR EACH ROW EXECUTE FUNCTION fired();
        CREATE VIEW seen AS SELECT 1 AS id;
        CREATE TRIGGER fired INSTEAD OF UPDATE ON seen FOR EACH ROW EXECUTE FUNCTION fired();
        CREATE TABLE filled (id int PRIMARY KEY, a int DEFAULT goes())";
    for write in [
        "UPDATE firing SET a = 2 WHERE id = 1",
        "DELETE FROM before_it WHERE id = 1",
        "UPDATE seen SET id = 2",
        "INSERT INTO filled (id) VALUES (1)",
    ] {
        let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
        case.warm(&read("SELECT a FROM t")).await;
        case.write("UPDATE t SET a = 3").await;
        case.warm(&read("SELECT a FROM t")).await;
        case.write(write).await;
        case.never_caches("SELECT a FROM t").await;
    }
}

#[tokio::test]
async fn postgres_a_write_that_its_caller_gave_up_is_published_when_it_lands() {
    let case = Case::on(Backend::Postgres, KINDS.sql, &[], Pool::Several(4)).await;
    let one = read("SELECT plain FROM item WHERE id = 1");
    case.warm(&one).await;
    let lock = case.subject().untracked().begin().await.unwrap();
    lock.execute_unprepared("SELECT id FROM item WHERE id = 1 FOR UPDATE").await.unwrap();
    let write = case.connection().execute_unprepared("UPDATE item SET plain = 'late' WHERE id = 1");
    assert!(tokio::time::timeout(Duration::from_millis(100), write).await.is_err(), "it waits for the lock");
    assert_eq!(case.subject().cached(&one).await.1, Source::Hit, "nothing has happened yet");
    lock.rollback().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !case.subject().cached(&one).await.0.to_string().contains("late") {
        assert!(Instant::now() < deadline, "the write that landed late is never seen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    case.fresh(&one).await;
}

#[tokio::test]
async fn postgres_what_is_prepared_is_seen_when_it_is_committed() {
    let case = Case::on(Backend::Postgres, KINDS.sql, &[], Pool::Several(4)).await;
    let one = read("SELECT plain FROM item WHERE id = 1");
    let transaction = case.connection().begin().await.unwrap();
    transaction.execute_unprepared("UPDATE item SET plain = 'prepared' WHERE id = 1").await.unwrap();
    transaction.execute_unprepared("PREPARE TRANSACTION 'item'").await.unwrap();
    transaction.commit().await.unwrap();
    let before = case.warm(&one).await;
    case.write("COMMIT PREPARED 'item'").await;
    assert_ne!(case.fresh(&one).await.0, before);
}

#[tokio::test]
async fn postgres_transactions_of_every_isolation_level_leave_no_entry() {
    let case = Case::on(Backend::Postgres, KINDS.sql, &[], Pool::Several(4)).await;
    let count = read("SELECT count(*) FROM item");
    for level in [IsolationLevel::ReadCommitted, IsolationLevel::RepeatableRead, IsolationLevel::Serializable]
    {
        case.warm(&count).await;
        let transaction = case.connection().begin_with_config(Some(level), None).await.unwrap();
        let inside = async || {
            let block = transaction.cached_query("count").run(async |db| {
                let statement =
                    Statement::from_string(db.get_database_backend(), "SELECT count(*) FROM item");
                db.query_one_raw(statement).await?.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))
            });
            block.await.unwrap()
        };
        let before = inside().await;
        case.write("INSERT INTO item (id) SELECT max(id) + 1 FROM item").await;
        let after = inside().await;
        assert_eq!(after == before, level != IsolationLevel::ReadCommitted, "{level:?}");
        case.fresh(&count).await;
        transaction.execute_unprepared("UPDATE item SET n = 1 WHERE id = 1").await.unwrap();
        case.fresh(&count).await;
        transaction.rollback().await.unwrap();
        case.fresh(&count).await;
    }
}

/// What it reads is as old as its snapshot, and may be rolled back.
#[tokio::test]
async fn postgres_a_transaction_that_was_begun_by_hand_keeps_nothing() {
    let server = PostgresServer::shared();
    let database = server.create().await.unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let connect = async || {
        let pool = server.connect(&database, 1).await.unwrap();
        CachedConnection::new(pool, cache.clone()).await.unwrap()
    };
    let (db, other) = (connect().await, connect().await);
    db.execute_unprepared("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 0)")
        .await
        .unwrap();
    let (text, policy) = (read("SELECT a FROM t"), Policy::new());
    let mut writes = 0;
    for (begin, end) in [
        ("BEGIN ISOLATION LEVEL REPEATABLE READ", "COMMIT"),
        ("START TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1", "ROLLBACK"),
        ("BEGIN; UPDATE t SET a = -1", "ROLLBACK"),
    ] {
        let cached = async |db: &CachedConnection| text.run_cached(db, &policy).await.unwrap().to_string();
        db.execute_unprepared(begin).await.unwrap();
        cached(&db).await;
        if !begin.contains("UPDATE") {
            writes += 1;
            other.execute_unprepared(&format!("UPDATE t SET a = {writes}")).await.unwrap();
        }
        cached(&db).await;
        let truth = text.run_on(other.untracked()).await.unwrap().to_string();
        assert_eq!(cached(&other).await, truth, "{begin}");
        db.execute_unprepared(end).await.unwrap();
        assert_eq!(cached(&db).await, truth, "{end}");
        let hits = cache.stats().hits;
        assert_eq!(cached(&db).await, truth);
        assert!(cache.stats().hits > hits, "what is read afterwards is kept");
    }
}

#[tokio::test]
async fn postgres_a_replica_leaves_nothing_in_the_cache() {
    let case = Case::on(Backend::Postgres, KINDS.sql, &[], Pool::One).await;
    // A replica that has not heard of anything since.
    let behind = Case::on(Backend::Postgres, KINDS.sql, &[], Pool::One).await;
    let replica = case.connection().on_replica(behind.subject().untracked().clone());
    let one = read("SELECT plain FROM item WHERE id = 1");
    case.write("UPDATE item SET plain = 'new' WHERE id = 1").await;
    for _ in 0..2 {
        assert!(one.run_cached(&replica, &Policy::new()).await.unwrap().to_string().contains("rust"));
        case.fresh(&one).await;
    }
}

#[tokio::test]
async fn postgres_a_replica_that_is_wrapped_like_any_connection_leaves_nothing_in_the_cache() {
    let primary = PostgresServer::start();
    let bare = primary.connect("postgres", 1).await.unwrap();
    bare.execute_unprepared("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)")
        .await
        .unwrap();
    let behind = primary.replica();
    let cache = Cache::from_url("memory://?private").unwrap();
    let replica = behind.connect("postgres", 1).await.unwrap();
    let replica = CachedConnection::new(replica, cache.clone()).await.unwrap();
    let db = CachedConnection::new(bare, cache).await.unwrap();
    let (text, policy) = (read("SELECT a FROM t"), Policy::new());
    db.execute_unprepared("UPDATE t SET a = 2").await.unwrap();
    for _ in 0..2 {
        assert_eq!(text.run_cached(&replica, &policy).await.unwrap().to_string(), "[1]");
        assert_eq!(text.run_cached(&db, &policy).await.unwrap().to_string(), "[2]");
    }
}

#[tokio::test]
async fn postgres_a_pool_whose_server_becomes_a_replica_keeps_nothing() {
    let primary = PostgresServer::start();
    let bare = primary.connect("postgres", 1).await.unwrap();
    bare.execute_unprepared("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)")
        .await
        .unwrap();
    let behind = primary.replica();
    let proxy = Proxy::start(primary.address());
    let pool = Database::connect(format!("postgres://postgres@{}/postgres", proxy.address())).await.unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let db = CachedConnection::new(pool, cache.clone()).await.unwrap();
    let (text, policy) = (read("SELECT a FROM t"), Policy::new());
    let is_kept = async || {
        let hits = cache.stats().hits;
        for _ in 0..2 {
            let _ = text.run_cached(&db, &policy).await;
        }
        cache.stats().hits > hits
    };
    assert!(is_kept().await);
    // The address is that of the replica from now on.
    proxy.switch(behind.address());
    proxy.set(Link::Cut);
    proxy.set(Link::Open);
    let deadline = Instant::now() + Duration::from_secs(20);
    while is_kept().await {
        assert!(Instant::now() < deadline, "what a replica shows is kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!is_kept().await);
}

/// What was committed last may be lost with the server that it was committed on.
#[tokio::test]
async fn postgres_a_server_that_takes_over_ends_all_entries() {
    let primary = PostgresServer::start();
    let bare = primary.connect("postgres", 1).await.unwrap();
    bare.execute_unprepared("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)")
        .await
        .unwrap();
    let successor = primary.replica();
    let proxy = Proxy::start(primary.address());
    let pool = Database::connect(format!("postgres://postgres@{}/postgres", proxy.address())).await.unwrap();
    let db = CachedConnection::new(pool, Cache::from_url("memory://?private").unwrap()).await.unwrap();
    let (text, policy) = (read("SELECT a FROM t"), Policy::new());
    db.execute_unprepared("UPDATE t SET a = 2").await.unwrap();
    assert_eq!(text.run_cached(&db, &policy).await.unwrap().to_string(), "[2]");
    let promoted = successor.connect("postgres", 1).await.unwrap();
    promoted.execute_unprepared("SELECT pg_promote()").await.unwrap();
    proxy.switch(successor.address());
    drop(primary);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !text.run_cached(&db, &policy).await.is_ok_and(|answer| answer.to_string() == "[1]") {
        assert!(Instant::now() < deadline, "what is lost is served on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(text.run_on(&promoted).await.unwrap().to_string(), "[1]");
}
