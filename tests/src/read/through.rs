//! The two ways of a typed read: plain SeaORM, or through the cache. The same read code takes both.

#![allow(clippy::type_complexity, reason = "the results of SeaORM's own calls")]
#![allow(clippy::wrong_self_convention, reason = "the names of SeaORM's own calls")]

use std::future::Future;

use cache_seaorm::CacheEntity;
use sea_orm::{
    ConnectionTrait, DbErr, FromQueryResult, IntoActiveModel, PaginatorTrait, Select, SelectExt, SelectTwo,
    SelectTwoMany, SelectTwoRequired, TryGetableMany,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

/// An entity that the oracle can read and write.
pub trait Entity:
    CacheEntity<Model: Record + IntoActiveModel<Self::ActiveModel>, ActiveModel: Send + Sync, Column: Send + Sync>
{
}

impl<E> Entity for E where
    E: CacheEntity<
            Model: Record + IntoActiveModel<Self::ActiveModel>,
            ActiveModel: Send + Sync,
            Column: Send + Sync,
        >
{
}

/// A value that can be cached and compared.
pub trait Record:
    Clone + PartialEq + Serialize + DeserializeOwned + FromQueryResult + Send + Sync + 'static
{
}

impl<M> Record for M where
    M: Clone + PartialEq + Serialize + DeserializeOwned + FromQueryResult + Send + Sync + 'static
{
}

/// A tuple that can be cached and compared.
pub trait Tuple: Clone + Serialize + DeserializeOwned + TryGetableMany + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + TryGetableMany + Send + Sync + 'static> Tuple for T {}

/// A page of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Rows a page.
    pub size: u64,
    /// Counted from zero.
    pub number: u64,
}

/// Where typed reads end: one method for each of SeaORM's.
#[allow(missing_docs, reason = "each is SeaORM's method of a like name")]
pub trait Through: Sync {
    fn all<E: Entity>(&self, select: Select<E>) -> impl Future<Output = Result<Vec<E::Model>, DbErr>> + Send;
    fn one<E: Entity>(
        &self,
        select: Select<E>,
    ) -> impl Future<Output = Result<Option<E::Model>, DbErr>> + Send;
    fn count<E: Entity>(&self, select: Select<E>) -> impl Future<Output = Result<u64, DbErr>> + Send;
    fn exists<E: Entity>(&self, select: Select<E>) -> impl Future<Output = Result<bool, DbErr>> + Send;
    fn page<E: Entity>(
        &self,
        select: Select<E>,
        page: Page,
    ) -> impl Future<Output = Result<Vec<E::Model>, DbErr>> + Send;
    fn json<E: Entity>(&self, select: Select<E>) -> impl Future<Output = Result<Vec<Json>, DbErr>> + Send;
    fn into_model<E: Entity, M: Record>(
        &self,
        select: Select<E>,
    ) -> impl Future<Output = Result<Vec<M>, DbErr>> + Send;
    fn tuples<E: Entity, T: Tuple>(
        &self,
        select: Select<E>,
    ) -> impl Future<Output = Result<Vec<T>, DbErr>> + Send;
    fn also<E: Entity, F: Entity>(
        &self,
        select: SelectTwo<E, F>,
    ) -> impl Future<Output = Result<Vec<(E::Model, Option<F::Model>)>, DbErr>> + Send;
    fn both<E: Entity, F: Entity>(
        &self,
        select: SelectTwoRequired<E, F>,
    ) -> impl Future<Output = Result<Vec<(E::Model, F::Model)>, DbErr>> + Send;
    fn with<E: Entity, F: Entity>(
        &self,
        select: SelectTwoMany<E, F>,
    ) -> impl Future<Output = Result<Vec<(E::Model, Vec<F::Model>)>, DbErr>> + Send;
}

/// SeaORM as it is, on any connection: the truth, and what runs inside a tracked block.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a, C>(pub &'a C);

impl<C: ConnectionTrait> Through for Plain<'_, C> {
    async fn all<E: Entity>(&self, select: Select<E>) -> Result<Vec<E::Model>, DbErr> {
        select.all(self.0).await
    }

    async fn one<E: Entity>(&self, select: Select<E>) -> Result<Option<E::Model>, DbErr> {
        select.one(self.0).await
    }

    async fn count<E: Entity>(&self, select: Select<E>) -> Result<u64, DbErr> {
        select.count(self.0).await
    }

    async fn exists<E: Entity>(&self, select: Select<E>) -> Result<bool, DbErr> {
        select.exists(self.0).await
    }

    async fn page<E: Entity>(&self, select: Select<E>, page: Page) -> Result<Vec<E::Model>, DbErr> {
        select.paginate(self.0, page.size).fetch_page(page.number).await
    }

    async fn json<E: Entity>(&self, select: Select<E>) -> Result<Vec<Json>, DbErr> {
        select.into_json().all(self.0).await
    }

    async fn into_model<E: Entity, M: Record>(&self, select: Select<E>) -> Result<Vec<M>, DbErr> {
        select.into_model::<M>().all(self.0).await
    }

    async fn tuples<E: Entity, T: Tuple>(&self, select: Select<E>) -> Result<Vec<T>, DbErr> {
        select.into_tuple::<T>().all(self.0).await
    }

    async fn also<E: Entity, F: Entity>(
        &self,
        select: SelectTwo<E, F>,
    ) -> Result<Vec<(E::Model, Option<F::Model>)>, DbErr> {
        select.all(self.0).await
    }

    async fn both<E: Entity, F: Entity>(
        &self,
        select: SelectTwoRequired<E, F>,
    ) -> Result<Vec<(E::Model, F::Model)>, DbErr> {
        select.all(self.0).await
    }

    async fn with<E: Entity, F: Entity>(
        &self,
        select: SelectTwoMany<E, F>,
    ) -> Result<Vec<(E::Model, Vec<F::Model>)>, DbErr> {
        select.all(self.0).await
    }
}
