//! Failures are those of the bare connection too.

use cache_seaorm::{Cache, CachedConnection};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ConnectionTrait, Database, QueryOrder, Statement, TransactionSession, TransactionTrait, entity::*,
    query::*,
};

use crate::shop::{DDL, article, plain, shop};
use crate::transparency::{Seen, assert_same, raw, script};

/// Writes that fail in unusual ways, and what the connection is good for afterwards.
async fn failures<C>(db: &C) -> Vec<String>
where
    C: ConnectionTrait + TransactionTrait,
{
    let mut seen = Seen::default();
    let ddl = "CREATE TABLE note (id INTEGER PRIMARY KEY, article_id INTEGER REFERENCES article (id) \
                 DEFERRABLE INITIALLY DEFERRED); \
               INSERT INTO note VALUES (1, 4)";
    let triggers = "CREATE TRIGGER never BEFORE UPDATE ON article WHEN new.category = 'never' \
                 BEGIN SELECT RAISE (ROLLBACK, 'never'); END; \
               CREATE TRIGGER ignored BEFORE UPDATE ON article WHEN new.category = 'ignored' \
                 BEGIN SELECT RAISE (IGNORE); END";
    db.execute_unprepared(ddl).await.unwrap();
    let move_to = |category: &str| {
        let update =
            article::Entity::update_many().col_expr(article::Column::Category, Expr::value(category));
        update.filter(article::Column::Id.eq(1))
    };
    seen.note("deferred", db.execute_unprepared("DELETE FROM article WHERE id = 4").await.map(|_| ()));
    seen.note("deferred, typed", article::Entity::delete_by_id(4).exec(db).await);
    let returning = raw(db, "DELETE FROM article WHERE id = 4 RETURNING id");
    seen.note("deferred, returning", db.query_all_raw(returning).await.map(|rows| rows.len()));
    db.execute_unprepared(triggers).await.unwrap();
    seen.note("rolled back by a trigger", move_to("never").exec(db).await);
    seen.note("ignored by a trigger", move_to("ignored").exec(db).await);
    seen.note("afterwards", move_to("news").exec(db).await);
    let tx = db.begin().await.unwrap();
    seen.note("in a transaction", move_to("other").exec(&tx).await);
    seen.note("rolled back in a transaction", move_to("never").exec(&tx).await);
    seen.note("its end", tx.rollback().await.is_ok());
    for _ in 0..8 {
        let tx = db.begin().await.unwrap();
        seen.note("moved", move_to("rust").exec(&tx).await);
        seen.note("committed", tx.commit().await);
    }
    seen.note("finally", article::Entity::find().order_by_asc(article::Column::Id).all(db).await);
    seen.0
}

#[tokio::test]
async fn every_failure_is_that_of_the_bare_connection() {
    let (plain, _folder) = plain().await;
    let wrapped = shop().await;
    assert_same(&failures(&plain).await, &failures(&*wrapped).await);
}

#[tokio::test]
async fn a_single_connection_in_memory_is_enough() {
    let plain = Database::connect("sqlite::memory:").await.unwrap();
    let inner = Database::connect("sqlite::memory:").await.unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let wrapped = CachedConnection::new(inner, cache).await.unwrap();
    plain.execute_unprepared(DDL).await.unwrap();
    wrapped.execute_unprepared(DDL).await.unwrap();
    assert_same(&script(&plain).await, &script(&wrapped).await);
    assert_same(&failures(&plain).await, &failures(&wrapped).await);
}

#[tokio::test]
async fn a_panic_in_a_write_reaches_the_caller() {
    let db = shop().await;
    // sqlx cannot bind an unsigned number that SQLite cannot hold.
    let values = [u64::MAX.into()];
    let update = "UPDATE author SET name = 'x' WHERE id = ?";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), update, values);
    let db = db.clone();
    let task = tokio::spawn(async move { db.execute_raw(statement).await.map(|done| done.rows_affected()) });
    assert!(task.await.unwrap_err().is_panic());
}
