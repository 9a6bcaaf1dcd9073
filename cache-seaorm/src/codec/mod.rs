//! Results to bytes and back.
//!
//! Models are encoded as the values of their columns and never through the user's serde, which may skip
//! fields (`#[serde(skip)]` on a password hash). Everything else that is cached (partial models, tuples, JSON,
//! results of blocks) is its author's own type and goes through serde.

mod model;
mod shape;

use cache_core::Cache;
use cache_core::codec::{Codec, Indistinct, OneOrNone, Serde};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

pub use model::CacheEntity;
pub(crate) use model::Of;
pub(crate) use shape::{Many, Maybe, Shape, ShapeCodec};

/// A value that can be an entry of its own: results of blocks, partial models, tuples, JSON.
///
/// In a store that processes share it is what serde makes of it: a field that serde skips comes back as its default, so give
/// a value that is cached no `#[serde(skip)]`. What serde reads otherwise than it writes (`skip_deserializing`), and a
/// `Some(None)`, is kept in this process only.
/// So is SeaORM's `ModelEx`: serde writes a relation that is not there as one that was not loaded.
/// Models that `.cached()` reads return are no such values: all of their columns are kept.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    note = "derive `Clone`, `serde::Serialize` and `serde::Deserialize` for it; it must own what it holds"
)]
pub trait CacheValue: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> CacheValue for T {}

inventory::submit! {
    Indistinct {
        name: "ModelEx",
        refusal: "a `ModelEx` does not say whether a relation was loaded; return models, or a type of your own",
    }
}

/// How the items of a query's result become bytes.
pub trait Encoding: Send + Sync + 'static {
    /// One item.
    type Item: Clone + Send + Sync + 'static;
    /// The codec of a list of them.
    type List: Codec<Vec<Self::Item>> + 'static;
    /// The codec of one of them, or none.
    type Optional: Codec<Option<Self::Item>> + 'static;

    /// The codec of a list, in the cache's format.
    fn list(cache: &Cache) -> Self::List;

    /// The codec of one or none, in the cache's format.
    fn optional(cache: &Cache) -> Self::Optional;
}

/// Models, and tuples of models.
#[derive(Debug)]
pub struct Models<S>(PhantomData<fn() -> S>);

impl<S: Shape> Encoding for Models<S> {
    type Item = S::Value;
    type List = ShapeCodec<Many<S>>;
    type Optional = ShapeCodec<Maybe<S>>;

    fn list(cache: &Cache) -> Self::List {
        ShapeCodec::new(cache)
    }

    fn optional(cache: &Cache) -> Self::Optional {
        ShapeCodec::new(cache)
    }
}

/// Types that serde knows.
#[derive(Debug)]
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T: CacheValue> Encoding for Plain<T> {
    type Item = T;
    type List = Serde<Vec<T>>;
    type Optional = OneOrNone<T>;

    fn list(cache: &Cache) -> Self::List {
        cache.codec()
    }

    fn optional(cache: &Cache) -> Self::Optional {
        cache.one_or_none()
    }
}
