//! A database of PostgreSQL, and what is said otherwise there than on others.

use cache_tests::servers::PostgresServer;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::join;

use crate::shop::{Article, Conn, article};

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

/// How many databases the oracle's short run has.
pub(crate) const SEEDS: u64 = 3;

pub(crate) const BY_TITLE: &str = "UPDATE article SET views = views + 1, category = 'sql' WHERE title = $1";

/// A read whose rows are kept as they were sent.
macro_rules! viewed {
    ($query:expr, $row:ty, $conn:expr) => {
        $query.load::<$row>(&mut $conn.cached())
    };
}

pub(crate) use viewed;

pub(crate) async fn upsert(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    let insert = diesel::insert_into(article::table).values(row).on_conflict(article::id);
    insert.do_update().set(article::category.eq("new")).execute(conn).await
}

pub(crate) async fn returning(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    let moved = diesel::update(article::table.filter(article::views.eq(row.views)));
    let moved = moved.set(article::category.eq(&row.category)).returning(article::id);
    moved.get_results::<i64>(conn).await.map(|ids| ids.len())
}

/// A move and a view, awaited at once.
pub(crate) async fn at_once(conn: &Conn, one: &Article, other: &Article) -> [QueryResult<usize>; 2] {
    let (mut first, mut second) = (conn, conn);
    let moved = diesel::update(article::table.find(one.id)).set(article::category.eq(&one.category));
    let counted = diesel::update(article::table.find(other.id)).set(article::views.eq(article::views + 1));
    join(moved.execute(&mut first), counted.execute(&mut second)).await.into()
}
