//! Joins whose rows are grouped by their first model.

use std::future::Future;

use cache_core::Cache;
use cache_core::store::KeyBuilder;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, SelectFourMany, SelectThreeMany, SelectTwoMany,
    TopologyChain, TopologyStar,
};

use super::probe::{Probe, statement_of};
use super::read::{Identified, Read, add_statement};
use super::select::CacheQuery;
use crate::codec::{CacheEntity, Encoding, Many, Models, Of};

/// A query that SeaORM groups after it has run.
#[doc(hidden)]
pub trait Grouping: Clone + Send + 'static {
    /// How a group becomes bytes.
    type Encoding: Encoding;

    /// Runs and groups.
    fn groups<C: ConnectionTrait>(
        self,
        db: &C,
    ) -> impl Future<Output = Result<Vec<<Self::Encoding as Encoding>::Item>, DbErr>> + Send;
}

/// All groups of a query.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Groups<Q>(Q);

impl<Q: Grouping> Read for Groups<Q> {
    type Output = Vec<<Q::Encoding as Encoding>::Item>;
    type Codec = <Q::Encoding as Encoding>::List;
    type Owned = Self;

    fn identify(&mut self, backend: DbBackend, key: KeyBuilder) -> Result<Identified, DbErr> {
        add_statement(key, &statement_of(self.0.clone().groups(Probe::of(backend)))?)
    }

    fn into_owned(self) -> Self {
        self
    }

    fn run<C: ConnectionTrait>(self, db: &C) -> impl Future<Output = Result<Self::Output, DbErr>> + Send {
        self.0.groups(db)
    }

    fn codec(cache: &Cache) -> Self::Codec {
        Q::Encoding::list(cache)
    }
}

macro_rules! cached_groups {
    ($($query:ty, [$($entity:ident),+], $item:ty, $shape:ty;)+) => {$(
        impl<$($entity: CacheEntity),+> Grouping for $query {
            type Encoding = Models<$shape>;

            async fn groups<C: ConnectionTrait>(self, db: &C) -> Result<Vec<$item>, DbErr> {
                self.all(db).await
            }
        }

        impl<$($entity: CacheEntity),+> CacheQuery for $query {
            type Item = $item;
            type All = Groups<Self>;

            fn all(self) -> Groups<Self> {
                Groups(self)
            }
        }
    )+};
}

type M<E> = <E as EntityTrait>::Model;

cached_groups! {
    SelectTwoMany<E, F>, [E, F], (M<E>, Vec<M<F>>), (Of<E>, Many<Of<F>>);
    SelectThreeMany<E, F, G, TopologyStar>, [E, F, G],
        (M<E>, Vec<M<F>>, Vec<M<G>>), (Of<E>, Many<Of<F>>, Many<Of<G>>);
    SelectThreeMany<E, F, G, TopologyChain>, [E, F, G],
        (M<E>, Vec<(M<F>, Vec<M<G>>)>), (Of<E>, Many<(Of<F>, Many<Of<G>>)>);
    SelectFourMany<E, F, G, H, TopologyStar>, [E, F, G, H],
        (M<E>, Vec<M<F>>, Vec<M<G>>, Vec<M<H>>), (Of<E>, Many<Of<F>>, Many<Of<G>>, Many<Of<H>>);
}
