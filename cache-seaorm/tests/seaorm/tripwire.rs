//! Writes that go around the wrapper are noticed, and the user's own callback is left alone.

use cache_seaorm::CacheExt;
use sea_orm::{ConnectionTrait, Statement, entity::*, query::*};

use crate::shop::{Shop, article, connect, shop};

async fn title(db: &Shop) -> String {
    article::Entity::find_by_id(1).cached().one(&**db).await.unwrap().unwrap().title
}

fn update(title: &str) -> Statement {
    let sql = "UPDATE article SET title = ? WHERE id = 1";
    Statement::from_sql_and_values(sea_orm::DbBackend::Sqlite, sql, [title.into()])
}

#[tokio::test]
async fn a_write_through_the_bare_connection_invalidates() {
    let db = shop().await;
    title(&db).await;
    db.untracked().execute_raw(update("around")).await.unwrap();
    assert_eq!(title(&db).await, "around");
    assert_eq!(db.writes_around(), 1);
    db.execute_raw(update("through")).await.unwrap();
    assert_eq!(db.writes_around(), 1);
}

#[tokio::test]
async fn a_write_through_another_watched_handle_invalidates() {
    let db = shop().await;
    let mut other = connect(&db.url).await;
    db.watch(&mut other);
    title(&db).await;
    other.execute_raw(update("around")).await.unwrap();
    assert_eq!(title(&db).await, "around");
    title(&db).await;
    db.selects();
    article::Entity::find().all(&other).await.unwrap();
    title(&db).await;
    assert_eq!(db.selects(), 0, "a read invalidates nothing");
}

#[tokio::test]
async fn the_users_callback_sees_the_wrapped_statements() {
    let db = shop().await;
    db.selects();
    article::Entity::find().filter(article::Column::Id.eq(1)).all(&*db).await.unwrap();
    assert_eq!(db.selects(), 1);
}
