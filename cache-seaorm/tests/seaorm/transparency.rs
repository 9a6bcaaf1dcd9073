//! Everything behaves as without the wrapper.

use std::fmt::Debug;

use futures_util::TryStreamExt;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    AccessMode, ConnectionTrait, DbErr, IntoActiveModel, IsolationLevel, LoaderTrait, PaginatorTrait,
    QueryOrder, QuerySelect, SqliteTransactionMode, Statement, StreamTrait, TransactionError,
    TransactionOptions, TransactionSession, TransactionTrait, entity::*, query::*,
};

use crate::shop::{article, author, plain, shop};

/// What a caller sees, line by line.
#[derive(Default)]
pub struct Seen(pub Vec<String>);

impl Seen {
    pub fn note(&mut self, what: &str, answer: impl Debug) {
        self.0.push(format!("{what}: {answer:?}"));
    }
}

pub fn raw<C: ConnectionTrait>(db: &C, sql: &str) -> Statement {
    Statement::from_string(db.get_database_backend(), sql)
}

fn new_article(title: &str) -> article::ActiveModel {
    article::ActiveModel {
        title: Set(title.into()),
        published: Set(true),
        category: Set("rust".into()),
        score: Set(0.5),
        author_id: Set(1),
        ..Default::default()
    }
}

async fn reads<C: ConnectionTrait>(db: &C, seen: &mut Seen) {
    let articles = article::Entity::find().order_by_asc(article::Column::Id).all(db).await;
    seen.note("all", &articles);
    seen.note("one", article::Entity::find_by_id(2).one(db).await);
    seen.note("none", article::Entity::find_by_id(99).one(db).await);
    let related = author::Entity::find().find_with_related(article::Entity);
    let related = related.order_by_asc(author::Column::Id).order_by_asc(article::Column::Id);
    seen.note("with", related.all(db).await);
    let related = article::Entity::find().find_also_related(author::Entity);
    seen.note("also", related.order_by_asc(article::Column::Id).all(db).await);
    seen.note("count", article::Entity::find().count(db).await);
    let pages = article::Entity::find().order_by_asc(article::Column::Id).paginate(db, 3);
    seen.note("page", pages.fetch_page(1).await);
    seen.note("pages", pages.num_items_and_pages().await);
    let authors = author::Entity::find().order_by_asc(author::Column::Id).all(db).await.unwrap();
    let articles = article::Entity::find().order_by_asc(article::Column::Id);
    seen.note("load", authors.load_many(articles, db).await);
    let titles: Result<Vec<(i64, String)>, DbErr> = article::Entity::find()
        .select_only()
        .columns([article::Column::Id, article::Column::Title])
        .order_by_asc(article::Column::Id)
        .into_tuple()
        .all(db)
        .await;
    seen.note("tuples", titles);
    let json = article::Entity::find().order_by_asc(article::Column::Id).into_json();
    seen.note("json", json.all(db).await);
    seen.note("syntax", db.query_all_raw(raw(db, "SELEC 1")).await.map(|rows| rows.len()));
    seen.note("no table", db.query_one_raw(raw(db, "SELECT * FROM nowhere")).await.map(|row| row.is_some()));
    let typed = db.query_one_raw(raw(db, "SELECT 'a' AS a, x'01' AS b, 2 AS c")).await.unwrap().unwrap();
    seen.note("row", (typed.try_get::<String>("", "a"), typed.try_get::<Vec<u8>>("", "b")));
    seen.note("mistyped", typed.try_get::<i64>("", "a"));
}

async fn writes<C: ConnectionTrait>(db: &C, seen: &mut Seen) {
    seen.note("insert", new_article("a").insert(db).await);
    seen.note("exec", article::Entity::insert(new_article("b")).exec(db).await.map(|it| it.last_insert_id));
    let many = article::Entity::insert_many([new_article("c"), new_article("d")]);
    seen.note("many", many.exec(db).await.map(|it| it.last_insert_id));
    let many = article::Entity::insert_many([new_article("e"), new_article("f")]);
    seen.note("many returning", many.exec_with_returning(db).await);
    let done = db.execute_raw(raw(db, "INSERT INTO author (name) VALUES ('Cy'), ('Di')")).await;
    seen.note("raw", done.as_ref().map(|done| (done.rows_affected(), done.last_insert_id())));
    let twice = "UPDATE author SET name = 'Cyd' WHERE name = 'Cy'; DELETE FROM author WHERE name = 'Di'";
    seen.note("unprepared", db.execute_unprepared(twice).await.map(|done| done.rows_affected()));
    let mut one = article::Entity::find_by_id(1).one(db).await.unwrap().unwrap().into_active_model();
    one.title = Set("uno".into());
    seen.note("update", one.clone().update(db).await);
    seen.note("save", one.save(db).await);
    let missing = article::ActiveModel { id: Set(99), title: Set("x".into()), ..Default::default() };
    seen.note("update of nothing", missing.update(db).await);
    let raise = article::Entity::update_many().col_expr(article::Column::Score, Expr::value(9.0));
    seen.note("update many", raise.filter(article::Column::Published.eq(true)).exec(db).await);
    let again = author::ActiveModel { name: Set("Ada".into()), ..Default::default() };
    seen.note("unique", again.insert(db).await);
    let orphan = article::ActiveModel { author_id: Set(99), ..new_article("orphan") };
    seen.note("foreign key", orphan.insert(db).await);
    seen.note("delete", article::Entity::delete_by_id(2).exec(db).await);
    let model = article::Entity::find_by_id(3).one(db).await.unwrap().unwrap();
    seen.note("delete model", model.delete(db).await);
    seen.note("delete none", article::Entity::delete_by_id(99).exec(db).await);
    let returned = db.query_all_raw(raw(db, "DELETE FROM article WHERE id > 7 RETURNING id")).await.unwrap();
    let ids: Vec<_> = returned.iter().map(|row| row.try_get_by_index::<i64>(0)).collect();
    seen.note("returning", ids);
    seen.note("broken write", db.execute_raw(raw(db, "UPDATE nowhere SET a = 1")).await.is_err());
}

async fn streams<C: ConnectionTrait + StreamTrait + Send>(db: &C, seen: &mut Seen) {
    let stream = article::Entity::find().order_by_asc(article::Column::Id).stream(db).await.unwrap();
    seen.note("stream", stream.try_collect::<Vec<_>>().await);
    let insert = raw(db, "INSERT INTO author (name) VALUES ('S1'), ('S2') RETURNING id, name");
    let stream = db.stream_raw(insert).await.unwrap();
    let rows = stream.try_collect::<Vec<_>>().await.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| row.try_get_by_index::<String>(1)).collect();
    seen.note("stream of a write", rows);
    let broken = db.stream_raw(raw(db, "SELECT * FROM nowhere")).await.unwrap();
    seen.note("stream of an error", broken.try_collect::<Vec<_>>().await.map(|rows| rows.len()));
    let broken = db.stream_raw(raw(db, "INSERT INTO author (name) VALUES ('Ada')")).await.unwrap();
    seen.note("stream of a failing write", broken.try_collect::<Vec<_>>().await.map(|rows| rows.len()));
}

async fn names<C: ConnectionTrait>(db: &C) -> Vec<String> {
    let authors = author::Entity::find().order_by_asc(author::Column::Id).all(db).await.unwrap();
    authors.into_iter().map(|author| author.name).collect()
}

fn named(name: &str) -> author::ActiveModel {
    author::ActiveModel { name: Set(name.into()), ..Default::default() }
}

async fn transactions<C>(db: &C, seen: &mut Seen)
where
    C: ConnectionTrait + TransactionTrait,
    C::Transaction: StreamTrait,
{
    let outer = db.begin().await.unwrap();
    named("kept").insert(&outer).await.unwrap();
    let inner = outer.begin().await.unwrap();
    named("lost").insert(&inner).await.unwrap();
    seen.note("inside", names(&inner).await);
    inner.rollback().await.unwrap();
    let inner = outer.begin().await.unwrap();
    named("kept too").insert(&inner).await.unwrap();
    inner.commit().await.unwrap();
    let inner = outer.begin().await.unwrap();
    named("dropped").insert(&inner).await.unwrap();
    drop(inner);
    seen.note("outside", names(&outer).await);
    streams(&outer, seen).await;
    outer.commit().await.unwrap();
    seen.note("committed", names(db).await);

    let dropped = db.begin().await.unwrap();
    named("never").insert(&dropped).await.unwrap();
    drop(dropped);
    let rolled_back = db.begin().await.unwrap();
    named("nor this").insert(&rolled_back).await.unwrap();
    seen.note("rollback", rolled_back.rollback().await);
    seen.note("after", names(db).await);

    let closure = db
        .transaction::<_, i64, DbErr>(|db| {
            Box::pin(async move { named("by closure").insert(db).await.map(|author| author.id) })
        })
        .await;
    seen.note("closure", closure.is_ok());
    let failed = db
        .transaction_with_config::<_, (), DbErr>(
            |db| {
                Box::pin(async move {
                    named("not by closure").insert(db).await?;
                    Err(DbErr::Custom("no".into()))
                })
            },
            Some(IsolationLevel::Serializable),
            Some(AccessMode::ReadWrite),
        )
        .await;
    seen.note("failing closure", matches!(failed, Err(TransactionError::Transaction(DbErr::Custom(_)))));
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let immediate = db.begin_with_options(options).await.unwrap();
    named("immediate").insert(&immediate).await.unwrap();
    seen.note("commit", immediate.commit().await);
    seen.note("at last", names(db).await);
}

pub async fn script<C>(db: &C) -> Vec<String>
where
    C: ConnectionTrait + TransactionTrait + StreamTrait + Send,
    C::Transaction: StreamTrait,
{
    let mut seen = Seen::default();
    seen.note("returning", db.support_returning());
    seen.note("mock", db.is_mock_connection());
    reads(db, &mut seen).await;
    writes(db, &mut seen).await;
    reads(db, &mut seen).await;
    streams(db, &mut seen).await;
    db.execute_unprepared("DELETE FROM author WHERE name IN ('S1', 'S2')").await.unwrap();
    transactions(db, &mut seen).await;
    reads(db, &mut seen).await;
    seen.0
}

#[tokio::test]
async fn every_answer_is_that_of_the_bare_connection() {
    let (plain, _folder) = plain().await;
    let wrapped = shop().await;
    assert_same(&script(&plain).await, &script(&*wrapped).await);
}

/// Errors of MariaDB name the database, `test7`, and both have another.
fn anonymous(line: &str) -> String {
    let mut parts = line.split("test");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |line, part| line + "test" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

pub fn assert_same(expected: &[String], seen: &[String]) {
    for (expected, seen) in expected.iter().zip(seen) {
        assert_eq!(anonymous(expected), anonymous(seen));
    }
    assert_eq!(expected.len(), seen.len());
}

#[tokio::test]
async fn futures_can_be_spawned() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let db = shop().await;
    let db = &*db;
    is_send(script(db)).await;
}
