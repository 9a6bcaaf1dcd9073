//! Which queries can be cached.

use sea_orm::{
    EntityTrait, Select, SelectFive, SelectFiveModel, SelectFour, SelectFourModel, SelectModel, SelectSix,
    SelectSixModel, SelectThree, SelectThreeModel, SelectTwo, SelectTwoModel, SelectTwoRequired,
    SelectTwoRequiredModel, Selector, SelectorRaw, SelectorTrait, Topology,
};

use super::ask::{Ask, First, List};
use super::probe::{Probe, statement_of};
use super::read::Read;
use crate::codec::{CacheEntity, CacheValue, Encoding, Maybe, Models, Of, Plain};

/// A query of SeaORM whose results can be cached.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    note = "`.cached()` takes SeaORM's selects, selectors, cursors and raw selectors; run anything else in \
            `db.cached_query(key).run(..)`",
    note = "models: say `.cached()` before `.from_raw_sql(..)`, `.paginate(..)`, `.cursor_by(..)`, which needs no serde",
    note = "the results of `into_model`, `into_partial_model` and `into_tuple`, behind which `.cached()` goes, must derive \
            `Clone`, `serde::Serialize` and `serde::Deserialize`"
)]
pub trait CacheQuery: Sized + Send + 'static {
    /// One item of its result.
    type Item: Clone + Send + Sync + 'static;
    /// What reads all of them.
    #[doc(hidden)]
    type All: Read<Output = Vec<Self::Item>>;

    /// What reads all of them.
    #[doc(hidden)]
    fn all(self) -> Self::All;
}

/// A query whose items are its rows: a single one, and pages, can be read too.
pub trait CacheRows: CacheQuery {
    /// What decodes a row.
    #[doc(hidden)]
    type Selector: SelectorTrait<Item = Self::Item> + 'static;
    /// How a row becomes bytes.
    #[doc(hidden)]
    type Encoding: Encoding<Item = Self::Item>;

    /// What reads the first row.
    #[doc(hidden)]
    fn one(self) -> Ask<Self, First<Self::Selector, Self::Encoding>>;
}

macro_rules! cached_selects {
    ($($query:ident<$($entity:ident),+ $(; $topology:ident)?>: $selector:ty, $shape:ty;)+) => {$(
        impl<$($entity: CacheEntity,)+ $($topology: Topology + Send + 'static)?> CacheQuery
            for $query<$($entity,)+ $($topology)?>
        {
            type Item = <$selector as SelectorTrait>::Item;
            type All = Ask<Self, List<$selector, Models<$shape>>>;

            fn all(self) -> Self::All {
                Ask::new(self, |query, backend| statement_of(query.all(Probe::of(backend))))
            }
        }

        impl<$($entity: CacheEntity,)+ $($topology: Topology + Send + 'static)?> CacheRows
            for $query<$($entity,)+ $($topology)?>
        {
            type Selector = $selector;
            type Encoding = Models<$shape>;

            fn one(self) -> Ask<Self, First<$selector, Models<$shape>>> {
                Ask::new(self, |query, backend| statement_of(query.one(Probe::of(backend))))
            }
        }
    )+};
}

type ModelOf<E> = <E as EntityTrait>::Model;

cached_selects! {
    Select<E>: SelectModel<ModelOf<E>>, Of<E>;
    SelectTwo<E, F>: SelectTwoModel<ModelOf<E>, ModelOf<F>>, (Of<E>, Maybe<Of<F>>);
    SelectTwoRequired<E, F>: SelectTwoRequiredModel<ModelOf<E>, ModelOf<F>>, (Of<E>, Of<F>);
    SelectThree<E, F, G; T>: SelectThreeModel<ModelOf<E>, ModelOf<F>, ModelOf<G>>,
        (Of<E>, Maybe<Of<F>>, Maybe<Of<G>>);
    SelectFour<E, F, G, H; T>: SelectFourModel<ModelOf<E>, ModelOf<F>, ModelOf<G>, ModelOf<H>>,
        (Of<E>, Maybe<Of<F>>, Maybe<Of<G>>, Maybe<Of<H>>);
    SelectFive<E, F, G, H, I; T>:
        SelectFiveModel<ModelOf<E>, ModelOf<F>, ModelOf<G>, ModelOf<H>, ModelOf<I>>,
        (Of<E>, Maybe<Of<F>>, Maybe<Of<G>>, Maybe<Of<H>>, Maybe<Of<I>>);
    SelectSix<E, F, G, H, I, J; T>:
        SelectSixModel<ModelOf<E>, ModelOf<F>, ModelOf<G>, ModelOf<H>, ModelOf<I>, ModelOf<J>>,
        (Of<E>, Maybe<Of<F>>, Maybe<Of<G>>, Maybe<Of<H>>, Maybe<Of<I>>, Maybe<Of<J>>);
}

impl<S> CacheQuery for Selector<S>
where
    S: SelectorTrait<Item: CacheValue> + Send + 'static,
{
    type Item = S::Item;
    type All = Ask<Self, List<S, Plain<S::Item>>>;

    fn all(self) -> Self::All {
        Ask::new(self, |query, backend| Ok(query.into_statement(backend)))
    }
}

impl<S> CacheRows for Selector<S>
where
    S: SelectorTrait<Item: CacheValue> + Send + 'static,
{
    type Selector = S;
    type Encoding = Plain<S::Item>;

    fn one(self) -> Ask<Self, First<S, Plain<S::Item>>> {
        Ask::new(self, |query, backend| statement_of(query.one(Probe::of(backend))))
    }
}

impl<S> CacheQuery for SelectorRaw<S>
where
    S: SelectorTrait<Item: CacheValue> + Send + 'static,
{
    type Item = S::Item;
    type All = Ask<Self, List<S, Plain<S::Item>>>;

    fn all(self) -> Self::All {
        Ask::new(self, |query, backend| statement_of(query.all(Probe::of(backend))))
    }
}

impl<S> CacheRows for SelectorRaw<S>
where
    S: SelectorTrait<Item: CacheValue> + Send + 'static,
{
    type Selector = S;
    type Encoding = Plain<S::Item>;

    fn one(self) -> Ask<Self, First<S, Plain<S::Item>>> {
        Ask::new(self, |query, backend| statement_of(query.one(Probe::of(backend))))
    }
}

/// Models read by raw SQL.
#[doc(hidden)]
#[derive(Debug)]
pub struct RawModels<E: EntityTrait>(pub(super) SelectorRaw<SelectModel<E::Model>>);

impl<E: CacheEntity> CacheQuery for RawModels<E> {
    type Item = E::Model;
    type All = Ask<Self, List<SelectModel<E::Model>, Models<Of<E>>>>;

    fn all(self) -> Self::All {
        Ask::new(self, |query, backend| statement_of(query.0.all(Probe::of(backend))))
    }
}

impl<E: CacheEntity> CacheRows for RawModels<E> {
    type Selector = SelectModel<E::Model>;
    type Encoding = Models<Of<E>>;

    fn one(self) -> Ask<Self, First<SelectModel<E::Model>, Models<Of<E>>>> {
        Ask::new(self, |query, backend| statement_of(query.0.one(Probe::of(backend))))
    }
}
