//! How models are nested in a result.

use std::fmt;
use std::marker::PhantomData;

use cache_core::Cache;
use cache_core::EntryKey;
use cache_core::codec::{Codec, Serde};
use cache_core::{Error, ErrorKind, Result};
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A nesting of models. It is named by types of its own ([`Of`](super::Of), [`Maybe`], [`Many`], tuples),
/// since a trait cannot be implemented for all models and for all `Option`s.
pub trait Shape: Send + Sync + 'static {
    /// What it describes.
    type Value: Clone + Send + Sync + 'static;
    /// What is encoded in its place.
    type Wire: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// What is encoded.
    fn wire(value: &Self::Value) -> Self::Wire;

    /// The value again.
    ///
    /// # Errors
    /// If a column has a value of another type.
    fn value(wire: Self::Wire) -> Result<Self::Value, DbErr>;

    /// About how many bytes a value takes beside its own size.
    fn heap(value: &Self::Value) -> usize;

    /// Names tables, columns and types: shapes that cannot read each other's bytes are described differently.
    fn describe(description: &mut String);
}

/// One or none.
#[derive(Debug)]
pub struct Maybe<S>(PhantomData<fn() -> S>);

impl<S: Shape> Shape for Maybe<S> {
    type Value = Option<S::Value>;
    type Wire = Option<S::Wire>;

    fn wire(value: &Self::Value) -> Self::Wire {
        value.as_ref().map(S::wire)
    }

    fn value(wire: Self::Wire) -> Result<Self::Value, DbErr> {
        wire.map(S::value).transpose()
    }

    fn heap(value: &Self::Value) -> usize {
        value.as_ref().map_or(0, S::heap)
    }

    fn describe(description: &mut String) {
        description.push('?');
        S::describe(description);
    }
}

/// Any number.
#[derive(Debug)]
pub struct Many<S>(PhantomData<fn() -> S>);

impl<S: Shape> Shape for Many<S> {
    type Value = Vec<S::Value>;
    type Wire = Vec<S::Wire>;

    fn wire(value: &Self::Value) -> Self::Wire {
        value.iter().map(S::wire).collect()
    }

    fn value(wire: Self::Wire) -> Result<Self::Value, DbErr> {
        wire.into_iter().map(S::value).collect()
    }

    fn heap(value: &Self::Value) -> usize {
        value.iter().map(|item| size_of::<S::Value>() + S::heap(item)).sum()
    }

    fn describe(description: &mut String) {
        description.push('*');
        S::describe(description);
    }
}

macro_rules! tuple_shapes {
    ($(($($shape:ident . $place:tt),+);)+) => {$(
        impl<$($shape: Shape),+> Shape for ($($shape,)+) {
            type Value = ($($shape::Value,)+);
            type Wire = ($($shape::Wire,)+);

            fn wire(value: &Self::Value) -> Self::Wire {
                ($($shape::wire(&value.$place),)+)
            }

            fn value(wire: Self::Wire) -> Result<Self::Value, DbErr> {
                Ok(($($shape::value(wire.$place)?,)+))
            }

            fn heap(value: &Self::Value) -> usize {
                0 $(+ $shape::heap(&value.$place))+
            }

            fn describe(description: &mut String) {
                description.push('(');
                $($shape::describe(description);)+
                description.push(')');
            }
        }
    )+};
}

tuple_shapes! {
    (A.0, B.1);
    (A.0, B.1, C.2);
    (A.0, B.1, C.2, D.3);
    (A.0, B.1, C.2, D.3, E.4);
    (A.0, B.1, C.2, D.3, E.4, F.5);
}

/// The codec of a shape.
pub struct ShapeCodec<S: Shape>(Serde<S::Wire>);

impl<S: Shape> ShapeCodec<S> {
    /// The codec, in the cache's format.
    #[must_use]
    pub fn new(cache: &Cache) -> Self {
        Self(cache.codec())
    }
}

impl<S: Shape> fmt::Debug for ShapeCodec<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&description::<S>())
    }
}

impl<S: Shape> Codec<S::Value> for ShapeCodec<S> {
    fn encode(&self, value: &S::Value) -> Result<Vec<u8>> {
        self.0.encode(&S::wire(value))
    }

    fn decode(&self, bytes: &[u8]) -> Result<S::Value> {
        let undecodable = |error| {
            let message = format!("bytes are not a value of {}", description::<S>());
            Error::new(ErrorKind::Codec, message).with_source(error)
        };
        S::value(self.0.decode(bytes)?).map_err(undecodable)
    }

    fn weight(&self, value: &S::Value) -> usize {
        size_of::<S::Value>() + S::heap(value)
    }

    fn fingerprint(&self) -> u64 {
        let key = EntryKey::from(description::<S>().as_str()).bits();
        self.0.fingerprint() ^ (key as u64)
    }
}

fn description<S: Shape>() -> String {
    let mut description = String::new();
    S::describe(&mut description);
    description
}
