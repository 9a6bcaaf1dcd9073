//! What writes invalidate, and what they leave alone.

use cache_seaorm::CacheExt;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ConnectionTrait, IntoActiveModel, Statement, entity::*, query::*};

use crate::database;
use crate::shop::{Shop, article, author, shop};

/// The cached results of a small site.
struct Site<'s>(&'s Shop);

const RUST: &str = "list of rust";
const NEWS: &str = "list of news";
const ONE: &str = "article 1";
const TWO: &str = "article 2";
const BEN: &str = "author 2";
const COUNT: &str = "number of articles";

impl<'s> Site<'s> {
    /// All filled.
    async fn filled(db: &'s Shop) -> Self {
        let site = Self(db);
        site.missing().await;
        assert_eq!(site.missing().await, [] as [&str; 0]);
        site
    }

    /// Reads everything, and tells what was not in the cache.
    async fn missing(&self) -> Vec<&'static str> {
        let db = &**self.0;
        let list = |category: &str| {
            let published = article::Entity::find().filter(article::Column::Published.eq(true));
            published.filter(article::Column::Category.eq(category)).cached()
        };
        let mut missing = Vec::new();
        let mut note = |what| {
            if self.0.selects() > 0 {
                missing.push(what);
            }
        };
        self.0.selects();
        list("rust").all(db).await.unwrap();
        note(RUST);
        list("news").all(db).await.unwrap();
        note(NEWS);
        article::Entity::find_by_id(1).cached().one(db).await.unwrap();
        note(ONE);
        article::Entity::find_by_id(2).cached().one(db).await.unwrap();
        note(TWO);
        author::Entity::find_by_id(2).cached().one(db).await.unwrap();
        note(BEN);
        article::Entity::find().cached().count(db).await.unwrap();
        note(COUNT);
        missing
    }
}

async fn model(db: &Shop, id: i64) -> article::ActiveModel {
    article::Entity::find_by_id(id).one(&**db).await.unwrap().unwrap().into_active_model()
}

fn new_article(category: &str) -> article::ActiveModel {
    article::ActiveModel {
        title: Set("new".into()),
        published: Set(true),
        category: Set(category.into()),
        score: Set(0.0),
        author_id: Set(1),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_update_keeps_other_rows_and_lists() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    let mut one = model(db, 1).await;
    one.title = Set("uno".into());
    one.update(&**db).await.unwrap();
    assert_eq!(site.missing().await, [RUST, ONE]);
}

#[tokio::test]
async fn a_move_between_lists_ends_both() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    let mut one = model(db, 1).await;
    one.category = Set("news".into());
    one.update(&**db).await.unwrap();
    assert_eq!(site.missing().await, [RUST, NEWS, ONE]);
}

#[tokio::test]
async fn an_insert_ends_its_list_and_the_count() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    new_article("news").insert(&**db).await.unwrap();
    assert_eq!(site.missing().await, [NEWS, COUNT]);
    article::Entity::insert(new_article("rust")).exec(&**db).await.unwrap();
    let missing = site.missing().await;
    assert!([RUST, COUNT].iter().all(|gone| missing.contains(gone)), "{missing:?}");
    let two = [new_article("news"), new_article("other")];
    let two = article::Entity::insert_many(two);
    if db.support_returning() {
        two.exec_with_returning(&**db).await.unwrap();
    } else {
        two.exec(&**db).await.unwrap();
    }
    assert_eq!(site.missing().await, [NEWS, COUNT]);
    author::ActiveModel { name: Set("Cy".into()), ..Default::default() }.insert(&**db).await.unwrap();
    assert_eq!(site.missing().await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_bulk_update_ends_what_its_filter_reaches() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    let update = article::Entity::update_many().col_expr(article::Column::Title, Expr::value("x"));
    let update = update.filter(article::Column::Category.eq("news"));
    assert_eq!(update.exec(&**db).await.unwrap().rows_affected, 1);
    assert_eq!(site.missing().await, [NEWS]);
}

#[tokio::test]
async fn a_write_of_nothing_ends_nothing() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    let none = article::Entity::delete_many().filter(article::Column::Score.gt(1000.0));
    assert_eq!(none.exec(&**db).await.unwrap().rows_affected, 0);
    assert_eq!(site.missing().await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_cascade_ends_what_it_deletes() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    author::Entity::delete_by_id(2).exec(&**db).await.unwrap();
    let missing = site.missing().await;
    assert!([RUST, TWO, BEN, COUNT].iter().all(|gone| missing.contains(gone)), "{missing:?}");
    assert_eq!(article::Entity::find_by_id(2).cached().one(&**db).await.unwrap(), None);
}

#[tokio::test]
async fn an_upsert_ends_the_row_that_it_changes() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    let id = Set(1);
    let upsert = article::Entity::insert(article::ActiveModel { id, ..new_article("news") });
    let upsert = upsert.on_conflict(
        OnConflict::column(article::Column::Id).update_column(article::Column::Title).to_owned(),
    );
    upsert.exec(&**db).await.unwrap();
    let missing = site.missing().await;
    assert!([RUST, ONE].iter().all(|gone| missing.contains(gone)), "{missing:?}");
    let one = article::Entity::find_by_id(1).cached().one(&**db).await.unwrap().unwrap();
    assert_eq!((one.title.as_str(), one.category.as_str()), ("new", "rust"));
}

#[tokio::test]
async fn raw_statements_are_understood() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    let sql = format!("UPDATE article SET score = score + 1 WHERE id = {}", database::FIRST);
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [2.into()]);
    db.execute_raw(statement).await.unwrap();
    assert_eq!(site.missing().await, [RUST, TWO]);
    db.execute_unprepared("DELETE FROM article WHERE id = 3; UPDATE author SET name = 'B' WHERE id = 2")
        .await
        .unwrap();
    let missing = site.missing().await;
    assert!([NEWS, BEN, COUNT].iter().all(|gone| missing.contains(gone)), "{missing:?}");
    assert!(!missing.contains(&ONE), "{missing:?}");
}

#[tokio::test]
async fn a_failed_write_leaves_nothing_stale() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    let partly = "UPDATE article SET title = 'done' WHERE id = 1; INSERT INTO author VALUES (1, 'Ada')";
    db.execute_unprepared(partly).await.unwrap_err();
    assert!(site.missing().await.contains(&ONE));
    let one = article::Entity::find_by_id(1).cached().one(&**db).await.unwrap().unwrap();
    assert_eq!(one.title, database::HALF_WAY);
}

#[tokio::test]
async fn a_stream_of_a_write_is_a_write() {
    use futures_util::TryStreamExt;
    use sea_orm::StreamTrait;
    let db = &shop().await;
    let site = Site::filled(db).await;
    // MariaDB returns rows of DELETE only.
    let sql = match db.support_returning() {
        true => "UPDATE article SET title = 'x' WHERE id IN (1, 2) RETURNING id",
        false => "DELETE FROM article WHERE id IN (1, 2) RETURNING id",
    };
    let statement = || Statement::from_string(db.get_database_backend(), sql);
    let mut stream = db.stream_raw(statement()).await.unwrap();
    stream.try_next().await.unwrap().unwrap();
    drop(stream);
    let missing = site.missing().await;
    assert!([RUST, ONE, TWO].iter().all(|gone| missing.contains(gone)), "{missing:?}");
}

#[tokio::test]
async fn a_row_that_was_written_unseen_is_invalidated_by_hand() {
    let db = &shop().await;
    let site = Site::filled(db).await;
    let find = async || article::Entity::find_by_id(1).one(&db.unseen).await.unwrap().unwrap();
    let old = find().await;
    db.unseen.execute_unprepared("UPDATE article SET title = 'unseen' WHERE id = 1").await.unwrap();
    assert_eq!(site.missing().await, [] as [&str; 0]);
    db.invalidate_for((&old, &find().await)).await.unwrap();
    assert_eq!(site.missing().await, [RUST, ONE]);

    db.unseen.execute_unprepared("DELETE FROM article WHERE id = 1").await.unwrap();
    db.invalidate_for(&old).await.unwrap();
    assert_eq!(site.missing().await, [RUST, ONE, COUNT]);
}

#[tokio::test]
async fn what_a_trigger_wrote_after_an_unseen_update_is_invalidated_with_its_row() {
    let db = &shop().await;
    db.execute_unprepared(database::RENAMED).await.unwrap();
    let author = async || author::Entity::find_by_id(1).cached().one(&**db).await.unwrap().unwrap().name;
    let before = author().await;
    let find = async || article::Entity::find_by_id(1).one(&db.unseen).await.unwrap().unwrap();
    db.unseen.execute_unprepared("UPDATE article SET title = 'unseen' WHERE id = 1").await.unwrap();
    assert_eq!(author().await, before);
    db.invalidate_for(&find().await).await.unwrap();
    assert_eq!(author().await, format!("{before}!"));
}
