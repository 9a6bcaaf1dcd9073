//! Random reads through the cache.

use std::time::Duration;

use cache_seaorm::{CacheExt, CachedConnection, Policy};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Select, Statement};

use super::event::{Answer, Image, Query, Row};
use super::run::STRETCH;
use super::table::{ITEMS, Kept, Table, item, note};
use crate::cached::ThroughCache;
use crate::read::{Plain, Through};
use crate::rng::Rng;

/// How a query is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// With SeaORM's builders.
    Typed,
    /// As text.
    Text,
}

/// For how long an entry is of use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// For the cache's time to live.
    Plain,
    /// It expires soon, is loaded anew before, and is served for a while after, as long as no write has touched it.
    Stretched,
}

/// What is asked at once, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    /// One query.
    Single(Query, Style, Life),
    /// A block of several: each is an entry of its own too, or not.
    Block(Vec<(Query, Nested)>),
}

/// How a query stands in a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nested {
    /// It is an entry of its own.
    Cached(Life),
    /// It only is a part of the block's.
    Plain,
}

impl Life {
    fn policy(self) -> Policy {
        const SOON: Duration = Duration::from_millis(60);
        match self {
            Life::Plain => Policy::new(),
            Life::Stretched => Policy::new()
                .ttl(SOON)
                .jitter(0)
                .early_refresh(SOON / 4)
                .stale_while_revalidate(STRETCH / 2)
                .stale_if_error(STRETCH),
        }
    }
}

impl Query {
    /// A random one.
    pub fn random(rng: &mut Rng) -> Self {
        let table = rng.pick(&Table::ALL);
        match rng.below(10) {
            0..4 => Self::One(Row(table, rng.within(table.ids()))),
            4..6 => Self::Group(table, rng.within(table.groups())),
            6..8 => Self::Count(table, rng.within(table.groups())),
            8 => Self::All(table),
            _ => Self::Joined(rng.within(ITEMS)),
        }
    }

    async fn run(self, through: &impl Through) -> Result<Answer, DbErr> {
        let table = match self {
            Self::One(Row(table, _)) | Self::Group(table, _) | Self::Count(table, _) | Self::All(table) => {
                table
            }
            Self::Joined(_) => {
                let items = self.select::<item::Entity>().find_with_related(note::Entity);
                return Ok(joined(&through.with(items).await?));
            }
        };
        match table {
            Table::Item => self.run_one::<item::Entity>(through).await,
            Table::Note => self.run_one::<note::Entity>(through).await,
        }
    }

    async fn run_one<E: Kept>(self, through: &impl Through) -> Result<Answer, DbErr> {
        let select = self.select::<E>();
        Ok(match self {
            Self::Count(..) => Answer::Count(through.count(select).await?),
            Self::One(_) => rows::<E>(through.one(select).await?),
            _ => rows::<E>(through.all(select).await?),
        })
    }

    fn select<E: Kept>(self) -> Select<E> {
        let all = E::find().order_by_asc(E::ID);
        match self {
            Self::One(Row(_, id)) | Self::Joined(id) => all.filter(E::ID.eq(id)),
            // An ordered count is another statement, not another result.
            Self::Count(_, group) => E::find().filter(E::GROUP.eq(group)),
            Self::Group(_, group) => all.filter(E::GROUP.eq(group)),
            Self::All(_) => all,
        }
    }

    /// The statement and its value; counts and joins have none.
    fn text(self) -> Option<(Table, String, Option<i64>)> {
        let (table, condition, value) = match self {
            Self::One(Row(table, id)) => (table, " WHERE id = ?".to_owned(), Some(id)),
            Self::Group(table, group) => (table, format!(" WHERE {} = ?", table.group()), Some(group)),
            Self::All(table) => (table, String::new(), None),
            Self::Count(..) | Self::Joined(_) => return None,
        };
        Some((table, format!("SELECT * FROM {}{condition} ORDER BY id", table.name()), value))
    }

    async fn run_text(self, db: &CachedConnection, policy: Policy) -> Result<Answer, DbErr> {
        let Some((table, sql, value)) = self.text() else {
            return self.run(&ThroughCache(db, &policy)).await;
        };
        let backend = db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, value.map(Into::into));
        Ok(match table {
            Table::Item => {
                let cached = item::Entity::find().cached().policy(policy);
                rows::<item::Entity>(cached.from_raw_sql(statement).all(db).await?)
            }
            Table::Note => {
                let cached = note::Entity::find().cached().policy(policy);
                rows::<note::Entity>(cached.from_raw_sql(statement).all(db).await?)
            }
        })
    }

    /// Asks the database itself.
    ///
    /// # Errors
    ///
    /// If it fails.
    pub async fn run_on<C: ConnectionTrait>(self, db: &C) -> Result<Answer, DbErr> {
        self.run(&Plain(db)).await
    }
}

impl Read {
    /// A random one.
    pub fn random(rng: &mut Rng) -> Self {
        if rng.chance(20) {
            // Few different blocks, or none would ever be read again.
            let mut of_few = Rng::new(rng.below(12) as u64);
            let queries = (0..2 + of_few.below(3)).map(|_| {
                let nested = of_few.pick(&[
                    Nested::Cached(Life::Plain),
                    Nested::Cached(Life::Stretched),
                    Nested::Plain,
                    Nested::Plain,
                ]);
                (Query::random(&mut of_few), nested)
            });
            return Self::Block(queries.collect());
        }
        let style = rng.weighted(&[(3, Style::Typed), (1, Style::Text)]);
        Self::Single(Query::random(rng), style, rng.weighted(&[(3, Life::Plain), (1, Life::Stretched)]))
    }

    /// Reads through the cache.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn run(&self, db: &CachedConnection) -> Result<Vec<(Query, Answer)>, DbErr> {
        match self {
            Self::Single(query, Style::Typed, life) => {
                Ok(vec![(*query, query.run(&ThroughCache(db, &life.policy())).await?)])
            }
            Self::Single(query, Style::Text, life) => {
                Ok(vec![(*query, query.run_text(db, life.policy()).await?)])
            }
            Self::Block(queries) => {
                let block = db.cached_query(("block", format!("{queries:?}")));
                block.run(async |db: &CachedConnection| run_all(queries, db).await).await
            }
        }
    }
}

async fn run_all(queries: &[(Query, Nested)], db: &CachedConnection) -> Result<Vec<(Query, Answer)>, DbErr> {
    let mut answers = Vec::with_capacity(queries.len());
    for (query, nested) in queries {
        let answer = match nested {
            Nested::Cached(life) => query.run(&ThroughCache(db, &life.policy())).await?,
            Nested::Plain => query.run_on(db).await?,
        };
        answers.push((*query, answer));
    }
    Ok(answers)
}

fn rows<E: Kept>(models: impl IntoIterator<Item = E::Model>) -> Answer {
    Answer::Rows(models.into_iter().map(|model| E::image(&model)).collect())
}

fn joined(pairs: &[(item::Model, Vec<note::Model>)]) -> Answer {
    let images = pairs.iter().flat_map(|(item, notes)| {
        let item: (Row, Image) = item::Entity::image(item);
        std::iter::once(item).chain(notes.iter().map(note::Entity::image))
    });
    Answer::Rows(images.collect())
}
