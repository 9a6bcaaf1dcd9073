//! Writers that are killed around COMMIT.

use cache_diesel::Cache;
use cache_tests::kills::{self, READ, Reader, WRITE};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use crate::shop::{Conn, connect};

#[derive(Clone, QueryableByName, Serialize, Deserialize)]
struct Views {
    #[diesel(sql_type = BigInt)]
    views: i64,
}

/// Not a test: what is killed.
#[tokio::test]
async fn worker() {
    let Some((database, cache)) = kills::asked() else { return };
    let mut conn = connect(&database, &Cache::from_url(&cache).unwrap()).await;
    loop {
        let committed = conn.transaction(async |conn| {
            sql_query(WRITE).execute(conn).await?;
            kills::say_committing();
            Ok::<_, Error>(())
        });
        committed.await.unwrap();
    }
}

struct Connected(Conn);

impl Reader for Connected {
    async fn read(&mut self) -> (i64, bool) {
        let cache = self.0.cache().unwrap();
        let hits = || cache.stats().hits + cache.stats().store_hits;
        let before = hits();
        let views = self
            .0
            .cached_query("views")
            .run(async |conn: &mut Conn| sql_query(READ).get_result::<Views>(conn).await);
        (views.await.unwrap().views, hits() > before)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_is_killed_around_its_commit_leaves_nothing_stale() {
    kills::run("kills::worker", async |database, cache| {
        Connected(connect(database, &Cache::from_url(cache).unwrap()).await)
    })
    .await;
}
