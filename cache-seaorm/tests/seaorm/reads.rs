//! Every kind of read is served from the cache, gives what SeaORM gives, and misses after a write.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use cache_seaorm::{Cache, CacheExt, CacheLoad, Dep, EntryKey, Policy};
use sea_orm::{
    ConnectionTrait, DbErr, DerivePartialModel, FromQueryResult, LoaderTrait, PaginatorTrait, QueryOrder,
    QuerySelect, SelectExt, SelectModel, SelectorRaw, Statement, TransactionTrait, entity::*, query::*,
};
use serde::{Deserialize, Serialize};

use crate::database;
use crate::shop::{Shop, article, article_tag, author, shop, shop_with, tag};

/// The read misses, hits, equals the uncached one, and misses after a write that changes it.
async fn check<T: PartialEq + Debug>(
    db: &Shop,
    cached: impl AsyncFn() -> Result<T, DbErr>,
    bare: impl AsyncFn() -> Result<T, DbErr>,
) {
    let change = "UPDATE article SET title = title || '!', score = score + 1; \
                  UPDATE author SET name = name || '!'; UPDATE tag SET label = label || '!'; \
                  INSERT INTO author (name) VALUES ('new ' || (SELECT count(*) FROM author)); \
                  INSERT INTO article (title, published, category, score, author_id) \
                  VALUES ('new', true, 'rust', 3, 1)";
    for _ in 0..2 {
        let expected = bare().await.unwrap();
        db.selects();
        assert_eq!(cached().await.unwrap(), expected);
        assert!(db.selects() > 0, "the first read must load");
        assert_eq!(cached().await.unwrap(), expected);
        assert_eq!(db.selects(), 0, "the second read must hit");
        db.execute_unprepared(change).await.unwrap();
    }
    assert_eq!(cached().await.unwrap(), bare().await.unwrap());
}

fn articles() -> sea_orm::Select<article::Entity> {
    article::Entity::find().order_by_asc(article::Column::Id)
}

#[tokio::test]
async fn models() {
    let db = &shop().await;
    check(db, async || articles().cached().all(&**db).await, async || articles().all(&**db).await).await;
    let one = || article::Entity::find_by_id(1);
    check(db, async || one().cached().one(&**db).await, async || one().one(&**db).await).await;
    let required = one().cached().require_one(&**db).await;
    assert_eq!(required, one().require_one(&**db).await);
    let missing = article::Entity::find_by_id(99).cached().require_one(&**db).await;
    assert_eq!(missing, article::Entity::find_by_id(99).require_one(&**db).await);
}

#[tokio::test]
async fn figures() {
    let db = &shop().await;
    check(db, async || articles().cached().count(&**db).await, async || articles().count(&**db).await).await;
    let limited = || articles().limit(2);
    check(db, async || limited().cached().count(&**db).await, async || limited().count(&**db).await).await;
    let high = || article::Entity::find().filter(article::Column::Score.gt(2));
    check(db, async || high().cached().exists(&**db).await, async || high().exists(&**db).await).await;
}

#[tokio::test]
async fn pages() {
    let db = &shop().await;
    let cached = || articles().cached().paginate(&**db, 3);
    let bare = || articles().paginate(&**db, 3);
    for page in 0..3 {
        check(db, async || cached().fetch_page(page).await, async || bare().fetch_page(page).await).await;
    }
    let figures = |it: sea_orm::ItemsAndPagesNumber| (it.number_of_items, it.number_of_pages);
    let expected = async || bare().num_items_and_pages().await.map(figures);
    check(db, async || cached().num_items_and_pages().await.map(figures), expected).await;
    let (mut cached, mut bare) = (cached(), bare());
    while let Some(page) = bare.fetch_and_next().await.unwrap() {
        assert_eq!(cached.fetch_and_next().await.unwrap().as_ref(), Some(&page));
    }
    assert_eq!(cached.fetch_and_next().await.unwrap(), None);
}

#[tokio::test]
async fn pages_of_a_named_query_are_entries_of_their_own() {
    let db = &shop().await;
    let named = || articles().cached().key(EntryKey::from("articles"));
    let pages = named().paginate(&**db, 1);
    let (first, second) = (pages.fetch_page(0).await.unwrap(), pages.fetch_page(1).await.unwrap());
    assert_ne!(first, second);
    assert_eq!(pages.fetch_page(0).await.unwrap(), first);
    assert_eq!(pages.num_items().await.unwrap(), 4);
    assert_eq!(named().paginate(&**db, 2).fetch_page(0).await.unwrap().len(), 2);
    db.selects();
    named().paginate(&**db, 1).fetch_page(1).await.unwrap();
    assert_eq!(db.selects(), 0);
}

#[tokio::test]
async fn cursors() {
    let db = &shop().await;
    let id = article::Column::Id;
    let cached = async || article::Entity::find().cached().cursor_by(id).after(1).first(2).all(&**db).await;
    let bare = async || article::Entity::find().cursor_by(id).after(1).first(2).all(&**db).await;
    check(db, cached, bare).await;
    let cached = async || article::Entity::find().cached().cursor_by(id).before(4).last(2).all(&**db).await;
    let bare = async || article::Entity::find().cursor_by(id).before(4).last(2).all(&**db).await;
    check(db, cached, bare).await;
    let with_author = || article::Entity::find().find_also_related(author::Entity);
    let cached = async || with_author().cached().cursor_by(id).desc().first(3).all(&**db).await;
    let bare = async || with_author().cursor_by(id).desc().first(3).all(&**db).await;
    check(db, cached, bare).await;
    let json = async || {
        let cursor = article::Entity::find().cursor_by(id).into_json();
        cursor.cached().all(&**db).await
    };
    let bare = async || article::Entity::find().cursor_by(id).into_json().all(&**db).await;
    check(db, json, bare).await;
    let mismatched = article::Entity::find().cached().cursor_by(id).after((1, 2)).all(&**db).await;
    assert!(matches!(mismatched, Err(DbErr::KeyArityMismatch { .. })));
}

#[tokio::test]
async fn the_last_of_a_list_are_not_the_first_of_the_opposite_one() {
    let db = &shop().await;
    let (id, find) = (article::Column::Id, article::Entity::find);
    let cursor = || find().cursor_by(id);
    // One statement, and rows that are turned round by some of them.
    let first = find().cached().cursor_by(id).desc().first(3).all(&**db).await.unwrap();
    let last = find().cached().cursor_by(id).last(3).all(&**db).await.unwrap();
    assert_eq!(first, cursor().desc().first(3).all(&**db).await.unwrap());
    assert_eq!(last, cursor().last(3).all(&**db).await.unwrap());
    assert_ne!(first, last);
    let list = find().order_by_desc(id).limit(3).cached().all(&**db).await.unwrap();
    assert_eq!(list, first);
    for (is_last, is_descending) in [(false, false), (false, true), (true, false), (true, true)] {
        let made = || {
            let mut cursor = cursor().into_json();
            cursor.before(4);
            match is_last {
                true => cursor.last(2),
                false => cursor.first(2),
            };
            match is_descending {
                true => cursor.desc(),
                false => cursor.asc(),
            };
            cursor
        };
        let expected = made().all(&**db).await.unwrap();
        for _ in 0..2 {
            assert_eq!(made().cached().all(&**db).await.unwrap(), expected, "{is_last} {is_descending}");
        }
    }
}

#[tokio::test]
async fn one_row_of_which_nothing_is_known_is_not_no_row() {
    // Everything is kept as bytes.
    let db = &shop_with(Cache::from_url("memory://?private&max=0&store=1MiB").unwrap()).await;
    let highest = || {
        let none = article::Entity::find().filter(article::Column::Id.lt(0));
        none.select_only().column_as(article::Column::Score.max(), "highest").into_tuple::<Option<f64>>()
    };
    assert_eq!(highest().one(&**db).await.unwrap(), Some(None));
    for _ in 0..2 {
        assert_eq!(highest().cached().one(&**db).await.unwrap(), Some(None));
    }
    let nobody = article::Entity::find_by_id(-1).select_only().column(article::Column::Score);
    for _ in 0..2 {
        let nobody = nobody.clone().into_tuple::<Option<f64>>();
        assert_eq!(nobody.cached().one(&**db).await.unwrap(), None);
    }
}

#[tokio::test]
async fn joins() {
    let db = &shop().await;
    let also = || articles().find_also_related(author::Entity);
    check(db, async || also().cached().all(&**db).await, async || also().all(&**db).await).await;
    check(db, async || also().cached().one(&**db).await, async || also().one(&**db).await).await;
    check(db, async || also().cached().count(&**db).await, async || also().count(&**db).await).await;
    let with = || author::Entity::find().find_with_related(article::Entity);
    check(db, async || with().cached().all(&**db).await, async || with().all(&**db).await).await;
    let three = || {
        article_tag::Entity::find()
            .order_by_asc(article_tag::Column::ArticleId)
            .order_by_asc(article_tag::Column::TagId)
            .find_also(article_tag::Entity, article::Entity)
            .find_also(article_tag::Entity, tag::Entity)
    };
    check(db, async || three().cached().all(&**db).await, async || three().all(&**db).await).await;
    let groups = || three().consolidate();
    check(db, async || groups().cached().all(&**db).await, async || groups().all(&**db).await).await;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DerivePartialModel)]
#[sea_orm(entity = "article::Entity")]
struct Headline {
    id: i64,
    title: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromQueryResult)]
struct Total {
    category: String,
    articles: i64,
}

#[tokio::test]
async fn selections() {
    let db = &shop().await;
    let partial = || articles().into_partial_model::<Headline>();
    check(db, async || partial().cached().all(&**db).await, async || partial().all(&**db).await).await;
    check(db, async || partial().cached().one(&**db).await, async || partial().one(&**db).await).await;
    let page = async || partial().cached().paginate(&**db, 2).fetch_page(1).await;
    check(db, page, async || partial().paginate(&**db, 2).fetch_page(1).await).await;
    let json = || articles().into_json();
    check(db, async || json().cached().all(&**db).await, async || json().all(&**db).await).await;
    let tuples = || {
        let titles = articles().select_only().column(article::Column::Id).column(article::Column::Title);
        titles.into_tuple::<(i64, String)>()
    };
    check(db, async || tuples().cached().all(&**db).await, async || tuples().all(&**db).await).await;
    let totals = || {
        let grouped = article::Entity::find().select_only().column(article::Column::Category);
        let counted = grouped.column_as(article::Column::Id.count(), "articles");
        counted.filter(article::Column::Score.gt(1)).group_by(article::Column::Category).into_model::<Total>()
    };
    check(db, async || totals().cached().all(&**db).await, async || totals().all(&**db).await).await;
}

#[tokio::test]
async fn raw_statements() {
    let db = &shop().await;
    let sql = format!("SELECT id, title FROM article WHERE id >= {} ORDER BY id", database::FIRST);
    let statement = || Statement::from_sql_and_values(db.get_database_backend(), sql.as_str(), [2.into()]);
    let raw = || SelectorRaw::<SelectModel<Headline>>::from_statement::<Headline>(statement());
    check(db, async || raw().cached().all(&**db).await, async || raw().all(&**db).await).await;
    check(db, async || raw().cached().one(&**db).await, async || raw().one(&**db).await).await;
    let all = || Statement::from_string(db.get_database_backend(), "SELECT * FROM article ORDER BY id");
    let cached = async || article::Entity::find().cached().from_raw_sql(all()).all(&**db).await;
    check(db, cached, async || article::Entity::find().from_raw_sql(all()).all(&**db).await).await;
}

#[tokio::test]
async fn loaders() {
    let db = &shop().await;
    let authors = author::Entity::find().all(&**db).await.unwrap();
    let articles = articles().all(&**db).await.unwrap();
    let cached = async || articles.cached().load_one(author::Entity, &**db).await;
    check(db, cached, async || articles.load_one(author::Entity, &**db).await).await;
    let published = || article::Entity::find().filter(article::Column::Published.eq(true));
    let cached = async || authors.cached().load_many(published(), &**db).await;
    check(db, cached, async || authors.load_many(published(), &**db).await).await;
    let cached = async || articles.cached().load_many_to_many(tag::Entity, article_tag::Entity, &**db).await;
    let bare = async || articles.load_many_to_many(tag::Entity, article_tag::Entity, &**db).await;
    check(db, cached, bare).await;
    // The order of the parents is that of the result.
    let reversed: Vec<_> = authors.iter().rev().cloned().collect();
    let (one, other) =
        (authors.cached().load_many(published(), &**db), reversed.load_many(published(), &**db));
    let (mut one, other) = (one.await.unwrap(), other.await.unwrap());
    one.reverse();
    assert_eq!(one, other);
    assert_eq!(reversed.cached().load_many(published(), &**db).await.unwrap(), other);
}

/// A counter of theirs makes no new key.
#[tokio::test]
async fn loaders_hit_whatever_else_has_changed_of_the_parents() {
    let db = &shop().await;
    let load = async || {
        let authors = author::Entity::find().all(&**db).await.unwrap();
        let articles = articles().all(&**db).await.unwrap();
        db.selects();
        let loaded = (
            authors.cached().load_many(article::Entity, &**db).await.unwrap(),
            articles.cached().load_one(author::Entity, &**db).await.unwrap(),
            articles.cached().load_many_to_many(tag::Entity, article_tag::Entity, &**db).await.unwrap(),
        );
        (db.selects(), loaded)
    };
    let (_, (articles_of, ..)) = load().await;
    db.execute_unprepared("UPDATE author SET name = upper(name)").await.unwrap();
    let (selects, (again, author_of, tags_of)) = load().await;
    assert_eq!((selects, &again), (1, &articles_of), "only the authors are others");
    db.execute_unprepared("UPDATE article SET score = score + 1").await.unwrap();
    let (selects, (again, author_again, tags_again)) = load().await;
    assert_eq!((selects, author_again, tags_again), (1, author_of, tags_of), "only the articles are others");
    assert_ne!(again, articles_of);
    db.execute_unprepared("UPDATE article SET author_id = 2 WHERE id = 1").await.unwrap();
    let (_, (_, author_of, _)) = load().await;
    assert_eq!(author_of[0].as_ref().map(|author| author.id), Some(2));
}

#[tokio::test]
async fn that_nothing_is_found_is_cached_until_it_is_born() {
    let db = &shop().await;
    let find = || article::Entity::find_by_id(9).cached();
    assert_eq!(find().one(&**db).await.unwrap(), None);
    db.selects();
    assert_eq!(find().one(&**db).await.unwrap(), None);
    assert_eq!(db.selects(), 0);
    db.execute_unprepared("INSERT INTO article VALUES (9, 'nine', true, 'rust', 0, 1)").await.unwrap();
    assert_eq!(find().one(&**db).await.unwrap().unwrap().title, "nine");
}

#[tokio::test]
async fn a_shared_result_is_not_copied() {
    let db = &shop().await;
    let all = || articles().cached().shared();
    let (one, other) = (all().all(&**db).await.unwrap(), all().all(&**db).await.unwrap());
    assert!(Arc::ptr_eq(&one, &other));
    assert_eq!(*one, articles().cached().all(&**db).await.unwrap());
}

#[tokio::test]
async fn a_policy_decides_whether_and_how_long() {
    let db = &shop().await;
    articles().cached().ttl(Duration::ZERO).all(&**db).await.unwrap();
    articles().cached().policy(Policy::new().enabled(false)).all(&**db).await.unwrap();
    db.selects();
    articles().cached().all(&**db).await.unwrap();
    assert_eq!(db.selects(), 1, "neither was stored");
}

#[tokio::test]
async fn results_of_different_types_and_values_are_different_entries() {
    let db = &shop().await;
    let by = |id: i64| articles().filter(article::Column::AuthorId.eq(id));
    assert_ne!(by(1).cached().all(&**db).await.unwrap(), by(2).cached().all(&**db).await.unwrap());
    let json = by(1).into_json().cached().all(&**db).await.unwrap();
    assert_eq!(json, by(1).into_json().all(&**db).await.unwrap());
    assert_eq!(by(1).cached().all(&**db).await.unwrap(), by(1).all(&**db).await.unwrap());
}

#[tokio::test]
async fn in_a_transaction_the_same_code_reads_the_database() {
    let db = &shop().await;
    let one = || article::Entity::find_by_id(1);
    one().cached().one(&**db).await.unwrap();
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared("UPDATE article SET title = 'mine' WHERE id = 1").await.unwrap();
    assert_eq!(one().cached().one(&tx).await.unwrap().unwrap().title, "mine");
    assert_eq!(one().cached().count(&tx).await.unwrap(), 1);
    let found = articles().cached().paginate(&tx, 2).fetch_page(0).await.unwrap();
    assert_eq!(found.cached().load_one(author::Entity, &tx).await.unwrap().len(), 2);
    assert_eq!(one().cached().one(&**db).await.unwrap().unwrap().title, "one");
    tx.rollback().await.unwrap();
    assert_eq!(one().cached().one(&**db).await.unwrap().unwrap().title, "one");
}

#[tokio::test]
async fn tags_reach_what_carries_them() {
    let db = &shop().await;
    let tagged = || articles().cached().tag("front");
    tagged().all(&**db).await.unwrap();
    db.cache().invalidate(Dep::tag("front")).await.unwrap();
    db.selects();
    tagged().all(&**db).await.unwrap();
    assert_eq!(db.selects(), 1);
}
