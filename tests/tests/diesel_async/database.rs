//! A database of PostgreSQL, and what is said otherwise there than on others.

use cache_tests::servers::PostgresServer;
use diesel_async::AsyncPgConnection;

pub(crate) type Bare = AsyncPgConnection;

/// Keeps the server alive.
pub(crate) type Server = &'static PostgresServer;

/// A database of its own, by its URL.
pub(crate) async fn create() -> (String, Server) {
    let server = PostgresServer::shared();
    (server.url(&server.create().await.unwrap()), server)
}

/// The same where nobody else is held up if COMMIT is.
pub(crate) async fn create_apart() -> (String, Server) {
    create().await
}

/// How many statements of this database wait for a lock, as `count`.
pub(crate) const WAITING: &str = "SELECT count(*) AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// What tells one connection from another.
pub(crate) const CONNECTION: &str = "CAST(pg_backend_pid() AS bigint)";

/// What is to be run once, and in each transaction (with its number), so that its COMMIT can be made to wait.
pub(crate) const SLOW: (&str, &str) = (
    "CREATE TABLE slow (id bigint PRIMARY KEY);
     CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;
     CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION wait();",
    "INSERT INTO slow SELECT count(*) FROM slow",
);

/// Holds COMMITs up, and lets them go on.
pub(crate) const HOLD_COMMITS: (&str, &str) = ("SELECT pg_advisory_lock(7)", "SELECT pg_advisory_unlock(7)");
