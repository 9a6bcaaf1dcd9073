//! Bytes by key.
//!
//! A [`Store`] keeps entries as bytes; whether an entry may be served is the log's business, so a store may lose,
//! evict or mix up whatever it likes. [`MemoryStore`] is one in this process, [`NullStore`] is none at all:
//! typed values in one process need no bytes.

mod key;
mod memory;
mod null;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use key::{EntryKey, KeyBuilder};
pub use memory::MemoryStore;
pub use null::NullStore;

use crate::error::Result;
use crate::log::BoxFuture;

/// Where payload bytes live.
pub trait Store: Send + Sync + fmt::Debug {
    /// The bytes of this key, if there are any.
    ///
    /// # Errors
    /// If the store does not answer.
    fn get(&self, key: EntryKey) -> BoxFuture<'_, Result<Option<Arc<[u8]>>>>;

    /// Replaces the bytes of this key. The store may drop them after `ttl`, or whenever it wants.
    ///
    /// # Errors
    /// If the store does not answer.
    fn put(&self, key: EntryKey, bytes: Arc<[u8]>, ttl: Duration) -> BoxFuture<'_, Result<()>>;

    /// Whether nothing is ever kept, so that nothing needs to be encoded.
    fn is_null(&self) -> bool {
        false
    }
}
