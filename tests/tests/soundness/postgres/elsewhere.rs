//! What writes, or changes rows, without a word of it in the statement: other servers, crashes, event triggers.

use std::time::{Duration, Instant};

use cache_seaorm::{Cache, CachedConnection, Policy};
use cache_tests::backend::{Backend, Pool};
use cache_tests::case::{Case, read};
use cache_tests::servers::PostgresServer;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

#[tokio::test]
async fn postgres_a_foreign_table_may_lead_back() {
    let setup = "CREATE TABLE local (id int PRIMARY KEY, v int); INSERT INTO local VALUES (1, 1);
        CREATE EXTENSION postgres_fdw;
        DO $$ BEGIN EXECUTE format(
            'CREATE SERVER back FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
            '127.0.0.1', current_setting('port'), current_database()); END $$;
        CREATE USER MAPPING FOR CURRENT_USER SERVER back OPTIONS (user 'postgres');
        CREATE FOREIGN TABLE far (id int, v int) SERVER back OPTIONS (table_name 'local');
        CREATE TABLE whole (id int, v int) PARTITION BY LIST (id);
        CREATE FOREIGN TABLE part PARTITION OF whole FOR VALUES IN (1) SERVER back OPTIONS (table_name 'local')";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    for (value, table) in (2..).zip(["far", "whole", "part"]) {
        let write = format!("UPDATE {table} SET v = {value} WHERE id = 1");
        case.sees("SELECT v FROM local WHERE id = 1", &write).await;
    }
}

#[tokio::test]
async fn postgres_event_triggers_hear_of_what_changes_no_table() {
    let setup = "CREATE TABLE t (id int PRIMARY KEY); CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
        CREATE TABLE heard (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
        CREATE FUNCTION hear() RETURNS event_trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO heard (what) VALUES (tg_tag); END $$;
        CREATE EVENT TRIGGER hears ON ddl_command_end EXECUTE FUNCTION hear()";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    for write in ["COMMENT ON TABLE t IS 'x'", "REFRESH MATERIALIZED VIEW m"] {
        case.sees("SELECT what FROM heard", write).await;
    }
}

#[tokio::test]
async fn postgres_operators_of_the_application_are_not_believed() {
    let setup =
        "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE rate (n int); INSERT INTO rate VALUES (1);
        INSERT INTO t VALUES (1, 1);
        CREATE FUNCTION rated(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN RETURN $1 = $2 * (SELECT n FROM rate); END $$;
        CREATE OPERATOR === (FUNCTION = rated, LEFTARG = int, RIGHTARG = int);
        CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION tablefunc";
    let case = Case::on(Backend::Postgres, setup, &[], Pool::One).await;
    case.never_caches("SELECT id FROM t WHERE a === 1").await;
    case.warm(&read("SELECT id FROM t WHERE a = 1")).await;
    let runs = "SELECT * FROM crosstab('UPDATE t SET a = 2 RETURNING 1, 2, 3') AS c (a int, b int)";
    let _ = case.try_write(runs).await;
    case.fresh(&read("SELECT id FROM t WHERE a = 1")).await;
}

/// Without a word of the server's, what was committed last may be gone.
#[tokio::test]
async fn postgres_a_crash_ends_all_entries() {
    let server = PostgresServer::start();
    let bare = server.connect("postgres", 1).await.unwrap();
    bare.execute_unprepared("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)").await.unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let db =
        CachedConnection::new(server.connect("postgres", 1).await.unwrap(), cache.clone()).await.unwrap();
    let (text, policy) = (read("SELECT id FROM t"), Policy::new());
    let is_hit = async || {
        let hits = cache.stats().hits;
        text.run_cached(&db, &policy).await.is_ok() && cache.stats().hits > hits
    };
    is_hit().await;
    assert!(is_hit().await);
    let pid = Statement::from_string(DbBackend::Postgres, "SELECT pg_backend_pid()");
    let pid: i32 = bare.query_one_raw(pid).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(killed.success());
    let deadline = Instant::now() + Duration::from_secs(20);
    while is_hit().await {
        assert!(Instant::now() < deadline, "what may be gone is served on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
