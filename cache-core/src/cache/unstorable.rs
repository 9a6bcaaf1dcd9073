//! Keys whose last load could not be stored.
//!
//! Callers of such a key do not wait for each other: nobody could use what the other loaded, so waiting would
//! only put them in a row. It also lets an explanation say why the key never hits. Nor do processes wait for each other
//! where the last value had no bytes for the store.

use quick_cache::sync::Cache;

use super::why::Reason;
use crate::store::EntryKey;

/// Forgetting a key costs its next callers one wait.
const REMEMBERED: usize = 1024;

pub(super) struct Unstorables(Cache<EntryKey, Reason>);

impl Unstorables {
    pub(super) fn remember(&self, key: EntryKey, reason: Reason) {
        self.0.insert(key, reason);
    }

    pub(super) fn forget(&self, key: EntryKey) {
        if !self.0.is_empty() {
            self.0.remove(&key);
        }
    }

    pub(super) fn reason(&self, key: EntryKey) -> Option<Reason> {
        self.0.get(&key)
    }
}

impl Default for Unstorables {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}
