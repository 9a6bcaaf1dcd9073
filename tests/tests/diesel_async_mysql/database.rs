//! A database of MariaDB, and what is said otherwise there than on others.

use std::sync::Arc;

use cache_tests::servers::MariaDb;
use diesel_async::AsyncMysqlConnection;

pub(crate) type Bare = AsyncMysqlConnection;

/// Keeps the server alive.
pub(crate) type Server = Arc<MariaDb>;

/// A database of its own, by its URL.
pub(crate) async fn create() -> (String, Server) {
    let server = MariaDb::shared();
    (server.url(&server.database()), server)
}

/// The same where nobody else is held up if COMMIT is.
pub(crate) async fn create_apart() -> (String, Server) {
    let server = Arc::new(MariaDb::start());
    (server.url(&server.database()), server)
}

/// How many statements of this database wait for a lock, as `count`: InnoDB's own table of them stays as it is while it is
/// asked again and again, so it is those that have been running for a while.
pub(crate) const WAITING: &str =
    "SELECT CAST(count(*) AS SIGNED) AS count FROM information_schema.processlist
    WHERE db = database() AND id <> connection_id() AND command IN ('Query', 'Execute')
    AND (state LIKE 'Waiting for%' OR time_ms > 200)";

/// What tells one connection from another.
pub(crate) const CONNECTION: &str = "CAST(connection_id() AS SIGNED)";

/// What is to be run once, and in each transaction, so that its COMMIT can be made to wait.
pub(crate) const SLOW: (&str, &str) = ("SELECT 1", "SELECT 1");

/// Holds COMMITs up, and lets them go on.
pub(crate) const HOLD_COMMITS: (&str, &str) = ("FLUSH TABLES WITH READ LOCK", "UNLOCK TABLES");
