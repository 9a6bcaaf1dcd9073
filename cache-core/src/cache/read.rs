//! The way of a cached read.

use std::any::Any;
use std::sync::Arc;

use super::Cache;
use super::policy::Skip;
use super::request::{LoadStart, Loaded, Outcome, Request, Watched};
use super::resolve::{key_mark, tag_mark};
use super::values::Slot;
use super::why::{Bypass, Level, MissReason, Reason, Source};
use crate::log::Position;
use crate::mark::{Mark, Marks};

impl Cache {
    /// The entry of this request, or else what `load` gives, stored for the next caller.
    ///
    /// # Errors
    /// What `load` returns, and nothing else: a failing cache means a load.
    ///
    /// # Cancel safety
    /// Dropping the future drops the load and stores nothing.
    pub async fn load<T, E, F>(&self, request: &Request<'_, T>, load: F) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        if let Some(bypass) = self.bypasses(request) {
            return self.load_around(bypass, load).await;
        }
        if let Some(outcome) = self.try_hit(request) {
            return Ok(outcome);
        }
        let Ok(head) = self.shared().follow().await else {
            return self.load_around(Bypass::Unavailable, load).await;
        };
        let reason = match self.hit(request, head) {
            Ok(outcome) => return Ok(outcome),
            Err(reason) => reason,
        };
        let loaded = load(LoadStart { position: Some(head) }).await?;
        Ok(self.fill(request, head, loaded, reason))
    }

    fn bypasses<T>(&self, request: &Request<'_, T>) -> Option<Bypass> {
        if request.policy.get_skip() == Skip::Both {
            return Some(Bypass::Policy);
        }
        self.ttl(request).is_zero().then_some(Bypass::ZeroTtl)
    }

    fn ttl<T>(&self, request: &Request<'_, T>) -> std::time::Duration {
        request.policy.get_ttl().unwrap_or(self.shared().ttl)
    }

    async fn load_around<T, E, F>(&self, bypass: Bypass, load: F) -> Result<Outcome<T>, E>
    where
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let Loaded { value, watched } = load(LoadStart { position: None }).await?;
        Ok(Outcome { value: Arc::new(value), source: Source::Bypass(bypass), watched })
    }

    /// A hit that needs no waiting.
    fn try_hit<T: Send + Sync + 'static>(&self, request: &Request<'_, T>) -> Option<Outcome<T>> {
        self.hit(request, self.shared().log.try_head()?).ok()
    }

    fn hit<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        head: Position,
    ) -> Result<Outcome<T>, MissReason> {
        if request.policy.get_skip() == Skip::Lookup {
            return Err(MissReason::Refresh);
        }
        let (slot, at) = self.shared().lookup(request.key, head)?;
        let value = Arc::clone(&slot.value).downcast().map_err(|_| MissReason::Unreadable)?;
        let watched = Watched::Marks { marks: Arc::clone(&slot.marks), position: Some(at) };
        Ok(Outcome { value, source: Source::Hit(Level::Values), watched })
    }

    /// Stores what was loaded, if it may be stored.
    fn fill<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        start: Position,
        loaded: Loaded<T>,
        reason: MissReason,
    ) -> Outcome<T> {
        let value = Arc::new(loaded.value);
        let source = Source::Miss(reason);
        let (marks, position) = match loaded.watched {
            Watched::Unstorable(reason) => {
                return Outcome { value, source, watched: Watched::Unstorable(reason) };
            }
            Watched::Marks { marks, position } => (marks, position.unwrap_or(start)),
        };
        if position.epoch != start.epoch {
            let reason = Reason::new("a part of it is from an older epoch of the log");
            return Outcome { value, source, watched: Watched::Unstorable(reason) };
        }
        let position = if position.seq < start.seq { position } else { start };
        let policy = request.policy;
        let own = [Mark::EVERYTHING, key_mark(request.key)];
        let tags = policy.tags().iter().map(|tag| tag_mark(tag));
        let mut all: Marks = own.into_iter().chain(tags).collect();
        all.merge(&marks);
        let marks = Arc::new(all);
        if policy.get_skip() != Skip::Store && policy.keeps(&*value) {
            let shared = self.shared();
            let random = (request.key.bits() as u64) ^ start.seq;
            let expires = shared.clock.after(policy.shorten(self.ttl(request), random));
            let weight = request.codec.weight(&value);
            let erased: Arc<dyn Any + Send + Sync> = Arc::clone(&value) as _;
            let slot = Slot::new(erased, Arc::clone(&marks), position, expires, weight);
            shared.values.put(request.key, &Arc::new(slot));
        }
        Outcome { value, source, watched: Watched::Marks { marks, position: Some(position) } }
    }
}
