//! Bytes in this process's memory.

use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::Weighter;
use quick_cache::sync::{Cache, EntryAction, EntryResult};

use super::{Bytes, EntryKey, Store};
use crate::error::Result;
use crate::log::BoxFuture;

/// What an entry costs beside its bytes.
const OVERHEAD: u64 = 112;
/// What the table is laid out for; the bound in bytes does not depend on it.
const USUAL_BYTES: usize = 4096;

/// A store in this process's memory, bounded in bytes. It evicts what is asked for least; what has expired takes
/// its place until then.
pub struct MemoryStore {
    entries: Cache<EntryKey, Entry, ByLength>,
}

#[derive(Clone)]
struct Entry {
    bytes: Bytes,
    /// Never, if none.
    expires: Option<Instant>,
}

impl Entry {
    fn new(bytes: Bytes, ttl: Duration) -> Self {
        Self { bytes, expires: Instant::now().checked_add(ttl) }
    }

    fn is_alive(&self) -> bool {
        self.expires.is_none_or(|expires| Instant::now() < expires)
    }
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

    fn find(&self, key: EntryKey) -> Option<Entry> {
        self.entries.get(&key).filter(Entry::is_alive)
    }

    /// Puts the entry where none is alive, as one step; returns whether it did.
    fn put_absent(&self, key: EntryKey, entry: Entry) -> bool {
        let replace = |there: &mut Entry| {
            if there.is_alive() { EntryAction::Retain(()) } else { EntryAction::ReplaceWithGuard }
        };
        match self.entries.entry(&key, None, |_, there| replace(there)) {
            EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => guard.insert(entry).is_ok(),
            EntryResult::Retained(()) | EntryResult::Removed(..) | EntryResult::Timeout => false,
        }
    }
}

impl Store for MemoryStore {
    fn get(&self, key: EntryKey) -> BoxFuture<'_, Result<Option<Bytes>>> {
        Box::pin(ready(Ok(self.find(key).map(|entry| entry.bytes))))
    }

    fn put(&self, key: EntryKey, bytes: Bytes, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        self.entries.insert(key, Entry::new(bytes, ttl));
        Box::pin(ready(Ok(())))
    }

    fn put_if_absent(&self, key: EntryKey, bytes: Bytes, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        Box::pin(ready(Ok(self.put_absent(key, Entry::new(bytes, ttl)))))
    }

    fn expire_in(&self, key: EntryKey, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        let prolong = |there: &mut Entry| {
            let alive = there.is_alive();
            if alive {
                *there = Entry::new(Arc::clone(&there.bytes), ttl);
            }
            EntryAction::Retain(alive)
        };
        let there = self.entries.entry(&key, None, |_, there| prolong(there));
        Box::pin(ready(Ok(matches!(there, EntryResult::Retained(true)))))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct ByLength;

impl Weighter<EntryKey, Entry> for ByLength {
    fn weight(&self, _: &EntryKey, entry: &Entry) -> u64 {
        entry.bytes.len() as u64 + OVERHEAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
