//! What a MariaDB server can show: named counterexamples, and writes that no statement names.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

mod collations;
mod invisible;
mod names;
mod schema;
mod statements;
mod targets;
mod transactions;
mod values;

use cache_diesel::{Cache, CachedConnection};
use cache_tests::backend::{Backend, Pool};
use cache_tests::case::{Case, read, scopes};
use cache_tests::servers::MariaDb;
use cache_tests::wrapped::{Sql, Wrapped};
use diesel::{Connection, MysqlConnection};

/// A database with this setup; each of these scopes is one of a table.
async fn database(setup: &str, declared: &[(&str, &[&[&str]])]) -> Case {
    pooled(setup, declared, Pool::One).await
}

async fn pooled(setup: &str, declared: &[(&str, &[&[&str]])], pool: Pool) -> Case {
    let declarations: Vec<_> = declared.iter().map(|(table, columns)| scopes(table, columns)).collect();
    Case::on(Backend::MariaDb, setup, &declarations, pool).await
}

/// Each read sees each write, each write on a database of its own, through either ORM.
async fn all_see(setup: &str, declared: &[(&str, &[&[&str]])], reads: &[&str], writes: &[&str]) {
    for write in writes {
        all_see_one(&database(setup, declared).await, reads, write).await;
        all_see_one_through_diesel(setup, declared, &[], reads, write);
    }
}

/// The same through Diesel, after these changes of the schema.
fn all_see_one_through_diesel(
    setup: &str,
    declared: &[(&str, &[&[&str]])],
    changes: &[&str],
    reads: &[&str],
    write: &str,
) {
    let server = MariaDb::shared();
    let url = server.url(&server.database());
    let mut bare = MysqlConnection::establish(&url).unwrap();
    bare.batch(setup).unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let inner = MysqlConnection::establish(&url).unwrap();
    let mut conn = CachedConnection::new(inner, cache.clone()).unwrap();
    conn.declare(declared.iter().map(|(table, columns)| scopes(table, columns))).unwrap();
    changes.iter().for_each(|change| conn.batch(change).unwrap());
    let mut before = Vec::new();
    for text in reads {
        before.push(conn.cached(text).unwrap());
        let hits = cache.stats().hits;
        conn.cached(text).unwrap();
        assert_eq!(cache.stats().hits, hits + 1, "not cached: {text}");
    }
    conn.batch(write).unwrap();
    for (text, before) in reads.iter().zip(before) {
        let after = conn.cached(text).unwrap();
        assert_eq!(after, bare.read(text).unwrap(), "STALE: {text}, after {write}");
        assert_ne!(before, after, "the write must change the result: {write}");
    }
}

async fn all_see_one(case: &Case, reads: &[&str], write: &str) {
    let mut before = Vec::new();
    for text in reads {
        before.push(case.warm(&read(text)).await);
    }
    case.write(write).await;
    for (text, before) in reads.iter().zip(before) {
        let (after, _) = case.fresh(&read(text)).await;
        assert_ne!(before, after, "the write must change the result: {write}");
    }
}

/// Articles 1 to 4: two of category `r`, two of `g`.
const ARTICLES: &str = "
    CREATE TABLE article (
        id BIGINT AUTO_INCREMENT PRIMARY KEY,
        category VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
        author_id INT, title TEXT, views INT UNSIGNED NOT NULL DEFAULT 0);
    INSERT INTO article (id, category, author_id, title, views) VALUES
        (1, 'r', 1, 'one', 1), (2, 'g', 1, 'two', 0), (3, 'r', 2, 'three', 0), (4, 'g', 2, 'four', 5)";

const SCOPES: &[(&str, &[&[&str]])] = &[("article", &[&["category"], &["author_id"]])];
