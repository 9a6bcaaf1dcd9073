//! Results from one key to the next.

use std::fmt;
use std::marker::PhantomData;

use cache_core::Cache;
use cache_core::store::KeyBuilder;
use sea_orm::sea_query::IntoValueTuple;
use sea_orm::{
    ConnectionTrait, Cursor, DbBackend, DbErr, EntityTrait, IdentityOf, IntoIdentity, QuerySelect, Select,
    SelectModel, SelectThree, SelectThreeModel, SelectTwo, SelectTwoModel, SelectorTrait, Topology,
};

use super::cached::Cached;
use super::probe::{Probe, statement_of};
use super::read::{Identified, Read, add_statement};
use super::select::CacheQuery;
use crate::codec::{CacheEntity, CacheValue, Encoding, Maybe, Models, Of, Plain};

/// A cursor and how its items become bytes.
#[doc(hidden)]
pub struct Cursored<S: SelectorTrait, K>(Cursor<S>, PhantomData<fn() -> K>);

impl<S: SelectorTrait, K> fmt::Debug for Cursored<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursored")
    }
}

impl<S, K> Read for Cursored<S, K>
where
    S: SelectorTrait<Item = K::Item> + Send + 'static,
    K: Encoding,
{
    type Output = Vec<K::Item>;
    type Codec = K::List;
    type Owned = Self;

    /// Running a cursor adds its conditions to its query, so the query is put back.
    fn identify(&mut self, backend: DbBackend, key: KeyBuilder) -> Result<Identified, DbErr> {
        let query = QuerySelect::query(&mut self.0).clone();
        let statement = statement_of(self.0.all(Probe::of(backend)));
        *QuerySelect::query(&mut self.0) = query;
        add_statement(key, &statement?)
    }

    fn into_owned(self) -> Self {
        self
    }

    async fn run<C: ConnectionTrait>(mut self, db: &C) -> Result<Vec<K::Item>, DbErr> {
        self.0.all(db).await
    }

    fn codec(cache: &Cache) -> K::List {
        K::list(cache)
    }
}

impl<S, K> CacheQuery for Cursored<S, K>
where
    S: SelectorTrait<Item = K::Item> + Send + 'static,
    K: Encoding,
{
    type Item = K::Item;
    type All = Self;

    fn all(self) -> Self {
        self
    }
}

impl<S> CacheQuery for Cursor<S>
where
    S: SelectorTrait<Item: CacheValue> + Send + 'static,
{
    type Item = S::Item;
    type All = Cursored<S, Plain<S::Item>>;

    fn all(self) -> Self::All {
        Cursored(self, PhantomData)
    }
}

impl<S: SelectorTrait, K, F> Cached<Cursored<S, K>, F> {
    /// Only items before this key.
    pub fn before(mut self, values: impl IntoValueTuple) -> Self {
        self.query.0.before(values);
        self
    }

    /// Only items after this key.
    pub fn after(mut self, values: impl IntoValueTuple) -> Self {
        self.query.0.after(values);
        self
    }

    /// In ascending order.
    pub fn asc(mut self) -> Self {
        self.query.0.asc();
        self
    }

    /// In descending order.
    pub fn desc(mut self) -> Self {
        self.query.0.desc();
        self
    }

    /// Only the first so many.
    pub fn first(mut self, items: u64) -> Self {
        self.query.0.first(items);
        self
    }

    /// Only the last so many.
    pub fn last(mut self, items: u64) -> Self {
        self.query.0.last(items);
        self
    }
}

/// A cached cursor.
pub type CachedCursor<S, K, F> = Cached<Cursored<S, K>, F>;

type M<E> = <E as EntityTrait>::Model;
type One<E> = Models<Of<E>>;
type Two<E, G> = Models<(Of<E>, Maybe<Of<G>>)>;
type Three<E, G, H> = Models<(Of<E>, Maybe<Of<G>>, Maybe<Of<H>>)>;
type CursorOfTwo<E, G, F> = CachedCursor<SelectTwoModel<M<E>, M<G>>, Two<E, G>, F>;
type CursorOfThree<E, G, H, F> = CachedCursor<SelectThreeModel<M<E>, M<G>, M<H>>, Three<E, G, H>, F>;

impl<E: CacheEntity, F> Cached<Select<E>, F> {
    /// A cursor over the models, ordered by these columns.
    pub fn cursor_by(self, columns: impl IntoIdentity) -> CachedCursor<SelectModel<M<E>>, One<E>, F> {
        self.map(|select| Cursored(select.cursor_by(columns), PhantomData))
    }
}

impl<E: CacheEntity, G: CacheEntity, F> Cached<SelectTwo<E, G>, F> {
    /// A cursor over the pairs, ordered by columns of the first model.
    pub fn cursor_by(self, columns: impl IdentityOf<E>) -> CursorOfTwo<E, G, F> {
        self.map(|select| Cursored(select.cursor_by(columns), PhantomData))
    }

    /// A cursor over the pairs, ordered by columns of the second model.
    pub fn cursor_by_other(self, columns: impl IdentityOf<G>) -> CursorOfTwo<E, G, F> {
        self.map(|select| Cursored(select.cursor_by_other(columns), PhantomData))
    }
}

impl<E: CacheEntity, G: CacheEntity, H: CacheEntity, T: Topology, F> Cached<SelectThree<E, G, H, T>, F> {
    /// A cursor over the triples, ordered by columns of the first model.
    pub fn cursor_by(self, columns: impl IdentityOf<E>) -> CursorOfThree<E, G, H, F> {
        self.map(|select| Cursored(select.cursor_by(columns), PhantomData))
    }
}
