//! Values put by hand that depend on entities.

use std::collections::BTreeSet;

use cache_seaorm::prelude::*;
use cache_seaorm::{Dep, ErrorKind};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, TransactionTrait, entity::*, query::*};

use crate::shop::article::{self, Column, Entity as Article};
use crate::shop::{Shop, article_tag, author, shop};

/// Rows whose key the database declares in another order, with columns of other names.
mod seat {
    use cache_seaorm::CacheDeps;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, CacheDeps)]
    #[sea_orm(table_name = "seat")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_name = "row_no")]
        pub row: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i64,
        #[cache(scope)]
        #[sea_orm(column_name = "kind")]
        pub class: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    pub const DDL: &str = "
    CREATE TABLE seat (row_no INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT, PRIMARY KEY (place, row_no));
    INSERT INTO seat VALUES (1, 2, 'box'), (2, 1, NULL)";
}

/// Values put by hand, each under the name of what it depends on.
struct Values<'s> {
    db: &'s Shop,
    deps: Vec<(&'static str, Dep)>,
}

impl<'s> Values<'s> {
    async fn put(db: &'s Shop, deps: impl IntoIterator<Item = (&'static str, Dep)>) -> Self {
        let values = Self { db, deps: deps.into_iter().collect() };
        values.put_again().await;
        assert_eq!(values.ended().await, [] as [&str; 0]);
        values
    }

    async fn put_again(&self) {
        for (name, dep) in &self.deps {
            self.db.cache().put(*name, (*name).to_owned(), [dep.clone()]).await.unwrap();
        }
    }

    /// What is not there any more. It is put again.
    async fn ended(&self) -> Vec<&'static str> {
        let mut ended = Vec::new();
        for (name, _) in &self.deps {
            if self.db.cache().get::<String>(*name).await.is_none() {
                ended.push(*name);
            }
        }
        self.put_again().await;
        ended
    }
}

fn published(category: &str) -> Dep {
    Article::dep_scope(((Column::Published, true), (Column::Category, category)))
}

/// A site's articles and authors.
fn site() -> [(&'static str, Dep); 9] {
    [
        ("article 1", Article::dep_row(1)),
        ("article 2", Article::dep_row(2)),
        ("rust", published("rust")),
        ("news", Article::dep_scope(((Column::Category, "news"), (Column::Published, true)))),
        ("by 1", Article::dep_scope((Column::AuthorId, 1))),
        ("by 2", Article::dep_scope((Column::AuthorId, 2))),
        ("articles", Article::dep_table()),
        ("author 2", author::Entity::dep_row(2)),
        ("authors", author::Entity::dep_table()),
    ]
}

async fn update<C: ConnectionTrait>(db: &C, id: i64, change: impl FnOnce(&mut article::ActiveModel)) {
    let mut article = Article::find_by_id(id).one(db).await.unwrap().unwrap().into_active_model();
    change(&mut article);
    article.update(db).await.unwrap();
}

#[tokio::test]
async fn writes_end_the_values_that_depend_on_what_they_change() {
    let db = &shop().await;
    let values = Values::put(db, site()).await;
    update(&**db, 1, |article| article.title = Set("uno".into())).await;
    assert_eq!(values.ended().await, ["article 1", "rust", "by 1", "articles"]);
    update(&**db, 4, |draft| draft.score = Set(1.0)).await;
    assert_eq!(values.ended().await, ["by 2", "articles"]);
    update(&**db, 2, |article| article.category = Set("news".into())).await;
    assert_eq!(values.ended().await, ["article 2", "rust", "news", "by 2", "articles"]);
    Article::delete_by_id(3).exec(&**db).await.unwrap();
    assert_eq!(values.ended().await, ["news", "by 1", "articles"]);
    db.execute_unprepared("INSERT INTO article VALUES (9, 'nine', 1, 'rust', 0, 2)").await.unwrap();
    assert_eq!(values.ended().await, ["rust", "by 2", "articles"]);
    db.execute_unprepared("UPDATE author SET name = 'Adele' WHERE id = 1").await.unwrap();
    assert_eq!(values.ended().await, ["authors"]);
    db.execute_unprepared("UPDATE tag SET label = 'x'").await.unwrap();
    assert_eq!(values.ended().await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_write_in_a_transaction_ends_them_at_commit() {
    let db = &shop().await;
    let values = Values::put(db, site()).await;
    let tx = db.begin().await.unwrap();
    update(&tx, 1, |article| article.title = Set("uno".into())).await;
    assert_eq!(values.ended().await, [] as [&str; 0]);
    tx.commit().await.unwrap();
    assert_eq!(values.ended().await, ["article 1", "rust", "by 1", "articles"]);
}

#[tokio::test]
async fn a_key_of_several_columns_is_one_row() {
    let db = &shop().await;
    let (short, long) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let row = |article, tag| article_tag::Entity::dep_row((article, tag));
    let deps = [("1 short", row(1, short)), ("1 long", row(1, long)), ("2 long", row(2, long))];
    let values = Values::put(db, deps).await;
    article_tag::Entity::delete_by_id((1, long)).exec(&**db).await.unwrap();
    assert_eq!(values.ended().await, ["1 long"]);
    db.cache().invalidate(row(1, short)).await.unwrap();
    assert_eq!(values.ended().await, ["1 short"]);
    article_tag::Entity::delete_many()
        .filter(article_tag::Column::ArticleId.eq(2))
        .exec(&**db)
        .await
        .unwrap();
    assert_eq!(values.ended().await, ["2 long"], "a bulk write by a part of the key keeps other rows");
}

#[tokio::test]
async fn columns_go_by_their_names_in_the_database_whatever_its_order() {
    let db = &shop().await;
    db.execute_unprepared(seat::DDL).await.unwrap();
    let class = |class: Option<&str>| seat::Entity::dep_scope((seat::Column::Class, class));
    let deps = [
        ("row 1 place 2", seat::Entity::dep_row((1, 2))),
        ("row 2 place 1", seat::Entity::dep_row((2, 1))),
        ("box", class(Some("box"))),
        ("no class", class(None)),
    ];
    let values = Values::put(db, deps).await;
    db.execute_unprepared("UPDATE seat SET kind = 'box' WHERE row_no = 1 AND place = 2").await.unwrap();
    assert_eq!(values.ended().await, ["row 1 place 2", "box"]);
    seat::Entity::delete_by_id((2, 1)).exec(&**db).await.unwrap();
    assert_eq!(values.ended().await, ["row 2 place 1", "no class"]);
}

#[tokio::test]
async fn invalidating_what_a_value_depends_on_ends_it_and_not_its_neighbours() {
    let db = &shop().await;
    let values = Values::put(db, site()).await;
    let invalidate = async |dep: Dep| {
        db.cache().invalidate(dep).await.unwrap();
        values.ended().await
    };
    assert_eq!(
        invalidate(Article::dep_row(1)).await,
        ["article 1", "rust", "news", "by 1", "by 2", "articles"],
        "its scopes are not known"
    );
    let ended = invalidate(published("rust")).await;
    assert!(["rust", "articles"].iter().all(|name| ended.contains(name)), "{ended:?}");
    assert!(["news", "author 2", "authors"].iter().all(|name| !ended.contains(name)), "{ended:?}");
    assert!(!invalidate(author::Entity::dep_row(1)).await.contains(&"author 2"));
    let ended = invalidate(Article::dep_table()).await;
    assert_eq!(ended, ["article 1", "article 2", "rust", "news", "by 1", "by 2", "articles"]);
}

/// The same database, values and cached reads before each change.
async fn ended_by(change: impl AsyncFnOnce(&Shop)) -> BTreeSet<&'static str> {
    let db = shop().await;
    let values = Values::put(&db, site()).await;
    let missing = async || {
        db.selects();
        let mut missing = BTreeSet::new();
        let mut note = |what| _ = (db.selects() > 0).then(|| missing.insert(what));
        author::Entity::find_by_id(2).cached().one(&*db).await.unwrap();
        note("look-up of author 2");
        author::Entity::find_by_id(9).cached().one(&*db).await.unwrap();
        note("look-up of nobody");
        author::Entity::find().cached().count(&*db).await.unwrap();
        note("number of authors");
        author::Entity::find().find_with_related(Article).cached().all(&*db).await.unwrap();
        note("authors and their articles");
        Article::find().filter(Column::AuthorId.eq(2)).cached().all(&*db).await.unwrap();
        note("articles of author 2");
        missing
    };
    missing().await;
    assert_eq!(missing().await, BTreeSet::new());
    change(&db).await;
    values.ended().await.into_iter().chain(missing().await).collect()
}

#[tokio::test]
async fn invalidating_a_row_ends_whatever_a_write_of_that_row_ends() {
    for (id, writes) in [
        (2, &["UPDATE author SET name = 'Bo' WHERE id = 2", "DELETE FROM author WHERE id = 2"][..]),
        (9, &["INSERT INTO author VALUES (9, 'Cy')"]),
    ] {
        let dep = author::Entity::dep_row(id);
        let by_hand = ended_by(async |db| db.cache().invalidate(dep).await.unwrap()).await;
        for write in writes {
            let by_write = ended_by(async |db| _ = db.execute_unprepared(write).await.unwrap()).await;
            assert!(by_hand.is_superset(&by_write), "{write}: {:?}", &by_write - &by_hand);
        }
        let model = author::Model { id, name: "Ben".into() };
        let by_model = ended_by(async |db| db.invalidate_for(&model).await.unwrap()).await;
        assert!(by_hand.is_superset(&by_model), "{:?}", &by_model - &by_hand);
    }
}

#[tokio::test]
async fn invalidating_a_row_or_scope_that_was_deleted_unseen_ends_what_its_cascade_deleted() {
    for dep in [author::Entity::dep_row(2), author::Entity::dep_scope((author::Column::Name, "Ben"))] {
        let ended = ended_by(async |db| {
            db.unseen.execute_unprepared("DELETE FROM author WHERE id = 2").await.unwrap();
            db.cache().invalidate(dep).await.unwrap();
        });
        let ended = ended.await;
        for name in ["article 2", "rust", "by 2", "articles", "author 2", "articles of author 2"] {
            assert!(ended.contains(name), "{name} survived: {ended:?}");
        }
    }
    let ended = ended_by(async |db| db.cache().invalidate(author::Entity::dep_row(2)).await.unwrap()).await;
    assert!(!ended.contains("by 1"), "the articles of others stay: {ended:?}");
}

#[tokio::test]
async fn what_is_loaded_by_hand_is_loaded_again_after_a_write() {
    let db = &shop().await;
    let titles = async || {
        let load = async || {
            let titles = Article::find().select_only().column(Column::Title);
            titles.filter(Column::AuthorId.eq(1)).into_tuple::<String>().all(&**db).await
        };
        db.cache().get_or_load("titles", [Article::dep_scope((Column::AuthorId, 1))], load).await.unwrap()
    };
    assert_eq!(*titles().await, ["one", "three"]);
    db.selects();
    assert_eq!(*titles().await, ["one", "three"]);
    assert_eq!(db.selects(), 0);
    db.execute_unprepared("DELETE FROM article WHERE id = 1").await.unwrap();
    assert_eq!(*titles().await, ["three"]);
}

#[tokio::test]
async fn what_is_no_scope_or_no_value_of_its_column_is_refused() {
    let db = &shop().await;
    for (dep, expected) in [
        (
            Article::dep_scope((Column::Category, "rust")),
            "its scopes are: (author_id), (published, category)",
        ),
        (Article::dep_scope((Column::AuthorId, "Ada")), "in their types"),
        (Article::dep_scope(((Column::AuthorId, 1), (Column::AuthorId, 2))), "no scope of exactly these"),
    ] {
        let error = db.cache().put("value", 1, [dep.clone()]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownDependency);
        assert!(error.to_string().contains(expected), "{dep}: {error}");
    }
}
