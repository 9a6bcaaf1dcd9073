//! Several connections, several databases, one cache.

use cache_seaorm::{Cache, CacheExt, CachedConnection};
use cache_tests::backend::{Backend, Home, Pool};
use cache_tests::case::read;
use cache_tests::gate::Gate;
use cache_tests::subject::Source;
use cache_tests::world::entity::setting;
use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait, TransactionTrait};

use crate::setups::ARTICLES;

const SETTING: &str =
    "CREATE TABLE setting (code TEXT PRIMARY KEY, value TEXT, area TEXT NOT NULL DEFAULT 'n')";

async fn value(db: &CachedConnection) -> Option<String> {
    setting::Entity::find_by_id("a").cached().one(db).await.unwrap().and_then(|setting| setting.value)
}

async fn write(db: &CachedConnection, value: &str) {
    db.execute_unprepared(&format!("INSERT OR REPLACE INTO setting (code, value) VALUES ('a', '{value}')"))
        .await
        .unwrap();
}

#[tokio::test]
async fn equal_memory_urls_are_one_cache() {
    let (_home, connection) = Backend::Sqlite.open(Pool::One).await.unwrap();
    connection.execute_unprepared(SETTING).await.unwrap();
    let wrap = async |connection: DatabaseConnection| {
        let cache = Cache::from_url("memory://?ttl=601s").unwrap();
        CachedConnection::new(connection, cache).await.unwrap()
    };
    let (one, other) = (wrap(connection.clone()).await, wrap(connection).await);
    for text in ["first", "second", "third"] {
        write(&one, text).await;
        assert_eq!(value(&other).await.as_deref(), Some(text));
        assert_eq!(value(&one).await.as_deref(), Some(text));
    }
}

#[tokio::test]
async fn databases_that_share_a_cache_do_not_see_each_other() {
    let cache = Cache::from_url("memory://?private").unwrap();
    let mut databases = Vec::new();
    for text in ["one", "two"] {
        let (home, connection) = Backend::Sqlite.open(Pool::One).await.unwrap();
        connection.execute_unprepared(SETTING).await.unwrap();
        let db = CachedConnection::new(connection, cache.clone()).await.unwrap();
        write(&db, text).await;
        databases.push((home, db));
    }
    for text in ["three", "four"] {
        let memory = sea_orm::Database::connect("sqlite::memory:").await.unwrap();
        memory.execute_unprepared(SETTING).await.unwrap();
        let db = CachedConnection::new(memory, cache.clone()).await.unwrap();
        write(&db, text).await;
        databases.push((Home::Folder(tempfile::tempdir().unwrap()), db));
    }
    for _ in 0..2 {
        for ((_, db), text) in databases.iter().zip(["one", "two", "three", "four"]) {
            assert_eq!(value(db).await.as_deref(), Some(text));
        }
    }
}

#[tokio::test]
async fn a_transaction_reads_its_own_writes_and_leaves_no_entry() {
    let (_home, connection) = Backend::Sqlite.open(Pool::One).await.unwrap();
    connection.execute_unprepared(SETTING).await.unwrap();
    let db = CachedConnection::new(connection, Cache::from_url("memory://?private").unwrap()).await.unwrap();
    write(&db, "before").await;
    assert_eq!(value(&db).await.as_deref(), Some("before"));
    let transaction = db.begin().await.unwrap();
    transaction.execute_unprepared("UPDATE setting SET value = 'inside'").await.unwrap();
    let inside = setting::Entity::find_by_id("a").cached().one(&transaction).await.unwrap().unwrap();
    assert_eq!(inside.value.as_deref(), Some("inside"));
    transaction.rollback().await.unwrap();
    assert_eq!(value(&db).await.as_deref(), Some("before"));
}

#[tokio::test]
async fn an_entry_that_is_invalidated_while_it_is_filled_is_not_served() {
    let case = ARTICLES.open().await;
    let (list, gate) = (read("SELECT id, title FROM article"), Gate::default());
    let reader = async { case.subject().cached_behind(&list, &gate).await };
    let other = async {
        gate.reached().await;
        // Whoever calls this knows of a change that the connection has not seen.
        case.connection().cache().clear().await.unwrap();
        gate.open();
    };
    tokio::join!(reader, other);
    gate.open();
    assert_eq!(case.subject().cached_behind(&list, &gate).await.1, Source::Miss);
}
