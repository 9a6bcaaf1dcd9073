//! Results from one key to the next.

use std::fmt;
use std::marker::PhantomData;

use cache_core::Cache;
use cache_core::store::KeyBuilder;
use sea_orm::sea_query::IntoValueTuple;
use sea_orm::{
    ConnectionTrait, Cursor, DbBackend, DbErr, EntityTrait, IdentityOf, IntoIdentity, QuerySelect, Select,
    SelectModel, SelectThree, SelectThreeModel, SelectTwo, SelectTwoModel, SelectorTrait, Statement,
    Topology,
};

use super::cached::Cached;
use super::probe::{Probe, statement_of};
use super::read::{Identified, Read, add_statement};
use super::select::CacheQuery;
use crate::codec::{CacheEntity, CacheValue, Encoding, Maybe, Models, Of, Plain};

/// A cursor and how its items become bytes.
#[doc(hidden)]
pub struct Cursored<S: SelectorTrait, K> {
    cursor: Cursor<S>,
    /// None if nobody has said so yet.
    end: Option<End>,
    encoding: PhantomData<fn() -> K>,
}

/// At which end of the list its items are. The last ones are asked for in the opposite order and turned round when they
/// have come, which their statement does not show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    First,
    Last,
}

impl End {
    /// That of a cursor, which does not show it. In ascending order, the last ones are asked for in descending order.
    fn of<S: SelectorTrait>(cursor: &mut Cursor<S>, backend: DbBackend) -> Result<Self, DbErr> {
        let as_is = statement(cursor, backend)?.sql;
        let descending = statement(cursor.desc(), backend)?.sql;
        let ascending = statement(cursor.asc(), backend)?.sql;
        if as_is == descending {
            cursor.desc();
        }
        // The order of the rows is where the two differ last.
        let differs = ascending.bytes().rev().zip(descending.bytes().rev()).find(|(a, b)| a != b);
        Ok(if differs.is_some_and(|(ascending, _)| ascending == b'A') { Self::First } else { Self::Last })
    }
}

/// What a cursor asks. Running it adds its conditions to its query, so the query is put back.
fn statement<S: SelectorTrait>(cursor: &mut Cursor<S>, backend: DbBackend) -> Result<Statement, DbErr> {
    let query = QuerySelect::query(cursor).clone();
    let statement = statement_of(cursor.all(Probe::of(backend)));
    *QuerySelect::query(cursor) = query;
    statement
}

impl<S: SelectorTrait, K> Cursored<S, K> {
    fn new(cursor: Cursor<S>) -> Self {
        Self { cursor, end: Some(End::First), encoding: PhantomData }
    }
}

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

    fn identify(&mut self, backend: DbBackend, key: KeyBuilder) -> Result<Identified, DbErr> {
        let end = match self.end {
            Some(end) => end,
            None => End::of(&mut self.cursor, backend)?,
        };
        add_statement(key.number(end as u64), &statement(&mut self.cursor, backend)?)
    }

    fn into_owned(self) -> Self {
        self
    }

    async fn run<C: ConnectionTrait>(mut self, db: &C) -> Result<Vec<K::Item>, DbErr> {
        self.cursor.all(db).await
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
        Cursored { cursor: self, end: None, encoding: PhantomData }
    }
}

impl<S: SelectorTrait, K, F> Cached<Cursored<S, K>, F> {
    /// Only items before this key.
    pub fn before(mut self, values: impl IntoValueTuple) -> Self {
        self.query.cursor.before(values);
        self
    }

    /// Only items after this key.
    pub fn after(mut self, values: impl IntoValueTuple) -> Self {
        self.query.cursor.after(values);
        self
    }

    /// In ascending order.
    pub fn asc(mut self) -> Self {
        self.query.cursor.asc();
        self
    }

    /// In descending order.
    pub fn desc(mut self) -> Self {
        self.query.cursor.desc();
        self
    }

    /// Only the first so many.
    pub fn first(mut self, items: u64) -> Self {
        self.query.cursor.first(items);
        self.query.end = Some(End::First);
        self
    }

    /// Only the last so many.
    pub fn last(mut self, items: u64) -> Self {
        self.query.cursor.last(items);
        self.query.end = Some(End::Last);
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
        self.map(|select| Cursored::new(select.cursor_by(columns)))
    }
}

impl<E: CacheEntity, G: CacheEntity, F> Cached<SelectTwo<E, G>, F> {
    /// A cursor over the pairs, ordered by columns of the first model.
    pub fn cursor_by(self, columns: impl IdentityOf<E>) -> CursorOfTwo<E, G, F> {
        self.map(|select| Cursored::new(select.cursor_by(columns)))
    }

    /// A cursor over the pairs, ordered by columns of the second model.
    pub fn cursor_by_other(self, columns: impl IdentityOf<G>) -> CursorOfTwo<E, G, F> {
        self.map(|select| Cursored::new(select.cursor_by_other(columns)))
    }
}

impl<E: CacheEntity, G: CacheEntity, H: CacheEntity, T: Topology, F> Cached<SelectThree<E, G, H, T>, F> {
    /// A cursor over the triples, ordered by columns of the first model.
    pub fn cursor_by(self, columns: impl IdentityOf<E>) -> CursorOfThree<E, G, H, F> {
        self.map(|select| Cursored::new(select.cursor_by(columns)))
    }
}
