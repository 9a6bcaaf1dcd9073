//! Writers that are killed around COMMIT.

use cache_diesel::{Cache, CachedConnection};
use cache_tests::kills::{self, READ, Reader, WRITE};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};
use tokio::task::block_in_place;

type Conn = CachedConnection<PgConnection>;

#[derive(Clone, QueryableByName, Serialize, Deserialize)]
struct Views {
    #[diesel(sql_type = BigInt)]
    views: i64,
}

/// Not a test: what is killed.
#[test]
fn worker() {
    let Some((database, cache)) = kills::asked() else { return };
    let mut conn = connect(&database, &cache);
    loop {
        let committed = conn.transaction(|conn| {
            sql_query(WRITE).execute(conn)?;
            kills::say_committing();
            Ok::<_, Error>(())
        });
        committed.unwrap();
    }
}

/// Not a test: what is killed. Each of its transactions begins with the COMMIT of the one before.
#[test]
fn chained_worker() {
    let Some((database, cache)) = kills::asked() else { return };
    let mut conn = connect(&database, &cache);
    conn.batch_execute("BEGIN").unwrap();
    loop {
        sql_query(WRITE).execute(&mut conn).unwrap();
        kills::say_committing();
        conn.batch_execute("COMMIT AND CHAIN").unwrap();
    }
}

fn connect(database: &str, cache: &str) -> Conn {
    let inner = PgConnection::establish(database).unwrap();
    Conn::new(inner, Cache::from_url(cache).unwrap()).unwrap()
}

struct Connected(Conn);

impl Reader for Connected {
    async fn read(&mut self) -> (i64, bool) {
        let cache = self.0.cache().unwrap().clone();
        let hits = || cache.stats().hits + cache.stats().store_hits;
        let before = hits();
        let views = block_in_place(|| {
            self.0.cached_query("views").run(|conn| sql_query(READ).get_result::<Views>(conn))
        });
        (views.unwrap().views, hits() > before)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_is_killed_around_its_commit_leaves_nothing_stale() {
    kills::run("kills::worker", connected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_is_killed_around_a_commit_that_begins_another_transaction_leaves_nothing_stale() {
    kills::run("kills::chained_worker", connected).await;
}

async fn connected(database: &str, cache: &str) -> Connected {
    Connected(block_in_place(|| connect(database, cache)))
}
