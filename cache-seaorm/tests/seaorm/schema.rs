//! The known schema follows the database's.

use std::time::{Duration, Instant};

use cache_seaorm::schema::{Column, Dialect, Schema, TableDefinition};
use cache_seaorm::{Cache, CacheExt, CachedConnection};
use sea_orm::{
    ConnectionTrait, Database, DbBackend, MockDatabase, MockExecResult, SelectModel, SelectorRaw, Statement,
    TransactionTrait, entity::*,
};
use tokio::time::sleep;

use crate::shop::{Shop, article, author, connect, shop, shop_with};

async fn titles(db: &Shop) -> Vec<String> {
    let articles = article::Entity::find().cached().all(&**db).await.unwrap();
    articles.into_iter().map(|article| article.title).collect()
}

/// A trigger through which renaming an author renames all articles.
const TRIGGER: &str =
    "CREATE TRIGGER renamed AFTER UPDATE ON author BEGIN UPDATE article SET title = new.name; END";
const RENAME: &str = "UPDATE author SET name = 'Zoe' WHERE id = 1";

async fn renaming_is_seen(db: &Shop) {
    titles(db).await;
    db.execute_unprepared(RENAME).await.unwrap();
    assert_eq!(titles(db).await, ["Zoe"; 4]);
}

#[tokio::test]
async fn a_change_through_the_connection_is_known_at_once() {
    let db = shop().await;
    titles(&db).await;
    db.execute_unprepared(TRIGGER).await.unwrap();
    renaming_is_seen(&db).await;
}

#[tokio::test]
async fn a_change_in_a_transaction_is_known_at_its_commit() {
    let db = shop().await;
    titles(&db).await;
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared(TRIGGER).await.unwrap();
    tx.commit().await.unwrap();
    renaming_is_seen(&db).await;
}

#[tokio::test]
async fn a_change_elsewhere_is_noticed() {
    let db = shop().await;
    titles(&db).await;
    db.unseen.execute_unprepared(TRIGGER).await.unwrap();
    db.unseen.execute_unprepared("UPDATE author SET name = 'Ida' WHERE id = 1").await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while titles(&db).await != ["Ida"; 4] {
        assert!(Instant::now() < deadline, "it is not noticed");
        sleep(Duration::from_millis(10)).await;
    }
    renaming_is_seen(&db).await;
}

#[tokio::test]
async fn a_refresh_makes_a_change_known_at_once() {
    let db = shop().await;
    titles(&db).await;
    db.unseen.execute_unprepared(TRIGGER).await.unwrap();
    db.refresh_schema().await.unwrap();
    renaming_is_seen(&db).await;
}

#[tokio::test]
async fn a_new_table_is_cached_as_soon_as_it_exists() {
    let db = shop().await;
    db.execute_unprepared("CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT)").await.unwrap();
    let sql = "SELECT id, title FROM note";
    let find = || {
        SelectorRaw::<SelectModel<serde_json::Value>>::from_statement::<serde_json::Value>(
            Statement::from_string(DbBackend::Sqlite, sql),
        )
    };
    assert!(find().cached().all(&*db).await.unwrap().is_empty());
    db.selects();
    find().cached().all(&*db).await.unwrap();
    assert_eq!(db.selects(), 0);
    db.execute_unprepared("INSERT INTO note VALUES (1, 'a')").await.unwrap();
    assert_eq!(find().cached().all(&*db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn connections_to_one_database_see_each_others_writes() {
    let cache = Cache::from_url("memory://?private").unwrap();
    let one = shop_with(cache.clone()).await;
    let other = CachedConnection::new(connect(&one.url).await, cache.clone()).await.unwrap();
    let elsewhere = shop_with(cache).await;
    titles(&one).await;
    elsewhere.execute_unprepared("UPDATE article SET title = 'elsewhere'").await.unwrap();
    one.selects();
    assert_ne!(titles(&one).await, ["elsewhere"; 4]);
    assert_eq!(one.selects(), 0, "a write of another database invalidates nothing here");
    other.execute_unprepared("UPDATE article SET title = 'x'").await.unwrap();
    assert_eq!(titles(&one).await, ["x"; 4]);
}

#[tokio::test]
async fn a_mock_is_cached_with_a_declared_schema() {
    let ada = author::Model { id: 1, name: "Ada".into() };
    let zoe = author::Model { id: 1, name: "Zoe".into() };
    let mock = MockDatabase::new(DbBackend::Sqlite)
        .append_query_results([vec![ada.clone()], vec![zoe.clone()]])
        .append_exec_results([MockExecResult { last_insert_id: 0, rows_affected: 1 }])
        .into_connection();
    let author = TableDefinition::new("author").column(Column::int("id")).column(Column::text("name"));
    let schema = Schema::new(Dialect::Sqlite, [author.primary_key(["id"])], []).unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let db = CachedConnection::with_schema(mock, cache, "mock", schema).await.unwrap();
    let find = async || author::Entity::find_by_id(1).cached().one(&db).await.unwrap();
    assert_eq!(find().await, Some(ada.clone()));
    assert_eq!(find().await, Some(ada));
    db.execute_unprepared(RENAME).await.unwrap();
    assert_eq!(find().await, Some(zoe));
}

fn articles(dialect: Dialect) -> Schema {
    let article = TableDefinition::new("article").column(Column::int("id")).column(Column::text("title"));
    let article = article.column(Column::int("published")).column(Column::text("category"));
    let article = article.column(Column::other("score")).column(Column::int("author_id"));
    Schema::new(dialect, [article.primary_key(["id"])], []).unwrap()
}

fn an_article() -> article::Model {
    let (title, category) = ("one".to_owned(), "news".to_owned());
    article::Model { id: 1, title, published: true, category, score: 0.0, author_id: 1 }
}

#[tokio::test]
async fn a_declared_schema_is_believed_after_a_change_too() {
    let mock = MockDatabase::new(DbBackend::Sqlite)
        .append_query_results([vec![an_article()], vec![an_article()]])
        .append_exec_results([MockExecResult { last_insert_id: 0, rows_affected: 0 }])
        .into_connection();
    let cache = Cache::from_url("memory://?private").unwrap();
    let db = CachedConnection::with_schema(mock, cache, "believed", articles(Dialect::Sqlite)).await.unwrap();
    let find = async || article::Entity::find_by_id(1).cached().one(&db).await.unwrap();
    assert_eq!(find().await, Some(an_article()));
    db.execute_unprepared("CREATE INDEX titles ON article (title)").await.unwrap();
    for _ in 0..3 {
        assert_eq!(find().await, Some(an_article()), "the mock has two answers");
    }
}

#[tokio::test]
async fn a_mock_is_asked_nothing_but_what_the_application_asks() {
    for (backend, dialect) in [(DbBackend::Sqlite, Dialect::Sqlite), (DbBackend::Postgres, Dialect::Postgres)]
    {
        let mock = MockDatabase::new(backend).append_query_results([vec![an_article()]]).into_connection();
        let cache = Cache::from_url("memory://?private").unwrap();
        let db = CachedConnection::with_schema(mock, cache, "asked", articles(dialect)).await.unwrap();
        let mut moved = an_article().into_active_model();
        moved.category = Set("rust".to_owned());
        assert_eq!(moved.update(&db).await.unwrap(), an_article());
        assert_eq!(db.untracked().clone().into_transaction_log().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_read_says_what_to_do() {
    let mock = MockDatabase::new(DbBackend::Sqlite).into_connection();
    let cache = Cache::from_url("memory://?private").unwrap();
    let error = CachedConnection::new(mock, cache).await.unwrap_err();
    assert!(error.to_string().contains("with_schema"), "{error}");
}

#[tokio::test]
async fn a_hit_does_not_wait_for_a_connection_to_check_the_schema() {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    db.execute_unprepared("CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT)").await.unwrap();
    let db = CachedConnection::new(db, Cache::from_url("memory://?private").unwrap()).await.unwrap();
    let find = async || author::Entity::find_by_id(1).cached().one(&db).await.unwrap();
    assert_eq!(find().await, None);
    let only_connection = db.begin().await.unwrap();
    sleep(Duration::from_millis(1_100)).await;
    let hit = tokio::time::timeout(Duration::from_secs(2), find());
    assert_eq!(hit.await.expect("served while the pool is empty"), None);
    only_connection.rollback().await.unwrap();
}
