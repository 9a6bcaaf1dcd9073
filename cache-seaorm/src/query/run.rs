//! The calls that run a cached query.

use sea_orm::{DbErr, PaginatorTrait, Select, SelectExt, Statement};

use super::ask::{Ask, Count, Exists};
use super::cached::{Cached, Form};
use super::connection::CacheConnection;
use super::paginator::CachedPaginator;
use super::probe::{Probe, statement_of};
use super::read::fetch;
use super::select::{CacheQuery, CacheRows, RawModels};
use crate::codec::CacheEntity;

impl<Q: CacheQuery, F: Form> Cached<Q, F> {
    /// All items.
    ///
    /// # Errors
    /// What the query itself returns.
    ///
    /// # Cancel safety
    /// Dropping the future stores nothing.
    pub async fn all<C: CacheConnection>(self, db: &C) -> Result<F::Of<Vec<Q::Item>>, DbErr> {
        fetch(db, self.options, self.query.all()).await.map(F::give)
    }
}

impl<Q: CacheRows, F: Form> Cached<Q, F> {
    /// The first item, if there is one. That there is none is cached too.
    ///
    /// # Errors
    /// What the query itself returns.
    ///
    /// # Cancel safety
    /// Dropping the future stores nothing.
    pub async fn one<C: CacheConnection>(self, db: &C) -> Result<F::Of<Option<Q::Item>>, DbErr> {
        fetch(db, self.options, self.query.one()).await.map(F::give)
    }

    /// The first item.
    ///
    /// # Errors
    /// What the query itself returns, and [`DbErr::RecordNotFound`] if there is no item.
    ///
    /// # Cancel safety
    /// Dropping the future stores nothing.
    pub async fn require_one<C: CacheConnection>(self, db: &C) -> Result<Q::Item, DbErr> {
        let found = fetch(db, self.options, self.query.one()).await?;
        let missing = || DbErr::RecordNotFound("None of the models match the query".to_owned());
        std::sync::Arc::unwrap_or_clone(found).ok_or_else(missing)
    }

    /// Pages of `page_size` items each, and how many there are.
    ///
    /// # Panics
    /// If `page_size` is zero.
    pub fn paginate<C>(self, db: &C, page_size: u64) -> CachedPaginator<'_, C, Q, F>
    where
        C: CacheConnection,
        Q: PaginatorTrait<'static, Probe, Selector = <Q as CacheRows>::Selector>,
    {
        CachedPaginator::new(self, db, page_size)
    }
}

impl<Q, F> Cached<Q, F> {
    /// How many items there are.
    ///
    /// # Errors
    /// What the query itself returns.
    ///
    /// # Cancel safety
    /// Dropping the future stores nothing.
    pub async fn count<C: CacheConnection>(self, db: &C) -> Result<u64, DbErr>
    where
        Q: PaginatorTrait<'static, Probe> + Send + 'static,
    {
        let count = Ask::<Q, Count>::new(self.query, |query, backend| {
            statement_of(PaginatorTrait::count(query, Probe::of(backend)))
        });
        fetch(db, self.options, count).await.map(|count| *count)
    }

    /// Whether there is an item.
    ///
    /// # Errors
    /// What the query itself returns.
    ///
    /// # Cancel safety
    /// Dropping the future stores nothing.
    pub async fn exists<C: CacheConnection>(self, db: &C) -> Result<bool, DbErr>
    where
        Q: SelectExt + Send + 'static,
    {
        let exists = Ask::<Q, Exists>::new(self.query, |query, backend| {
            statement_of(SelectExt::exists(query, Probe::of(backend)))
        });
        fetch(db, self.options, exists).await.map(|exists| *exists)
    }
}

impl<E: CacheEntity, F> Cached<Select<E>, F> {
    /// The models that this statement reads.
    pub fn from_raw_sql(self, statement: Statement) -> Cached<RawModels<E>, F> {
        self.map(|select| RawModels(select.from_raw_sql(statement)))
    }
}
