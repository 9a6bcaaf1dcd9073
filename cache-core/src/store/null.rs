//! No store at all.

use std::future::ready;
use std::time::Duration;

use super::{Bytes, EntryKey, Store};
use crate::error::Result;
use crate::log::BoxFuture;

/// A store that keeps nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NullStore;

impl Store for NullStore {
    fn get(&self, _: EntryKey) -> BoxFuture<'_, Result<Option<Bytes>>> {
        Box::pin(ready(Ok(None)))
    }

    fn put(&self, _: EntryKey, _: Bytes, _: Duration) -> BoxFuture<'_, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    fn put_if_absent(&self, _: EntryKey, _: Bytes, _: Duration) -> BoxFuture<'_, Result<bool>> {
        Box::pin(ready(Ok(true)))
    }

    fn expire_in(&self, _: EntryKey, _: Duration) -> BoxFuture<'_, Result<bool>> {
        Box::pin(ready(Ok(false)))
    }

    fn is_null(&self) -> bool {
        true
    }
}
