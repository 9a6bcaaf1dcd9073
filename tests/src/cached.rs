//! How reads go through the cache.

use cache_seaorm::{CacheExt, CacheLoad, CachedConnection, Policy};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QueryResult, Select,
    SelectModel, SelectTwo, SelectTwoMany, SelectTwoRequired, SelectorRaw, Statement,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::read::{Answer, Entity, Order, Page, Read, Record, Special, Through, Tuple, cells};
use crate::world::entity::{article, article_tag, author, comment, tag};

impl Read {
    /// Runs the read through the cache with this policy: typed reads and half of the texts by `.cached()`, the rest
    /// in tracked blocks.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn run_cached(&self, db: &CachedConnection, policy: &Policy) -> Result<Answer, DbErr> {
        match self {
            Self::Special(Special::Cursor(category, after)) => {
                let select = article::Entity::find().filter(article::Column::Category.eq(category.as_str()));
                let cursor = select
                    .cached()
                    .policy(policy.clone())
                    .cursor_by(article::Column::Id)
                    .after(*after)
                    .first(3);
                Ok(Answer::of(cursor.all(db).await?, Order::Total))
            }
            Self::Special(Special::Loaded(author)) if author % 2 == 1 => loaded(db, *author, policy).await,
            Self::Text { order, sql, .. } if !sql.bound().is_empty() => {
                cached_text(db, *order, sql.statement(db.get_database_backend()), policy).await
            }
            Self::Block(reads) => {
                let block = db.cached_query(self.to_string()).policy(policy.clone());
                block.run(async |db: &CachedConnection| run_parts(reads, db, policy).await).await
            }
            read if read.is_typed() => read.run(&ThroughCache(db, policy)).await,
            read => {
                let block = db.cached_query(read.to_string()).policy(policy.clone());
                let read = read.clone();
                block.run_owned(async move |db: CachedConnection| read.run_on(&db).await).await
            }
        }
    }
}

/// The parts of a block: cached themselves, and not, in turn.
async fn run_parts(reads: &[Read], db: &CachedConnection, policy: &Policy) -> Result<Answer, DbErr> {
    let mut answers = Vec::with_capacity(reads.len());
    for (index, read) in reads.iter().enumerate() {
        let outcome = match index % 2 {
            0 => Box::pin(read.run_cached(db, policy)).await,
            _ => Box::pin(read.run_on(db)).await,
        };
        answers.push(Answer::settle(outcome).to_string());
    }
    Ok(Answer::of(answers, Order::Total))
}

async fn cached_text(
    db: &CachedConnection,
    order: Order,
    statement: Statement,
    policy: &Policy,
) -> Result<Answer, DbErr> {
    let rows = SelectorRaw::<SelectModel<Cells>>::from_statement::<Cells>(statement);
    Ok(Answer::of(rows.cached().policy(policy.clone()).all(db).await?, order))
}

/// [`Special::Loaded`], each of its four reads an entry of its own.
async fn loaded(db: &CachedConnection, author: i64, policy: &Policy) -> Result<Answer, DbErr> {
    let select = article::Entity::find().filter(article::Column::AuthorId.eq(author));
    let articles = select.order_by_asc(article::Column::Id).cached().policy(policy.clone()).all(db).await?;
    let authors = articles.cached().policy(policy.clone()).load_one(author::Entity, db).await?;
    let newest = comment::Entity::find().order_by_desc(comment::Column::Id);
    let comments = articles.cached().policy(policy.clone()).load_many(newest, db).await?;
    let by_name = tag::Entity::find().order_by_asc(tag::Column::Id);
    let tags =
        articles.cached().policy(policy.clone()).load_many_to_many(by_name, article_tag::Entity, db).await?;
    Ok(Answer::of([(articles, authors, comments, tags)], Order::Total))
}

/// A row of any shape.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cells(Vec<Json>);

impl FromQueryResult for Cells {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        cells(row).map(Self)
    }
}

/// `.cached()` with a policy before every end of a read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThroughCache<'a>(pub(crate) &'a CachedConnection, pub(crate) &'a Policy);

impl Through for ThroughCache<'_> {
    async fn all<E: Entity>(&self, select: Select<E>) -> Result<Vec<E::Model>, DbErr> {
        select.cached().policy(self.1.clone()).all(self.0).await
    }

    async fn one<E: Entity>(&self, select: Select<E>) -> Result<Option<E::Model>, DbErr> {
        select.cached().policy(self.1.clone()).one(self.0).await
    }

    async fn count<E: Entity>(&self, select: Select<E>) -> Result<u64, DbErr> {
        select.cached().policy(self.1.clone()).count(self.0).await
    }

    async fn exists<E: Entity>(&self, select: Select<E>) -> Result<bool, DbErr> {
        select.cached().policy(self.1.clone()).exists(self.0).await
    }

    async fn page<E: Entity>(&self, select: Select<E>, page: Page) -> Result<Vec<E::Model>, DbErr> {
        select.cached().policy(self.1.clone()).paginate(self.0, page.size).fetch_page(page.number).await
    }

    async fn json<E: Entity>(&self, select: Select<E>) -> Result<Vec<Json>, DbErr> {
        select.into_json().cached().policy(self.1.clone()).all(self.0).await
    }

    async fn into_model<E: Entity, M: Record>(&self, select: Select<E>) -> Result<Vec<M>, DbErr> {
        select.into_model::<M>().cached().policy(self.1.clone()).all(self.0).await
    }

    async fn tuples<E: Entity, T: Tuple>(&self, select: Select<E>) -> Result<Vec<T>, DbErr> {
        select.into_tuple::<T>().cached().policy(self.1.clone()).all(self.0).await
    }

    async fn also<E: Entity, F: Entity>(
        &self,
        select: SelectTwo<E, F>,
    ) -> Result<Vec<(E::Model, Option<F::Model>)>, DbErr> {
        select.cached().policy(self.1.clone()).all(self.0).await
    }

    async fn both<E: Entity, F: Entity>(
        &self,
        select: SelectTwoRequired<E, F>,
    ) -> Result<Vec<(E::Model, F::Model)>, DbErr> {
        select.cached().policy(self.1.clone()).all(self.0).await
    }

    async fn with<E: Entity, F: Entity>(
        &self,
        select: SelectTwoMany<E, F>,
    ) -> Result<Vec<(E::Model, Vec<F::Model>)>, DbErr> {
        select.cached().policy(self.1.clone()).all(self.0).await
    }
}
