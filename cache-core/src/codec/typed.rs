//! The codec of every type that serde knows.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{Codec, Format, faithful};
use crate::error::Result;

/// The codec of every type that serde knows, in one format.
///
/// ```
/// use cache_core::codec::{Codec, Format, Serde};
///
/// let codec = Serde::<Vec<i64>>::new(Format::default());
/// let bytes = codec.encode(&vec![1, 2, 3])?;
/// assert_eq!(codec.decode(&bytes)?, [1, 2, 3]);
/// # Ok::<(), cache_core::Error>(())
/// ```
pub struct Serde<T> {
    format: Format,
    value: PhantomData<fn() -> T>,
}

impl<T> Serde<T> {
    /// The codec of `T` in this format.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format, value: PhantomData }
    }
}

impl<T> Clone for Serde<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Serde<T> {}

impl<T> Default for Serde<T> {
    fn default() -> Self {
        Self::new(Format::default())
    }
}

impl<T> fmt::Debug for Serde<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serde<{}>({:?})", type_name::<T>(), self.format)
    }
}

impl<T: Serialize + DeserializeOwned> Serde<T> {
    /// The bytes of what is written as a value is.
    fn encode_as(&self, written: &(impl Serialize + ?Sized)) -> Result<Vec<u8>> {
        faithful::check_options(self.format, written)?;
        let bytes = self.format.encode(written)?;
        faithful::check_bytes::<T>(self.format, &bytes)?;
        Ok(bytes)
    }
}

impl<T: Serialize + DeserializeOwned> Codec<T> for Serde<T> {
    fn encode(&self, value: &T) -> Result<Vec<u8>> {
        self.encode_as(value)
    }

    fn decode(&self, bytes: &[u8]) -> Result<T> {
        self.format.decode(bytes)
    }

    fn weight(&self, value: &T) -> usize {
        self.format.measure(value).unwrap_or(size_of::<T>())
    }

    fn fingerprint(&self) -> u64 {
        // Asked for at every hit in a store.
        xxh3_64_with_seed(
            type_name::<T>().as_bytes(),
            (size_of::<T>() as u64) << 8 | u64::from(self.format.code()),
        )
    }
}

/// The codec of one or none of every type that serde knows, in one format: also of a one that is written as nothing.
///
/// ```
/// use cache_core::codec::{Codec, Format, OneOrNone};
///
/// let codec = OneOrNone::<Option<i64>>::new(Format::default());
/// for value in [None, Some(None), Some(Some(7))] {
///     assert_eq!(codec.decode(&codec.encode(&value)?)?, value);
/// }
/// # Ok::<(), cache_core::Error>(())
/// ```
pub struct OneOrNone<T>(Serde<Vec<T>>);

impl<T> OneOrNone<T> {
    /// The codec of an `Option<T>` in this format.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self(Serde::new(format))
    }
}

impl<T> fmt::Debug for OneOrNone<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneOrNone<{}>({:?})", type_name::<T>(), self.0.format)
    }
}

impl<T: Serialize + DeserializeOwned> Codec<Option<T>> for OneOrNone<T> {
    fn encode(&self, value: &Option<T>) -> Result<Vec<u8>> {
        self.0.encode_as(value.as_slice())
    }

    fn decode(&self, bytes: &[u8]) -> Result<Option<T>> {
        Ok(self.0.decode(bytes)?.pop())
    }

    fn weight(&self, value: &Option<T>) -> usize {
        self.0.format.measure(value.as_slice()).unwrap_or(size_of::<T>())
    }

    fn fingerprint(&self) -> u64 {
        // A list is stored under other keys, and is none of these even if it were not.
        self.0.fingerprint() ^ xxh3_64(b"one or none")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_types_have_different_fingerprints() {
        let number = Serde::<i64>::default().fingerprint();
        assert_ne!(number, Serde::<u64>::default().fingerprint());
        assert_ne!(number, Serde::<Vec<i64>>::default().fingerprint());
        assert_eq!(number, Serde::<i64>::default().fingerprint());
        #[cfg(feature = "json")]
        assert_ne!(number, Serde::<i64>::new(Format::Json).fingerprint());
    }
}
