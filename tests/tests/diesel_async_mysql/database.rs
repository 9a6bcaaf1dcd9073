//! A database of MariaDB, and what is said otherwise there than on others.

use std::sync::Arc;

use cache_tests::servers::MariaDb;
use diesel::dsl::DuplicatedKeys;
use diesel::prelude::*;
use diesel_async::{AsyncMysqlConnection, RunQueryDsl};

use crate::shop::{Article, Conn, article};

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

/// How many databases the oracle's short run has.
pub(crate) const SEEDS: u64 = 1;

pub(crate) const BY_TITLE: &str = "UPDATE article SET views = views + 1, category = 'sql' WHERE title = ?";

/// There is no view here.
macro_rules! viewed {
    ($query:expr, $row:ty, $conn:expr) => {
        $query.cached().load::<$row>($conn)
    };
}

pub(crate) use viewed;

pub(crate) async fn upsert(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    let insert = diesel::insert_into(article::table).values(row).on_conflict(DuplicatedKeys);
    insert.do_update().set(article::category.eq("new")).execute(conn).await
}

/// Diesel has no RETURNING here; what the server has of it returns what it replaces or deletes.
pub(crate) async fn returning(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    let deleted = format!("DELETE FROM article WHERE views = {} RETURNING id", row.views);
    diesel::sql_query(deleted).execute(conn).await?;
    diesel::replace_into(article::table).values(row).execute(conn).await
}

/// Nothing is pipelined here: a move, and then a view.
pub(crate) async fn at_once(conn: &mut Conn, one: &Article, other: &Article) -> [QueryResult<usize>; 2] {
    let moved = diesel::update(article::table.find(one.id)).set(article::category.eq(&one.category));
    let counted = diesel::update(article::table.find(other.id)).set(article::views.eq(article::views + 1));
    [moved.execute(conn).await, counted.execute(conn).await]
}
