//! Another end for what is there.

use std::sync::Arc;
use std::time::Duration;

use super::unavailable;
use crate::cache::Cache;
use crate::cache::clock::Now;
use crate::cache::patience::Patience;
use crate::cache::resolve::key_mark;
use crate::codec::Envelope;
use crate::error::Result;
use crate::log::Position;
use crate::mark::{Mark, Marks};
use crate::store::EntryKey;

impl Cache {
    /// Gives what is there for this key another time to live, from now on; returns whether anything is. No jitter
    /// shortens it. If it ends sooner than before, other processes are told so by a publication that ends the value
    /// there; they find it on the server.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use cache_core::Cache;
    /// # use cache_core::cache::ManualClock;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let time = ManualClock::new();
    /// let cache = Cache::builder().clock(time.clock()).build();
    /// cache.put("session", 7, []).await?;
    /// assert!(cache.expire_in("session", Duration::from_secs(5)).await?);
    /// time.advance(Duration::from_secs(5));
    /// assert_eq!(cache.get::<i32>("session").await, None);
    /// assert!(!cache.expire_in("session", Duration::from_secs(5)).await?);
    /// # Ok::<(), cache_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if the log or the store does not answer.
    pub async fn expire_in(&self, key: impl Into<EntryKey>, ttl: Duration) -> Result<bool> {
        let (shared, key) = (self.shared(), key.into());
        if !shared.is_serving() {
            return Ok(false);
        }
        let mut patience = Patience::new(&*shared.log);
        let fetched = shared.fetch(key, &mut patience).await.map_err(|bypass| unavailable(&bypass))?;
        let stored = fetched.bytes.as_deref().and_then(|bytes| Envelope::open(key, bytes));
        let stored = stored.filter(|envelope| shared.judge_stored(envelope, fetched.head).is_ok());
        let here = shared.lookup(key, fetched.head, &mut Now::default()).ok().map(|(slot, _)| slot);
        let ends = here.as_ref().map(|slot| slot.expires);
        let ends = ends.max(stored.as_ref().map(|envelope| shared.clock.at_unix(envelope.expires)));
        let Some(ends) = ends else { return Ok(false) };
        let expires = shared.clock.after(ttl);

        let at =
            if expires < ends && shared.is_remote() { Some(self.end_elsewhere(key).await?) } else { None };
        let place = |position: Position, marks: &Marks| match at {
            None => Some(position),
            // What else has ended it meanwhile is not undone.
            Some(at) => shared.judge(at, position, &without(marks, key_mark(key))).ok(),
        };
        let mut is_there = false;
        if let Some(envelope) = stored
            && let Some(position) = place(envelope.position, &envelope.marks)
        {
            let envelope = Envelope { position, expires: shared.clock.unix_at(expires), ..envelope };
            if let Some(bytes) = envelope.seal() {
                let kept = ttl.saturating_add(self.policy().stretch().longest());
                patience.wait(shared.store.put(key, Arc::from(bytes), kept)).await?;
                is_there = true;
            }
        }
        if let Some(slot) = here
            && let Some(position) = place(slot.position, &slot.marks)
        {
            shared.values.put(key, &Arc::new(slot.ending(expires, position)));
            is_there = true;
        }
        Ok(is_there)
    }

    /// Ends the entry in every process, and returns from where on it may be there again.
    async fn end_elsewhere(&self, key: EntryKey) -> Result<Position> {
        let marks = [key_mark(key)].into_iter().collect();
        self.publish(marks, Some(Arc::new(format!("another time to live of entry {key}")))).await
    }
}

fn without(marks: &Marks, without: Mark) -> Vec<Mark> {
    marks.as_slice().iter().copied().filter(|mark| *mark != without).collect()
}
