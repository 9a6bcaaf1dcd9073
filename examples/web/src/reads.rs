//! What the pages read: SeaORM's builders, and one word more where a result is worth keeping.

use std::sync::Arc;

use cache_seaorm::prelude::*;
use cache_seaorm::{CachedConnection, cached_query};
use sea_orm::entity::prelude::*;
use sea_orm::{
    DerivePartialModel, FromQueryResult, JoinType, QueryOrder, QuerySelect, RelationTrait, Select,
};
use serde::{Deserialize, Serialize};

use crate::entity::{article, author, comment, tag};

/// How many articles a list shows at once.
pub const PAGE: u64 = 20;

/// An article in a list.
#[derive(Clone, Debug, DerivePartialModel, Serialize, Deserialize)]
#[sea_orm(entity = "article::Entity")]
pub struct Teaser {
    pub id: i64,
    pub category: String,
    pub title: String,
    pub published_at: DateTimeUtc,
    #[sea_orm(nested)]
    pub author: Author,
}

#[derive(Clone, Debug, DerivePartialModel, Serialize, Deserialize)]
#[sea_orm(entity = "author::Entity")]
pub struct Author {
    pub id: i64,
    pub name: String,
}

#[derive(Clone, Debug, FromQueryResult, Serialize, Deserialize)]
pub struct Category {
    pub category: String,
    pub articles: i64,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub teasers: Arc<Vec<Teaser>>,
    pub articles: u64,
    pub pages: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Detail {
    pub article: article::Model,
    pub author: author::Model,
    pub tags: Vec<tag::Model>,
    pub comments: Vec<comment::Model>,
    /// How many published articles its author has.
    pub by_author: u64,
}

/// The newest articles.
pub async fn newest(db: &CachedConnection) -> Result<Arc<Vec<Teaser>>, DbErr> {
    published().limit(10).into_partial_model::<Teaser>().cached().shared().all(db).await
}

/// The categories, and how many published articles each has.
pub async fn categories(db: &CachedConnection) -> Result<Arc<Vec<Category>>, DbErr> {
    let counts = article::Entity::find()
        .select_only()
        .column(article::Column::Category)
        .column_as(article::Column::Id.count(), "articles")
        .filter(article::Column::Published.eq(true))
        .group_by(article::Column::Category)
        .order_by_asc(article::Column::Category);
    counts.into_model::<Category>().cached().shared().all(db).await
}

/// A page, counted from zero, of the articles of one category.
pub async fn list(db: &CachedConnection, category: &str, page: u64) -> Result<Listed, DbErr> {
    let articles = published().filter(article::Column::Category.eq(category));
    let pages = articles.into_partial_model::<Teaser>().cached().shared().paginate(db, PAGE);
    let (teasers, total) = tokio::try_join!(pages.fetch_page(page), pages.num_items_and_pages())?;
    Ok(Listed { teasers, articles: total.number_of_items, pages: total.number_of_pages })
}

/// An article with all that its page shows: one entry for four queries.
#[cached_query]
pub async fn detail(db: &CachedConnection, id: i64) -> Result<Option<Detail>, DbErr> {
    let found = article::Entity::find_by_id(id).find_also_related(author::Entity).one(db).await?;
    let Some((article, Some(author))) = found else { return Ok(None) };
    let tags = article.find_related(tag::Entity).order_by_asc(tag::Column::Label).all(db).await?;
    let comments = article.find_related(comment::Entity).order_by_asc(comment::Column::Id).all(db).await?;
    let by_author = article::Entity::find()
        .filter(article::Column::AuthorId.eq(author.id))
        .filter(article::Column::Published.eq(true))
        .count(db)
        .await?;
    Ok(Some(Detail { article, author, tags, comments, by_author }))
}

/// Published articles with their authors, newest first.
fn published() -> Select<article::Entity> {
    article::Entity::find()
        .join(JoinType::InnerJoin, article::Relation::Author.def())
        .filter(article::Column::Published.eq(true))
        .order_by_desc(article::Column::PublishedAt)
        .order_by_desc(article::Column::Id)
}
