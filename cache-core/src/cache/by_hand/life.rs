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
    /// there; they find it on the server. If somebody ends it at the same time, it is gone. One that is put at the same
    /// time may be lost.
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

        let at = match expires < ends && shared.is_remote() {
            true => match self.end_elsewhere(key, fetched.head, &mut patience).await? {
                Some(at) => Some(at),
                None => return Ok(false),
            },
            false => None,
        };
        let place = |position: Position, marks: &Marks| match at {
            None => Some(position),
            // What else has ended it meanwhile is not undone, nor what ends it from there on.
            Some(at) => shared.judge(at, position, &without(marks, key_mark(key))).ok().map(|_| at),
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

    /// Ends the entry, which was there at a position, in every process, and returns from where on it may be there again:
    /// nowhere, if others have ended it in between, or if that cannot be known.
    async fn end_elsewhere(
        &self,
        key: EntryKey,
        seen: Position,
        patience: &mut Patience<'_>,
    ) -> Result<Option<Position>> {
        let (shared, marks) = (self.shared(), [key_mark(key)].into_iter().collect());
        // Alone, for the record must not hold what others say of the same key.
        let record = patience.wait(shared.log.append_alone(&marks)).await?;
        let at = record.position;
        shared.causes.remember(at.seq, vec![Arc::new(format!("another time to live of entry {key}"))]);
        shared.learn(record, patience).await;
        // It is judged by now.
        patience.wait(shared.follow_to(at)).await?;
        let tail = patience.wait(shared.log.read_after(seen)).await?;
        let between = || tail.records.iter().filter(|record| record.position.seq < at.seq);
        let are_all_there = seen.epoch == at.epoch
            && tail.head.epoch == at.epoch
            && between().count() as u64 + seen.seq + 1 == at.seq;
        let has_ended = between().any(|record| record.marks.contains(key_mark(key)));
        Ok((are_all_there && !has_ended).then_some(at))
    }
}

fn without(marks: &Marks, without: Mark) -> Vec<Mark> {
    marks.as_slice().iter().copied().filter(|mark| *mark != without).collect()
}
