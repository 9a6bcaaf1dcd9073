//! Typed reads that are written by hand: cursors, loaders, partial models, joins of one's own.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, LoaderTrait, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait,
};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Order};
use super::through::{Plain, Through};
use crate::rng::Rng;
use crate::world::entity::{article, article_tag, author, comment, front, tag};
use crate::world::{ARTICLES, AUTHORS, CATEGORIES, Table, Theme};

/// What a list of articles shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DerivePartialModel)]
#[sea_orm(entity = "article::Entity")]
struct Headline {
    /// The key.
    pub id: i64,
    /// The title.
    pub title: String,
}

/// Reads that no generator makes.
#[derive(Clone, Debug)]
pub enum Special {
    /// A cursor over the articles of a category.
    Cursor(String, i64),
    /// Articles of an author with author, comments and tags by the loaders.
    Loaded(i64),
    /// Titles only.
    Headlines(String),
    /// Rows of a view by a column.
    Front(String),
    /// A row of a view by its key.
    FrontRow(i64),
    /// Articles that have comments of an author, by `IN (SELECT ..)`.
    CommentedBy(i64),
    /// Articles joined twice, on a relation of one's own.
    Colleagues(i64),
}

impl Special {
    /// Any of them.
    pub fn random(theme: &Theme, rng: &mut Rng) -> Self {
        let category = rng.pick(CATEGORIES).to_owned();
        let article = rng.within(1..ARTICLES * theme.rows().scale() + 1);
        let author = rng.within(1..AUTHORS * theme.rows().scale() + 1);
        match rng.below(7) {
            0 => Self::Cursor(category, article),
            1 => Self::Loaded(author),
            2 => Self::Headlines(category),
            3 => Self::Front(category),
            4 => Self::FrontRow(article),
            5 => Self::CommentedBy(author),
            _ => Self::Colleagues(author),
        }
    }

    /// The tables that it reads.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        match self {
            Self::Cursor(..) | Self::Headlines(_) => vec![Table::Article],
            Self::Loaded(_) => {
                vec![Table::Article, Table::Author, Table::Comment, Table::Tag, Table::ArticleTag]
            }
            Self::Front(_) | Self::FrontRow(_) => vec![Table::Article, Table::Category],
            Self::CommentedBy(_) => vec![Table::Article, Table::Comment],
            Self::Colleagues(_) => vec![Table::Article, Table::Author],
        }
    }

    /// Whether only a connection can run it: several statements, or an end that [`Through`] has not.
    #[must_use]
    pub fn needs_connection(&self) -> bool {
        matches!(self, Self::Cursor(..) | Self::Loaded(_))
    }

    /// Runs one that needs a connection, or any other.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn run_on<C: ConnectionTrait>(&self, db: &C) -> Result<Answer, DbErr> {
        match self {
            Self::Cursor(category, after) => {
                let select = article::Entity::find().filter(article::Column::Category.eq(category.as_str()));
                let mut cursor = select.cursor_by(article::Column::Id);
                Ok(Answer::of(cursor.after(*after).first(3).all(db).await?, Order::Total))
            }
            Self::Loaded(author) => {
                let select = article::Entity::find().filter(article::Column::AuthorId.eq(*author));
                let articles = select.order_by_asc(article::Column::Id).all(db).await?;
                let authors = articles.load_one(author::Entity, db).await?;
                let newest = comment::Entity::find().order_by_desc(comment::Column::Id);
                let comments = articles.load_many(newest, db).await?;
                let by_name = tag::Entity::find().order_by_asc(tag::Column::Id);
                let tags = articles.load_many_to_many(by_name, article_tag::Entity, db).await?;
                Ok(Answer::of([(articles, authors, comments, tags)], Order::Total))
            }
            _ => self.run(&Plain(db)).await,
        }
    }

    /// Runs one that does not need a connection.
    ///
    /// # Errors
    ///
    /// If the database fails, or if it needs a connection.
    pub async fn run(&self, through: &impl Through) -> Result<Answer, DbErr> {
        let answer = match self {
            Self::Headlines(category) => {
                let select = article::Entity::find().filter(article::Column::Category.eq(category.as_str()));
                let select = select.select_only().columns([article::Column::Id, article::Column::Title]);
                Answer::of(through.into_model::<_, Headline>(select).await?, Order::Unspecified)
            }
            Self::Front(category) => {
                let select = front::Entity::find().filter(front::Column::Category.eq(category.as_str()));
                Answer::of(through.all(select.order_by_desc(front::Column::Id)).await?, Order::Total)
            }
            Self::FrontRow(id) => {
                Answer::of(through.one(front::Entity::find_by_id(*id)).await?, Order::Total)
            }
            Self::CommentedBy(author) => {
                let commented = Query::select()
                    .column(comment::Column::ArticleId)
                    .from(comment::Entity)
                    .and_where(comment::Column::AuthorId.eq(*author))
                    .to_owned();
                let select = article::Entity::find().filter(article::Column::Id.in_subquery(commented));
                Answer::of(through.all(select).await?, Order::Unspecified)
            }
            Self::Colleagues(author) => {
                let boss = Alias::new("boss");
                let select = article::Entity::find()
                    .join(JoinType::InnerJoin, article::Relation::Author.def())
                    .join_as(JoinType::LeftJoin, article::Relation::Author.def(), boss.clone())
                    .filter(
                        author::Column::BossId
                            .eq(*author)
                            .or(Expr::col((boss, author::Column::Id)).eq(*author)),
                    );
                Answer::of(through.all(select).await?, Order::Unspecified)
            }
            Self::Cursor(..) | Self::Loaded(_) => {
                return Err(DbErr::Custom("this read needs a connection".to_owned()));
            }
        };
        Ok(answer)
    }
}
