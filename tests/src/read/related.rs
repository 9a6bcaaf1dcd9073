//! Typed reads of two entities.

use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Related, Select};

use super::answer::{Answer, Order};
use super::filter::Filter;
use super::through::{Entity, Through};
use crate::backend::Backend;
use crate::rng::Rng;
use crate::world::entity::{article, article_tag, author, category, comment, tag};
use crate::world::{Table, Theme};

/// Which two entities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it: from, to")]
pub enum Pair {
    ArticleAuthor,
    ArticleCategory,
    CommentArticle,
    CommentAuthor,
    PairTag,
    AuthorArticles,
    ArticleComments,
    CategoryArticles,
    ArticleTags,
}

/// How they are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// `find_also_related`: the other one, or none.
    Also,
    /// `find_both_related`: only where there is another one.
    Both,
    /// `find_with_related`: all of the others.
    With,
    /// The first entity alone, joined to the other one.
    Inner,
    /// The first entity alone, with the other one where there is one.
    Left,
    /// How many, joined.
    Count,
}

/// A read of two entities.
#[derive(Clone, Debug)]
pub struct Pairing {
    backend: Backend,
    pair: Pair,
    style: Style,
    from: Option<Filter>,
    to: Option<Filter>,
    limit: Option<u64>,
}

/// Runs `$body` with the two entity modules of a pair.
macro_rules! with_pair {
    ($pair:expr, ($from:ident, $to:ident) => $body:expr) => {
        match $pair {
            Pair::ArticleAuthor => {
                use article as $from;
                use author as $to;
                $body
            }
            Pair::ArticleCategory => {
                use article as $from;
                use category as $to;
                $body
            }
            Pair::CommentArticle => {
                use article as $to;
                use comment as $from;
                $body
            }
            Pair::CommentAuthor => {
                use author as $to;
                use comment as $from;
                $body
            }
            Pair::PairTag => {
                use article_tag as $from;
                use tag as $to;
                $body
            }
            Pair::AuthorArticles => {
                use article as $to;
                use author as $from;
                $body
            }
            Pair::ArticleComments => {
                use article as $from;
                use comment as $to;
                $body
            }
            Pair::CategoryArticles => {
                use article as $to;
                use category as $from;
                $body
            }
            Pair::ArticleTags => {
                use article as $from;
                use tag as $to;
                $body
            }
        }
    };
}

impl Pairing {
    /// Any pair in any style.
    pub fn random(theme: &Theme, rng: &mut Rng) -> Self {
        let pairs = [
            Pair::ArticleAuthor,
            Pair::ArticleCategory,
            Pair::CommentArticle,
            Pair::CommentAuthor,
            Pair::PairTag,
            Pair::AuthorArticles,
            Pair::ArticleComments,
            Pair::CategoryArticles,
            Pair::ArticleTags,
        ];
        let pair = theme.prefer(&pairs, |pair| vec![pair.from(), pair.to()], rng);
        let style = rng.pick(&[
            Style::Also,
            Style::Both,
            Style::With,
            Style::With,
            Style::Inner,
            Style::Left,
            Style::Count,
        ]);
        let side = |table: Table, percent: usize, rng: &mut Rng| {
            rng.chance(percent).then(|| match rng.below(4) {
                0 => Filter::random(table, theme, 1, rng),
                1 => Filter::key(table, &theme.key(table, rng)),
                _ => Filter::scope(table, theme, rng),
            })
        };
        let (from, to) = (side(pair.from(), 80, rng), side(pair.to(), 30, rng));
        let backend = theme.backend();
        Self { backend, pair, style, from, to, limit: rng.chance(20).then(|| 1 + rng.below(3) as u64) }
    }

    /// A pair in a style, of the rows of a filter.
    #[must_use]
    pub fn of(theme: &Theme, pair: Pair, style: Style, from: Filter) -> Self {
        Self { backend: theme.backend(), pair, style, from: Some(from), to: None, limit: None }
    }

    /// The tables that it reads.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.pair.from(), self.pair.to()];
        if self.pair == Pair::ArticleTags {
            tables.push(Table::ArticleTag);
        }
        tables
    }

    fn filtered<E: EntityTrait>(&self) -> Select<E> {
        let mut select = E::find();
        if let Some(filter) = &self.from {
            select = select.filter(filter.condition(self.pair.from()));
        }
        if let Some(filter) = &self.to {
            select = select.filter(filter.condition(self.pair.to()));
        }
        select
    }

    fn joined<E: EntityTrait + Related<F>, F: EntityTrait>(&self) -> Select<E> {
        let select = self.filtered::<E>();
        let select = if self.style == Style::Left {
            select.left_join(F::default())
        } else {
            select.inner_join(F::default())
        };
        let select = self.pair.ordered(select);
        match self.style {
            Style::Count => select,
            _ => select.limit(self.limit),
        }
    }

    /// Runs the read.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn run(&self, through: &impl Through) -> Result<Answer, DbErr> {
        with_pair!(self.pair, (from, to) => self.run_as::<from::Entity, to::Entity>(through).await)
    }

    async fn run_as<E: Entity + Related<F>, F: Entity>(
        &self,
        through: &impl Through,
    ) -> Result<Answer, DbErr> {
        let select = self.filtered::<E>();
        Ok(match self.style {
            Style::Also => {
                let select = self.pair.ordered(select.find_also_related(F::default())).limit(self.limit);
                Answer::of(through.also(select).await?, Order::Unspecified)
            }
            Style::Both => {
                let select = self.pair.ordered(select.find_both_related(F::default())).limit(self.limit);
                Answer::of(through.both(select).await?, Order::Unspecified)
            }
            Style::With => {
                let groups = through.with(select.find_with_related(F::default())).await?;
                let groups = groups
                    .into_iter()
                    .map(|(one, many)| (one, Answer::of(many, Order::Unspecified).to_string()));
                Answer::of(groups, Order::Unspecified)
            }
            Style::Inner | Style::Left => {
                Answer::of(through.all(self.joined::<E, F>()).await?, Order::Unspecified)
            }
            Style::Count => Answer::of([through.count(self.joined::<E, F>()).await?], Order::Unspecified),
        })
    }

    /// The SQL, for messages.
    #[must_use]
    pub fn sql(&self) -> String {
        let statement = with_pair!(self.pair, (from, to) => match self.style {
            Style::Also => self
                .pair
                .ordered(self.filtered::<from::Entity>().find_also_related(to::Entity))
                .limit(self.limit)
                .build(self.backend.db_backend()),
            Style::Both => self
                .pair
                .ordered(self.filtered::<from::Entity>().find_both_related(to::Entity))
                .limit(self.limit)
                .build(self.backend.db_backend()),
            Style::With => {
                self.filtered::<from::Entity>().find_with_related(to::Entity).build(self.backend.db_backend())
            }
            _ => self.joined::<from::Entity, to::Entity>().build(self.backend.db_backend()),
        });
        format!("{:?}: {statement}", self.style)
    }
}

impl Pair {
    fn from(self) -> Table {
        match self {
            Self::ArticleAuthor | Self::ArticleCategory | Self::ArticleComments | Self::ArticleTags => {
                Table::Article
            }
            Self::CommentArticle | Self::CommentAuthor => Table::Comment,
            Self::PairTag => Table::ArticleTag,
            Self::AuthorArticles => Table::Author,
            Self::CategoryArticles => Table::Category,
        }
    }

    fn to(self) -> Table {
        match self {
            Self::ArticleAuthor | Self::CommentAuthor => Table::Author,
            Self::ArticleCategory => Table::Category,
            Self::CommentArticle | Self::AuthorArticles | Self::CategoryArticles => Table::Article,
            Self::PairTag | Self::ArticleTags => Table::Tag,
            Self::ArticleComments => Table::Comment,
        }
    }

    /// By both keys, so that a limit cuts at a defined place.
    fn ordered<S: QueryOrder>(self, mut select: S) -> S {
        for table in [self.from(), self.to()] {
            for column in table.key() {
                select = select.order_by_asc(Expr::col((Alias::new(table.name()), Alias::new(column.name))));
            }
        }
        select
    }
}
