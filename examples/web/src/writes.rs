//! What readers and editors write. Nothing here knows of a cache.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use maud::{Markup, html};
use sea_orm::prelude::ChronoUtc;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set, TransactionTrait};
use serde::Deserialize;

use crate::app::App;
use crate::entity::{article, article_tag, comment};
use crate::failure::Failure;
use crate::pages::layout;

type Done<T> = Result<T, Failure>;

#[derive(Debug, Deserialize)]
pub struct Comment {
    name: String,
    text: String,
}

pub async fn comment(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(form): Form<Comment>,
) -> Done<Redirect> {
    let comment = comment::ActiveModel {
        article_id: Set(id),
        name: Set(form.name),
        text: Set(form.text),
        created_at: Set(ChronoUtc::now()),
        ..Default::default()
    };
    comment.insert(&app.db).await?;
    Ok(to_article(id))
}

/// One more reader.
pub async fn view(State(app): State<App>, Path(id): Path<i64>) -> Done<Redirect> {
    article::Entity::update_many()
        .col_expr(article::Column::Views, Expr::col(article::Column::Views).add(1))
        .filter(article::Column::Id.eq(id))
        .exec(&app.db)
        .await?;
    Ok(to_article(id))
}

#[derive(Debug, Deserialize)]
pub struct Edit {
    title: String,
}

pub async fn edit(State(app): State<App>, Path(id): Path<i64>, Form(form): Form<Edit>) -> Done<Redirect> {
    let article = article::ActiveModel { id: Set(id), title: Set(form.title), ..Default::default() };
    article.update(&app.db).await?;
    Ok(to_article(id))
}

#[derive(Debug, Deserialize)]
pub struct Move {
    category: String,
}

/// From one category to another.
pub async fn put(State(app): State<App>, Path(id): Path<i64>, Form(form): Form<Move>) -> Done<Redirect> {
    let article = article::ActiveModel { id: Set(id), category: Set(form.category), ..Default::default() };
    article.update(&app.db).await?;
    Ok(to_article(id))
}

#[derive(Debug, Deserialize)]
pub struct Draft {
    title: String,
    body: String,
    category: String,
}

/// A new article with its first tag, in one transaction.
pub async fn draft(State(app): State<App>, Form(form): Form<Draft>) -> Done<Redirect> {
    let transaction = app.db.begin().await?;
    let article = article::ActiveModel {
        author_id: Set(1),
        category: Set(form.category),
        title: Set(form.title),
        body: Set(form.body),
        published: Set(false),
        published_at: Set(ChronoUtc::now()),
        views: Set(0),
        ..Default::default()
    };
    let article = article.insert(&transaction).await?;
    let tag = article_tag::ActiveModel { article_id: Set(article.id), tag_id: Set(14) };
    tag.insert(&transaction).await?;
    transaction.commit().await?;
    Ok(to_article(article.id))
}

/// All drafts of a category at once. The rows that come back say which they were, so what belongs to other authors stays.
pub async fn publish(State(app): State<App>, Path(category): Path<String>) -> Done<Markup> {
    let drafts = article::Entity::update_many()
        .col_expr(article::Column::Published, Expr::value(true))
        .col_expr(article::Column::PublishedAt, Expr::value(ChronoUtc::now()))
        .filter(article::Column::Category.eq(&category))
        .filter(article::Column::Published.eq(false));
    let published = drafts.exec_with_returning(&app.db).await?.len();
    Ok(layout::page(
        "Published",
        &html! {
            p { "Published " b id="published" { (published) } " drafts of " a href={ "/category/" (category) } { (category) } "." }
        },
    ))
}

fn to_article(id: i64) -> Redirect {
    Redirect::to(&format!("/article/{id}"))
}
