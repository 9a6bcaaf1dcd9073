//! A disabled cache: as without one, on whatever database.

use std::sync::{Arc, Mutex};

use cache_seaorm::prelude::*;
use cache_seaorm::{Cache, CachedConnection};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, MockDatabase, MockExecResult, Statement,
    StreamTrait, Transaction, TransactionSession, TransactionTrait, entity::*, query::*,
};

use crate::shop::{author, shop_with};

fn ada() -> author::Model {
    author::Model { id: 1, name: "Ada".into() }
}

fn mock(backend: DbBackend) -> DatabaseConnection {
    let done = MockExecResult { last_insert_id: 1, rows_affected: 1 };
    MockDatabase::new(backend)
        .append_query_results(vec![vec![ada()]; 10])
        .append_exec_results(vec![done; 10])
        .into_connection()
}

/// What the mock was asked.
fn asked(db: &DatabaseConnection) -> Vec<Transaction> {
    db.clone().into_transaction_log()
}

async fn use_it<C: ConnectionTrait + TransactionTrait + StreamTrait>(db: &C) -> Result<(), DbErr> {
    db.execute_unprepared("CREATE TABLE author (id BIGINT PRIMARY KEY, name TEXT)").await?;
    let rename = author::Entity::update_many().col_expr(author::Column::Name, Expr::value("Ada"));
    rename.filter(author::Column::Id.eq(1)).exec(db).await?;
    author::Entity::delete_by_id(1).exec(db).await?;
    let transaction = db.begin().await?;
    assert_eq!(author::Entity::find_by_id(1).one(&transaction).await?, Some(ada()));
    author::Entity::delete_many().exec(&transaction).await?;
    transaction.commit().await?;
    drop(author::Entity::find().stream(db).await?);
    Ok(())
}

#[tokio::test]
async fn nothing_is_asked_but_what_the_application_asks() {
    for backend in [DbBackend::Sqlite, DbBackend::Postgres, DbBackend::MySql] {
        let plain = mock(backend);
        use_it(&plain).await.unwrap();
        let db = CachedConnection::new(mock(backend), Cache::disabled()).await.unwrap();
        use_it(&db).await.unwrap();
        db.refresh_schema().await.unwrap();
        db.invalidate_for(&ada()).await.unwrap();
        db.cache().invalidate(author::Entity::dep_row(1)).await.unwrap();
        let expected = asked(&plain);
        assert_eq!(expected.len(), 5, "{expected:?}");
        assert_eq!(asked(db.untracked()), expected, "{backend:?}");
    }
}

#[tokio::test]
async fn every_cached_read_asks_the_database() {
    let mock = mock(DbBackend::Postgres);
    let db = CachedConnection::new(mock, Cache::disabled()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(author::Entity::find_by_id(1).cached().one(&db).await.unwrap(), Some(ada()));
        let block = db.cached_query("authors").run(async |db| {
            let authors = author::Entity::find().cached().all(db).await?;
            Ok::<_, DbErr>(authors.len())
        });
        assert_eq!(block.await.unwrap(), 1);
    }
    assert_eq!(asked(db.untracked()).len(), 4);

    let db = shop_with(Cache::disabled()).await;
    for name in ["Ada", "Zoe"] {
        assert_eq!(author::Entity::find_by_id(1).cached().one(&*db).await.unwrap().unwrap().name, name);
        assert_eq!(db.selects(), 1);
        db.unseen.execute_unprepared("UPDATE author SET name = 'Zoe' WHERE id = 1").await.unwrap();
    }
}

#[tokio::test]
async fn a_changed_schema_is_not_read() {
    let mut inner = Database::connect("sqlite::memory:").await.unwrap();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let note = Arc::clone(&asked);
    inner.set_metric_callback(move |info| note.lock().unwrap().push(info.statement.sql.clone()));
    let db = CachedConnection::new(inner, Cache::disabled()).await.unwrap();
    let create = Statement::from_string(DbBackend::Sqlite, "CREATE TABLE author (id INTEGER PRIMARY KEY)");
    db.execute_raw(create.clone()).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), [create.sql]);
}

#[tokio::test]
async fn a_connection_that_is_none_is_refused_all_the_same() {
    let refused = CachedConnection::new(DatabaseConnection::default(), Cache::disabled()).await.unwrap_err();
    assert!(refused.to_string().contains("connect it first"), "{refused}");
}

#[tokio::test]
async fn an_explanation_says_that_it_is_disabled() {
    let db = CachedConnection::new(mock(DbBackend::MySql), Cache::disabled()).await.unwrap();
    let read = async |db: &CachedConnection| author::Entity::find().cached().all(db).await;
    let why = db.explain(read).await.unwrap().to_string();
    assert!(why.contains("not cached: the cache is disabled\n"), "{why}");
}
