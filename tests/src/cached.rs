//! Typed reads through the cache.

use cache_seaorm::{CacheExt, CachedConnection};
use sea_orm::{DbErr, Select, SelectTwo, SelectTwoMany, SelectTwoRequired};
use serde_json::Value as Json;

use crate::read::{Entity, Page, Record, Through, Tuple};

/// `.cached()` before every end of a read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThroughCache<'a>(pub(crate) &'a CachedConnection);

impl Through for ThroughCache<'_> {
    async fn all<E: Entity>(&self, select: Select<E>) -> Result<Vec<E::Model>, DbErr> {
        select.cached().all(self.0).await
    }

    async fn one<E: Entity>(&self, select: Select<E>) -> Result<Option<E::Model>, DbErr> {
        select.cached().one(self.0).await
    }

    async fn count<E: Entity>(&self, select: Select<E>) -> Result<u64, DbErr> {
        select.cached().count(self.0).await
    }

    async fn exists<E: Entity>(&self, select: Select<E>) -> Result<bool, DbErr> {
        select.cached().exists(self.0).await
    }

    async fn page<E: Entity>(&self, select: Select<E>, page: Page) -> Result<Vec<E::Model>, DbErr> {
        select.cached().paginate(self.0, page.size).fetch_page(page.number).await
    }

    async fn json<E: Entity>(&self, select: Select<E>) -> Result<Vec<Json>, DbErr> {
        select.into_json().cached().all(self.0).await
    }

    async fn into_model<E: Entity, M: Record>(&self, select: Select<E>) -> Result<Vec<M>, DbErr> {
        select.into_model::<M>().cached().all(self.0).await
    }

    async fn tuples<E: Entity, T: Tuple>(&self, select: Select<E>) -> Result<Vec<T>, DbErr> {
        select.into_tuple::<T>().cached().all(self.0).await
    }

    async fn also<E: Entity, F: Entity>(
        &self,
        select: SelectTwo<E, F>,
    ) -> Result<Vec<(E::Model, Option<F::Model>)>, DbErr> {
        select.cached().all(self.0).await
    }

    async fn both<E: Entity, F: Entity>(
        &self,
        select: SelectTwoRequired<E, F>,
    ) -> Result<Vec<(E::Model, F::Model)>, DbErr> {
        select.cached().all(self.0).await
    }

    async fn with<E: Entity, F: Entity>(
        &self,
        select: SelectTwoMany<E, F>,
    ) -> Result<Vec<(E::Model, Vec<F::Model>)>, DbErr> {
        select.cached().all(self.0).await
    }
}
