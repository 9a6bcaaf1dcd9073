//! Bytes in this process's memory.

use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::{EntryKey, Store};
use crate::error::Result;
use crate::log::BoxFuture;

/// What an entry costs beside its bytes.
const OVERHEAD: u64 = 96;
/// What the table is laid out for; the bound in bytes does not depend on it.
const USUAL_BYTES: usize = 4096;

/// A store in this process's memory, bounded in bytes. It evicts what is asked for least.
///
/// Entries expire by what they say themselves, so the store ignores the time to live.
pub struct MemoryStore {
    entries: Cache<EntryKey, Arc<[u8]>, ByLength>,
}

impl MemoryStore {
    /// A store that keeps about this many bytes at most.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { entries: Cache::with_weighter((bytes / USUAL_BYTES).max(1), bytes as u64, ByLength) }
    }

    /// How many bytes it keeps.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.weight()
    }
}

impl Store for MemoryStore {
    fn get(&self, key: EntryKey) -> BoxFuture<'_, Result<Option<Arc<[u8]>>>> {
        Box::pin(ready(Ok(self.entries.get(&key))))
    }

    fn put(&self, key: EntryKey, bytes: Arc<[u8]>, _: Duration) -> BoxFuture<'_, Result<()>> {
        self.entries.insert(key, bytes);
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct ByLength;

impl Weighter<EntryKey, Arc<[u8]>> for ByLength {
    fn weight(&self, _: &EntryKey, bytes: &Arc<[u8]>) -> u64 {
        bytes.len() as u64 + OVERHEAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_is_there_until_it_is_replaced() -> Result<()> {
        let store = MemoryStore::new(1 << 20);
        let key = EntryKey::from("key");
        assert_eq!(store.get(key).await?, None);
        store.put(key, Arc::from(*b"one"), Duration::MAX).await?;
        store.put(key, Arc::from(*b"two"), Duration::MAX).await?;
        assert_eq!(store.get(key).await?.as_deref(), Some(&b"two"[..]));
        Ok(())
    }

    #[tokio::test]
    async fn the_bound_in_bytes_holds() -> Result<()> {
        let store = MemoryStore::new(100_000);
        for number in 0..1000 {
            store.put(EntryKey::of("key", &number)?, Arc::from([0; 1000]), Duration::MAX).await?;
            assert!(store.bytes() <= 100_000, "{}", store.bytes());
        }
        assert!(store.bytes() > 50_000, "{}", store.bytes());
        Ok(())
    }
}
