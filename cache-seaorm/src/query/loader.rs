//! Models related to models that were read before.

use std::any::type_name;
use std::borrow::Cow;
use std::future::Future;
use std::marker::PhantomData;
use std::str::FromStr;

use cache_core::Cache;
use cache_core::store::KeyBuilder;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityOrSelect, EntityTrait, Iterable, LoaderTrait, ModelTrait,
    QueryTrait, Related, Select, Value,
};

use super::cached::{Cached, Form};
use super::connection::CacheConnection;
use super::read::{Identified, Read, add_statement, fetch};
use crate::codec::{CacheEntity, Encoding, Many, Maybe, Models, Of};

/// The models whose relations are loaded.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Parents<'m, M>(&'m [M]);

/// `.cached()` on models: loads what is related to them from the cache.
pub trait CacheLoad<M> {
    /// Loads through the cache: `load_one`, `load_many`, `load_many_to_many`.
    fn cached(&self) -> Cached<Parents<'_, M>>;
}

impl<M: ModelTrait> CacheLoad<M> for [M] {
    fn cached(&self) -> Cached<Parents<'_, M>> {
        Cached::new(Parents(self))
    }
}

impl<M, F> Cached<Parents<'_, M>, F>
where
    M: ModelTrait + Sync + 'static,
    F: Form,
{
    /// For each model the one related to it, if there is one.
    ///
    /// # Errors
    /// What the loader itself returns.
    pub async fn load_one<R, S, C>(self, related: S, db: &C) -> Result<F::Of<Vec<Option<R::Model>>>, DbErr>
    where
        C: CacheConnection,
        R: CacheEntity,
        S: EntityOrSelect<R>,
        M::Entity: Related<R>,
    {
        let load = Load::<M, R, One>::new(self.query.0, related.select());
        fetch(db, self.options, load).await.map(F::give)
    }

    /// For each model those related to it.
    ///
    /// # Errors
    /// What the loader itself returns.
    pub async fn load_many<R, S, C>(self, related: S, db: &C) -> Result<F::Of<Vec<Vec<R::Model>>>, DbErr>
    where
        C: CacheConnection,
        R: CacheEntity,
        S: EntityOrSelect<R>,
        M::Entity: Related<R>,
    {
        let load = Load::<M, R, Several>::new(self.query.0, related.select());
        fetch(db, self.options, load).await.map(F::give)
    }

    /// For each model those related to it through the entity `via`.
    ///
    /// # Errors
    /// What the loader itself returns.
    pub async fn load_many_to_many<R, S, V, C>(
        self,
        related: S,
        _via: V,
        db: &C,
    ) -> Result<F::Of<Vec<Vec<R::Model>>>, DbErr>
    where
        C: CacheConnection,
        R: CacheEntity,
        S: EntityOrSelect<R>,
        V: EntityTrait<Model: Send + Sync>,
        M::Entity: Related<R>,
    {
        let load = Load::<M, R, Through<V>>::new(self.query.0, related.select());
        fetch(db, self.options, load).await.map(F::give)
    }
}

/// One load for all parents.
pub(super) struct Load<'m, M: Clone, R: EntityTrait, L> {
    parents: Cow<'m, [M]>,
    related: Select<R>,
    loader: PhantomData<fn() -> L>,
}

impl<'m, M: Clone, R: EntityTrait, L> Load<'m, M, R, L> {
    fn new(parents: &'m [M], related: Select<R>) -> Self {
        Self { parents: Cow::Borrowed(parents), related, loader: PhantomData }
    }
}

impl<M, R, L> Read for Load<'_, M, R, L>
where
    M: ModelTrait<Entity: Related<R>> + Sync + 'static,
    R: CacheEntity,
    L: Loader<M, R>,
{
    type Output = Vec<<L::Encoding as Encoding>::Item>;
    type Codec = <L::Encoding as Encoding>::List;
    type Owned = Load<'static, M, R, L>;

    fn into_owned(self) -> Self::Owned {
        let Self { parents, related, loader } = self;
        Load { parents: Cow::Owned(parents.into_owned()), related, loader }
    }

    /// The values by which the parents are related, in their order, take the place of those that the loader binds: of a
    /// relation through another entity it orders these at random. Whatever else a parent has changes no result.
    fn identify(&mut self, backend: DbBackend, key: KeyBuilder) -> Result<Identified, DbErr> {
        let columns = related_by::<M::Entity, R>();
        let values = |model: &M| columns.iter().map(|column| model.get(*column)).collect();
        let values: Vec<Vec<Value>> = self.parents.iter().map(values).collect();
        let Identified { key, sql } =
            add_statement(key.text(type_name::<Self::Owned>()), &self.related.build(backend))?;
        let key = key.value(&values).map_err(|error| DbErr::Custom(error.to_string()))?;
        Ok(Identified { key, sql })
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<Self::Output, DbErr> {
        L::load(&self.parents, self.related, db).await
    }

    fn codec(cache: &Cache) -> Self::Codec {
        L::Encoding::list(cache)
    }
}

/// The columns by which every loader finds what is related; all of them if there are none of these names, which is the
/// loader's to say.
fn related_by<E, R>() -> Vec<E::Column>
where
    E: EntityTrait + Related<R>,
    R: EntityTrait,
{
    let relation = E::via().unwrap_or_else(E::to);
    let named = relation.from_col.iter().map(|name| E::Column::from_str(&name.inner()));
    named.collect::<Result<_, _>>().unwrap_or_else(|_| E::Column::iter().collect())
}

/// One of SeaORM's loaders.
pub(super) trait Loader<M, R: EntityTrait>: Send + 'static {
    /// How what is loaded for one parent becomes bytes.
    type Encoding: Encoding;

    /// Loads.
    fn load<C: ConnectionTrait>(
        parents: &[M],
        related: Select<R>,
        db: &C,
    ) -> impl Future<Output = Result<Vec<<Self::Encoding as Encoding>::Item>, DbErr>> + Send;
}

/// `load_one`.
#[derive(Debug)]
pub(super) enum One {}

impl<M, R> Loader<M, R> for One
where
    M: ModelTrait<Entity: Related<R>> + Sync,
    R: CacheEntity,
{
    type Encoding = Models<Maybe<Of<R>>>;

    async fn load<C: ConnectionTrait>(
        parents: &[M],
        related: Select<R>,
        db: &C,
    ) -> Result<Vec<Option<R::Model>>, DbErr> {
        parents.load_one(related, db).await
    }
}

/// `load_many`.
#[derive(Debug)]
pub(super) enum Several {}

impl<M, R> Loader<M, R> for Several
where
    M: ModelTrait<Entity: Related<R>> + Sync,
    R: CacheEntity,
{
    type Encoding = Models<Many<Of<R>>>;

    async fn load<C: ConnectionTrait>(
        parents: &[M],
        related: Select<R>,
        db: &C,
    ) -> Result<Vec<Vec<R::Model>>, DbErr> {
        parents.load_many(related, db).await
    }
}

/// `load_many_to_many`.
#[derive(Debug)]
pub(super) struct Through<V>(PhantomData<fn() -> V>);

impl<M, R, V> Loader<M, R> for Through<V>
where
    M: ModelTrait<Entity: Related<R>> + Sync,
    R: CacheEntity,
    V: EntityTrait<Model: Send + Sync>,
{
    type Encoding = Models<Many<Of<R>>>;

    async fn load<C: ConnectionTrait>(
        parents: &[M],
        related: Select<R>,
        db: &C,
    ) -> Result<Vec<Vec<R::Model>>, DbErr> {
        parents.load_many_to_many(related, V::default(), db).await
    }
}

impl<M: Clone, R: EntityTrait, L> std::fmt::Debug for Load<'_, M, R, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load").field("parents", &self.parents.len()).finish_non_exhaustive()
    }
}
