//! Values to bytes and back.
//!
//! A [`Codec`] turns one type into bytes. [`Serde`] is the codec of every type that serde knows; adapters write
//! their own where serde would lose something (a model's skipped fields).

mod compression;
mod envelope;
mod faithful;
mod format;
pub(crate) mod tokens;
mod typed;

use std::fmt;

pub use compression::Compression;
pub(crate) use envelope::Envelope;
pub use faithful::Indistinct;
pub use format::Format;
pub use typed::{OneOrNone, Serde};

use crate::error::Result;

/// How values of one type become bytes.
pub trait Codec<T>: fmt::Debug + Send + Sync {
    /// The bytes of a value.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`](crate::ErrorKind::Codec) if the value has no such form.
    fn encode(&self, value: &T) -> Result<Vec<u8>>;

    /// The value of these bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`](crate::ErrorKind::Codec) if they are not one.
    fn decode(&self, bytes: &[u8]) -> Result<T>;

    /// About how many bytes of memory a value takes; the cache's bound counts them.
    fn weight(&self, value: &T) -> usize;

    /// Differs between types, formats and layouts that cannot read each other's bytes.
    fn fingerprint(&self) -> u64;
}
