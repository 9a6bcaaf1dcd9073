//! Reads that are one statement and nothing else.

use std::future::Future;
use std::marker::PhantomData;

use cache_core::Cache;
use cache_core::codec::{Codec, Serde};
use cache_core::store::KeyBuilder;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, SelectorTrait, Statement};

use super::read::{Identified, Read, add_statement};
use crate::codec::Encoding;

/// A query and what is asked of it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ask<Q, A> {
    question: Question<Q>,
    answer: PhantomData<fn() -> A>,
}

#[derive(Debug)]
enum Question<Q> {
    Query(Q, fn(Q, DbBackend) -> Result<Statement, DbErr>),
    Statement(Statement),
    /// Only while one becomes the other, and after that failed.
    Lost,
}

impl<Q> Question<Q> {
    fn into_statement(self, backend: DbBackend) -> Result<Statement, DbErr> {
        match self {
            Question::Query(query, ask) => ask(query, backend),
            Question::Statement(statement) => Ok(statement),
            Question::Lost => Err(DbErr::Custom("the query has no statement".to_owned())),
        }
    }
}

impl<Q, A> Ask<Q, A> {
    /// Asks the query for the statement that `ask` finds.
    pub(super) fn new(query: Q, ask: fn(Q, DbBackend) -> Result<Statement, DbErr>) -> Self {
        Self { question: Question::Query(query, ask), answer: PhantomData }
    }

    /// Asks this statement.
    pub(super) fn statement(statement: Statement) -> Self {
        Self { question: Question::Statement(statement), answer: PhantomData }
    }
}

impl<Q: Send + 'static, A: Answer> Read for Ask<Q, A> {
    type Output = A::Output;
    type Codec = A::Codec;
    type Owned = Self;

    fn identify(&mut self, backend: DbBackend, key: KeyBuilder) -> Result<Identified, DbErr> {
        let question = std::mem::replace(&mut self.question, Question::Lost);
        let statement = question.into_statement(backend)?;
        let key = add_statement(key, &statement)?;
        self.question = Question::Statement(statement);
        Ok(key)
    }

    fn into_owned(self) -> Self {
        self
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<A::Output, DbErr> {
        A::ask(self.question.into_statement(db.get_database_backend())?, db).await
    }

    fn codec(cache: &Cache) -> A::Codec {
        A::codec(cache)
    }
}

/// What a statement answers.
#[doc(hidden)]
pub trait Answer: 'static {
    /// The answer.
    type Output: Clone + Send + Sync + 'static;
    /// How it becomes bytes.
    type Codec: Codec<Self::Output> + 'static;

    /// Runs the statement.
    fn ask<C: ConnectionTrait>(
        statement: Statement,
        db: &C,
    ) -> impl Future<Output = Result<Self::Output, DbErr>> + Send;

    /// The codec, in the cache's format.
    fn codec(cache: &Cache) -> Self::Codec;
}

/// All rows, each decoded by `S` and encoded by `K`.
#[doc(hidden)]
#[derive(Debug)]
pub struct List<S, K>(PhantomData<fn() -> (S, K)>);

impl<S: SelectorTrait<Item = K::Item> + 'static, K: Encoding> Answer for List<S, K> {
    type Output = Vec<K::Item>;
    type Codec = K::List;

    async fn ask<C: ConnectionTrait>(statement: Statement, db: &C) -> Result<Vec<K::Item>, DbErr> {
        db.query_all_raw(statement).await?.into_iter().map(S::from_raw_query_result).collect()
    }

    fn codec(cache: &Cache) -> K::List {
        K::list(cache)
    }
}

/// The first row.
#[doc(hidden)]
#[derive(Debug)]
pub struct First<S, K>(PhantomData<fn() -> (S, K)>);

impl<S: SelectorTrait<Item = K::Item> + 'static, K: Encoding> Answer for First<S, K> {
    type Output = Option<K::Item>;
    type Codec = K::Optional;

    async fn ask<C: ConnectionTrait>(statement: Statement, db: &C) -> Result<Option<K::Item>, DbErr> {
        db.query_one_raw(statement).await?.map(S::from_raw_query_result).transpose()
    }

    fn codec(cache: &Cache) -> K::Optional {
        K::optional(cache)
    }
}

/// How many rows there are, of a statement that counts them as SeaORM does.
#[derive(Debug)]
pub(super) enum Count {}

impl Answer for Count {
    type Output = u64;
    type Codec = Serde<u64>;

    async fn ask<C: ConnectionTrait>(statement: Statement, db: &C) -> Result<u64, DbErr> {
        let Some(row) = db.query_one_raw(statement).await? else { return Ok(0) };
        Ok(row.try_get::<i64>("", "num_items")?.cast_unsigned())
    }

    fn codec(cache: &Cache) -> Serde<u64> {
        cache.codec()
    }
}

/// Whether there is a row.
#[derive(Debug)]
pub(super) enum Exists {}

impl Answer for Exists {
    type Output = bool;
    type Codec = Serde<bool>;

    async fn ask<C: ConnectionTrait>(statement: Statement, db: &C) -> Result<bool, DbErr> {
        Ok(db.query_one_raw(statement).await?.is_some())
    }

    fn codec(cache: &Cache) -> Serde<bool> {
        cache.codec()
    }
}
