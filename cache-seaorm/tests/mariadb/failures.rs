//! Failures, counts and keys are those of the bare connection too.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ConnectionTrait, QueryOrder, TransactionSession, TransactionTrait, entity::*, query::*};

use crate::shop::{article, author, plain, shop};
use crate::transparency::{Seen, assert_same, raw};

fn named(name: &str) -> author::ActiveModel {
    author::ActiveModel { name: Set(name.into()), ..Default::default() }
}

/// What MariaDB answers otherwise than others: how many rows, which key, and what is left of a transaction.
async fn answers<C: ConnectionTrait + TransactionTrait>(db: &C) -> Vec<String> {
    let mut seen = Seen::default();
    let triggers = "CREATE TRIGGER refused BEFORE UPDATE ON article FOR EACH ROW
        IF NEW.category = 'never' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'never'; END IF";
    db.execute_unprepared(triggers).await.unwrap();
    let move_to = |category: &str| {
        let update =
            article::Entity::update_many().col_expr(article::Column::Category, Expr::value(category));
        update.filter(article::Column::Id.eq(1))
    };
    seen.note("moved", move_to("news").exec(db).await);
    seen.note("moved to where it is", move_to("news").exec(db).await);
    seen.note("refused by a trigger", move_to("never").exec(db).await);
    for sql in [
        "INSERT INTO author (id, name) VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = 'Ada'",
        "INSERT INTO author (id, name) VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = 'Eve'",
        "INSERT INTO author (name) VALUES ('new') ON DUPLICATE KEY UPDATE name = 'Eve'",
        "INSERT IGNORE INTO author (name) VALUES ('new'), ('newer')",
        "REPLACE INTO author (id, name) VALUES (2, 'Ben')",
        "UPDATE article SET score = 1 ORDER BY id LIMIT 2",
        "UPDATE author SET name = CONCAT(name, LAST_INSERT_ID(77)) WHERE id = 1",
        "DELETE FROM article WHERE id = 3",
        "DELETE FROM article WHERE id = 3",
        "TRUNCATE TABLE article_tag",
        "INSERT INTO nowhere VALUES (1)",
        "DELETE FROM author WHERE id = 1 RETURNING name",
    ] {
        let done = db.execute_raw(raw(db, sql)).await;
        seen.note(sql, done.map(|done| (done.rows_affected(), done.last_insert_id())));
    }
    let upsert = author::Entity::insert(named("new"));
    let upsert = upsert
        .on_conflict(OnConflict::column(author::Column::Name).update_column(author::Column::Name).to_owned());
    seen.note("upsert", upsert.exec(db).await.map(|done| done.last_insert_id));
    seen.note("delete", author::Entity::delete_by_id(2).exec(db).await);
    let tx = db.begin().await.unwrap();
    seen.note("in a transaction", move_to("other").exec(&tx).await);
    seen.note("twice", named("new").insert(&tx).await);
    seen.note("after a failure", named("newest").insert(&tx).await);
    seen.note(
        "deleted",
        author::Entity::delete_many().filter(author::Column::Name.eq("newest")).exec(&tx).await,
    );
    seen.note("its end", tx.commit().await);
    seen.note("authors", author::Entity::find().order_by_asc(author::Column::Id).all(db).await);
    seen.note("articles", article::Entity::find().order_by_asc(article::Column::Id).all(db).await);
    seen.0
}

#[tokio::test]
async fn every_count_key_and_failure_is_that_of_the_bare_connection() {
    let (plain, _home) = plain().await;
    let wrapped = shop().await;
    assert_same(&answers(&plain).await, &answers(&*wrapped).await);
}
