//! Transactions that statements begin on a pool of one connection: nothing of the wrapper's own ends them.

use cache_seaorm::CacheExt;
use sea_orm::{
    ConnectionTrait, DbBackend, JsonValue, SelectModel, SelectorRaw, Statement, entity::*, query::*,
};

use crate::shop::{Shop, article, narrow_shop};
use crate::transactions::{set_title, title};

async fn rows(db: &Shop) -> Vec<article::Model> {
    article::Entity::find().order_by_asc(article::Column::Id).all(&db.unseen).await.unwrap()
}

#[tokio::test]
async fn a_write_that_would_look_first_does_not_end_it() {
    for write in [
        "UPDATE article SET category = 'z' WHERE id = 1",
        "UPDATE article SET author_id = 2 WHERE id = 1",
        "DELETE FROM article WHERE id = 1",
    ] {
        let db = narrow_shop().await;
        let before = rows(&db).await;
        assert_eq!(title(&db).await, "one");
        for sql in ["BEGIN", "UPDATE article SET title = 'by hand' WHERE id = 2", write, "ROLLBACK"] {
            db.execute_unprepared(sql).await.unwrap();
        }
        assert_eq!(rows(&db).await, before, "{write} is rolled back");
        assert_eq!(title(&db).await, "one");
        db.execute_unprepared("BEGIN").await.unwrap();
        db.execute_unprepared(write).await.unwrap();
        assert_eq!(rows(&db).await, before, "{write} is not committed before its COMMIT");
        db.execute_unprepared("COMMIT").await.unwrap();
        assert_ne!(rows(&db).await, before);
        let seen = article::Entity::find().order_by_asc(article::Column::Id).cached().all(&*db).await;
        assert_eq!(seen.unwrap(), rows(&db).await);
    }
}

#[tokio::test]
async fn a_table_that_is_made_in_it_is_there_after_its_commit() {
    let db = narrow_shop().await;
    title(&db).await;
    for sql in [
        "BEGIN",
        "CREATE TABLE made (id INTEGER PRIMARY KEY, title VARCHAR(9))",
        "INSERT INTO made VALUES (1, 'a')",
        "COMMIT",
    ] {
        db.execute_unprepared(sql).await.unwrap();
        if sql.starts_with("CREATE") {
            db.refresh_schema().await.unwrap();
        }
    }
    let made = async |backend: DbBackend| {
        let made = Statement::from_string(backend, "SELECT id, title FROM made");
        SelectorRaw::<SelectModel<JsonValue>>::from_statement::<JsonValue>(made).cached().all(&*db).await
    };
    let backend = db.get_database_backend();
    assert_eq!(made(backend).await.expect("it was committed").len(), 1);
    set_title(&*db, "new").await;
    assert_eq!(title(&db).await, "new");
    // The schema is read when nothing that a statement has begun is open any more.
    for _ in 0..1_000 {
        made(backend).await.unwrap();
        db.selects();
        made(backend).await.unwrap();
        if db.selects() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("it is known");
}
