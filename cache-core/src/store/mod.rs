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
use std::time::{Duration, Instant};

pub use key::{EntryKey, KeyBuilder};
pub use memory::MemoryStore;
pub use null::NullStore;

use crate::error::Result;
use crate::log::{BoxFuture, Log, Position};

/// An entry as a store keeps it.
pub type Bytes = Arc<[u8]>;

/// Where payload bytes live.
///
/// The time to live of what is put is an order: after it, the bytes are gone. A store may drop them sooner.
pub trait Store: Send + Sync + fmt::Debug {
    /// The bytes of this key, if there are any.
    ///
    /// # Errors
    /// If the store does not answer.
    fn get(&self, key: EntryKey) -> BoxFuture<'_, Result<Option<Bytes>>>;

    /// Replaces the bytes of this key, for `ttl`.
    ///
    /// # Errors
    /// If the store does not answer.
    fn put(&self, key: EntryKey, bytes: Bytes, ttl: Duration) -> BoxFuture<'_, Result<()>>;

    /// Puts the bytes unless there are some; returns whether it did.
    ///
    /// # Errors
    /// If the store does not answer.
    fn put_if_absent(&self, key: EntryKey, bytes: Bytes, ttl: Duration) -> BoxFuture<'_, Result<bool>>;

    /// Gives the bytes of this key another time to live, from now on; returns whether there are any.
    ///
    /// # Errors
    /// If the store does not answer.
    fn expire_in(&self, key: EntryKey, ttl: Duration) -> BoxFuture<'_, Result<bool>>;

    /// The bytes of each key.
    ///
    /// # Errors
    /// If the store does not answer.
    fn get_many<'a>(&'a self, keys: &'a [EntryKey]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>>> {
        Box::pin(async move {
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                found.push(self.get(*key).await?);
            }
            Ok(found)
        })
    }

    /// Replaces the bytes of each key, for `ttl`.
    ///
    /// # Errors
    /// If the store does not answer; some of the keys may then have been put.
    fn put_many(&self, entries: Vec<(EntryKey, Bytes)>, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            for (key, bytes) in entries {
                self.put(key, bytes, ttl).await?;
            }
            Ok(())
        })
    }

    /// The bytes of this key and the log's head, read after the call. A store beside the log asks for both at
    /// once.
    ///
    /// # Errors
    /// If the log does not answer. A store that does not answer has no bytes.
    fn get_with_head<'a>(&'a self, key: EntryKey, log: &'a dyn Log) -> BoxFuture<'a, Result<Fetched>> {
        Box::pin(async move {
            let head = log.head().await?;
            let bytes = self.get(key).await.unwrap_or_default();
            Ok(Fetched { bytes, head })
        })
    }

    /// The same for a caller who waits since then and needs no timer of its own, as
    /// [`Log::head_in_time`]; none if the store cannot promise that, or not now.
    fn get_with_head_in_time<'a>(
        &'a self,
        key: EntryKey,
        log: &'a dyn Log,
        since: Instant,
    ) -> Option<BoxFuture<'a, Result<Fetched>>> {
        let _ = (key, log, since);
        None
    }

    /// The bytes of each key and the log's head, read after the call. A store beside the log asks for all at once.
    ///
    /// # Errors
    /// As for [`get_with_head`](Self::get_with_head).
    fn get_many_with_head<'a>(
        &'a self,
        keys: &'a [EntryKey],
        log: &'a dyn Log,
    ) -> BoxFuture<'a, Result<(Vec<Option<Bytes>>, Position)>> {
        Box::pin(async move {
            let head = log.head().await?;
            let nothing = |_| vec![None; keys.len()];
            Ok((self.get_many(keys).await.unwrap_or_else(nothing), head))
        })
    }

    /// Claims the load of this key for `ttl`, and looks once more. A store that processes share grants it to one
    /// of them at a time; [`put`](Self::put) and [`release`](Self::release) end the claim.
    ///
    /// # Errors
    /// As for [`get_with_head`](Self::get_with_head).
    fn claim<'a>(
        &'a self,
        key: EntryKey,
        ttl: Duration,
        log: &'a dyn Log,
    ) -> BoxFuture<'a, Result<(Claim, Fetched)>> {
        let _ = ttl;
        Box::pin(async move { Ok((Claim::Granted, self.get_with_head(key, log).await?)) })
    }

    /// Ends a claim that came to nothing.
    fn release(&self, key: EntryKey) {
        let _ = key;
    }

    /// Whether nothing is ever kept, so that nothing needs to be encoded.
    fn is_null(&self) -> bool {
        false
    }
}

/// What a look into a store and the log found.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The bytes, if there are any.
    pub bytes: Option<Bytes>,
    /// The log's head.
    pub head: Position,
}

/// Who loads a key that no process has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// The caller.
    Granted,
    /// Another one, who is at it.
    Taken,
}
