//! A SeaORM application on a real SQLite file with a cache that invalidates itself.
//!
//! Run it with `cargo run -p quickstart`. Not one line of it invalidates anything.

#![allow(unreachable_pub, reason = "entities are public, as SeaORM writes them")]
#![allow(missing_docs, reason = "an application")]

mod article;
mod author;
mod report;

use cache_seaorm::prelude::*;
use cache_seaorm::{Cache, CachedConnection};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectOptions, ConnectionTrait, Database, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, Set, TransactionTrait,
};

use crate::report::Report;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("blog.sqlite").display());
    let mut options = ConnectOptions::new(url);
    options.max_connections(4);
    let db = CachedConnection::new(Database::connect(options).await?, Cache::from_url("memory://")?).await?;
    set_up(&db).await?;
    let mut report = Report::new(db.cache());

    report.title("The first read asks the database, the second does not");
    for _ in 0..2 {
        report.read("rust articles", rust().cached().all(&db), rust().all(db.untracked())).await?;
    }

    report.title("An article of the list changes");
    let mut article = article::Entity::find_by_id(1).one(&db).await?.ok_or("no article")?.into_active_model();
    article.title = Set("Ownership, again".to_owned());
    report.write("update title of article 1", article.clone().update(&db)).await?;
    let list = report.read("rust articles", rust().cached().all(&db), rust().all(db.untracked())).await?;
    assert!(list.iter().any(|article| article.title == "Ownership, again"));

    report.title("An article of another list changes");
    let other = article::Entity::update_many()
        .col_expr(article::Column::Title, Expr::value("Goroutines"))
        .filter(article::Column::Category.eq("go"));
    report.write("update titles of all go articles", other.exec(&db)).await?;
    report.read("rust articles", rust().cached().all(&db), rust().all(db.untracked())).await?;

    report.title("A counter changes: counts by category do not depend on it");
    let count = || rust().cached().count(&db);
    report.read("count of rust articles", count(), rust().count(db.untracked())).await?;
    let views = "UPDATE article SET views = views + 1 WHERE id = 2";
    report.write("one more view of article 2, in raw SQL", db.execute_unprepared(views)).await?;
    report.read("count of rust articles", count(), rust().count(db.untracked())).await?;

    report.title("An article moves from one category to the other, in a transaction");
    let transaction = db.begin().await?;
    article.category = Set("go".to_owned());
    report.write("move article 1 to go", article.clone().update(&transaction)).await?;
    report.read("rust articles, before COMMIT", rust().cached().all(&db), rust().all(db.untracked())).await?;
    report.write("COMMIT", transaction.commit()).await?;
    let list = report.read("rust articles", rust().cached().all(&db), rust().all(db.untracked())).await?;
    assert!(list.iter().all(|article| article.id != 1));
    report.read("count of rust articles", count(), rust().count(db.untracked())).await?;

    report.title("Authors with their articles; a foreign key cascades");
    let authors =
        || author::Entity::find().find_with_related(article::Entity).order_by_asc(author::Column::Id);
    for _ in 0..2 {
        report.read("authors, articles", authors().cached().all(&db), authors().all(db.untracked())).await?;
    }
    report.write("delete author 2", author::Entity::delete_by_id(2).exec(&db)).await?;
    report.read("authors, articles", authors().cached().all(&db), authors().all(db.untracked())).await?;
    report.read("rust articles", rust().cached().all(&db), rust().all(db.untracked())).await?;

    report.title("Why?");
    let why = db
        .explain(async |db| {
            rust().cached().count(db).await?;
            db.execute_unprepared("UPDATE article SET title = 'Borrowing' WHERE id = 3").await
        })
        .await?;
    println!("{why}");
    Ok(())
}

fn rust() -> sea_orm::Select<article::Entity> {
    article::Entity::find().filter(article::Column::Category.eq("rust")).order_by_asc(article::Column::Id)
}

async fn set_up(db: &CachedConnection) -> Result<(), sea_orm::DbErr> {
    db.execute_unprepared(
        "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
         CREATE TABLE article (
             id INTEGER PRIMARY KEY,
             author_id INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE,
             category TEXT NOT NULL, title TEXT NOT NULL, views INTEGER NOT NULL DEFAULT 0);
         CREATE INDEX article_category ON article (category);",
    )
    .await?;
    let authors =
        ["Ann", "Bob"].map(|name| author::ActiveModel { name: Set(name.to_owned()), ..Default::default() });
    author::Entity::insert_many(authors).exec(db).await?;
    let articles = (0..200).map(|number| article::ActiveModel {
        author_id: Set(1 + number % 2),
        category: Set(if number < 100 { "rust" } else { "go" }.to_owned()),
        title: Set(format!("Article {number}")),
        views: Set(0),
        ..Default::default()
    });
    article::Entity::insert_many(articles).exec(db).await?;
    Ok(())
}
