//! No store at all.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use super::{EntryKey, Store};
use crate::error::Result;
use crate::log::BoxFuture;

/// A store that keeps nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NullStore;

impl Store for NullStore {
    fn get(&self, _: EntryKey) -> BoxFuture<'_, Result<Option<Arc<[u8]>>>> {
        Box::pin(ready(Ok(None)))
    }

    fn put(&self, _: EntryKey, _: Arc<[u8]>, _: Duration) -> BoxFuture<'_, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    fn is_null(&self) -> bool {
        true
    }
}
