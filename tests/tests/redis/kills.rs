//! Writers through SeaORM on PostgreSQL that are killed around COMMIT.

use cache_seaorm::{Cache, CachedConnection};
use cache_tests::kills::{self, READ, Reader, WRITE};
use sea_orm::{ConnectionTrait, Database, Statement, TransactionTrait};

/// Not a test: what is killed.
#[tokio::test]
async fn worker() {
    let Some((database, cache)) = kills::asked() else { return };
    let db = connect(&database, &cache).await;
    loop {
        let transaction = db.begin().await.unwrap();
        transaction.execute_unprepared(WRITE).await.unwrap();
        kills::say_committing();
        transaction.commit().await.unwrap();
    }
}

async fn connect(database: &str, cache: &str) -> CachedConnection {
    let inner = Database::connect(database).await.unwrap();
    CachedConnection::new(inner, Cache::from_url(cache).unwrap()).await.unwrap()
}

impl Reader for Connected {
    async fn read(&mut self) -> (i64, bool) {
        let hits = || self.0.cache().stats().hits + self.0.cache().stats().store_hits;
        let before = hits();
        let block = self.0.cached_query("views").run(async |db| {
            let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), READ)).await?;
            row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))
        });
        (block.await.unwrap(), hits() > before)
    }
}

struct Connected(CachedConnection);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_is_killed_around_its_commit_leaves_nothing_stale() {
    kills::run("kills::worker", async |database, cache| Connected(connect(database, cache).await)).await;
}
