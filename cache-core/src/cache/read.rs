//! The way of a cached read: hit, join, or load.

use std::sync::Arc;
use std::time::Duration;

use super::Cache;
use super::event::Event;
use super::fill::{Filled, Refused};
use super::flight::{Landed, Lead, MAX_JOINS, Ticket};
use super::policy::Skip;
use super::request::{Evidence, LoadStart, Loaded, Outcome, Request, Watched};
use super::values::Slot;
use super::why::{Bypass, Level, MissReason, Source};
use crate::log::Position;
use crate::mutation::{self, Mutation};

impl Cache {
    /// The entry of this request, or else what `load` gives, stored for the next caller.
    ///
    /// Callers of one key share a load as far as its result is still valid for them. The first one's future runs
    /// it, so poll that to its end or drop it. A load must not read its own key through the cache.
    ///
    /// ```
    /// use cache_core::cache::{Loaded, Policy, Request, Watched};
    /// use cache_core::{Cache, Error, Mark, Marks};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// let marks: Marks = [Mark::from_bits(7)].into_iter().collect();
    /// let request = Request { key: "answer".into(), policy: &Policy::new(), codec: &cache.codec::<i64>() };
    /// let load = async |_| Ok::<_, Error>(Loaded { value: 42, watched: Watched::from(marks.clone()) });
    ///
    /// assert_eq!(cache.load(&request, load).await?.source.to_string(), "miss: never filled");
    /// assert_eq!(cache.load(&request, load).await?.source.to_string(), "hit");
    /// cache.publish(marks.clone(), None).await?;
    /// assert_eq!(cache.load(&request, load).await?.source.to_string(), "miss: touched by publication 1");
    /// # Ok::<(), Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// What `load` returns, and nothing else: when the cache fails, the caller loads.
    ///
    /// # Cancel safety
    /// Dropping the future drops the load and stores nothing; one of those who waited for it loads instead.
    pub async fn load<T, E, F>(&self, request: &Request<'_, T>, load: F) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let outcome = match self.bypass(request) {
            Some(bypass) => self.load_around(bypass, load).await?,
            None => match self.try_hit(request) {
                Some(outcome) => outcome,
                None => self.hit_or_load(request, load).await?,
            },
        };
        let shared = self.shared();
        shared.counters.read(&outcome.source);
        shared.events.emit(&Event::Read { key: request.key, source: &outcome.source });
        Ok(outcome)
    }

    pub(super) fn bypass<T>(&self, request: &Request<'_, T>) -> Option<Bypass> {
        if !self.shared().is_serving() {
            return Some(Bypass::Disabled);
        }
        match request.policy.get_skip() {
            Skip::Both => Some(Bypass::Policy),
            _ => self.ttl(request).is_zero().then_some(Bypass::ZeroTtl),
        }
    }

    pub(super) fn ttl<T>(&self, request: &Request<'_, T>) -> Duration {
        request.policy.get_ttl().unwrap_or(self.shared().ttl)
    }

    /// A hit that needs no waiting: the log's head is known in this process and the index is not behind it.
    pub(super) fn try_hit<T: Send + Sync + 'static>(&self, request: &Request<'_, T>) -> Option<Outcome<T>> {
        let shared = self.shared();
        let head = shared.log.try_head().filter(|_| !shared.owed.any())?;
        self.hit_value(request, head).ok()
    }

    /// A hit in the first level for a caller who read `head`.
    pub(super) fn hit_value<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        head: Position,
    ) -> Result<Outcome<T>, MissReason> {
        if request.policy.get_skip() == Skip::Lookup {
            return Err(MissReason::Refresh);
        }
        let (slot, at) = self.shared().lookup(request.key, head)?;
        outcome(slot, at, Source::Hit(Level::Values)).ok_or(MissReason::Unreadable)
    }

    async fn hit_or_load<T, E, F>(&self, request: &Request<'_, T>, load: F) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let shared = self.shared();
        let mut joins_left = MAX_JOINS;
        let (head, reason) = loop {
            let head = match shared.trusted_head().await {
                Ok(head) => head,
                Err(bypass) => return self.load_around(bypass, load).await,
            };
            let reason = match self.hit_value(request, head) {
                Ok(outcome) => return Ok(outcome),
                Err(reason) => shared.unstorables.reason(request.key).map_or(reason, MissReason::Unstorable),
            };
            if joins_left == 0 || matches!(reason, MissReason::Unstorable(_) | MissReason::Refresh) {
                break (head, reason);
            }
            match shared.flights.enter(request.key) {
                Ticket::Lead(lead) => return self.lead(request, head, lead, load).await,
                Ticket::Join(flight) => match flight.landing(shared.sleep.get().copied()).await {
                    Landed::Slot(slot) => match self.join(slot, head) {
                        Some(outcome) => return Ok(outcome),
                        None => joins_left -= 1,
                    },
                    Landed::Nothing => joins_left -= 1,
                    Landed::Late => joins_left = 0,
                },
            }
        };
        let (outcome, _) = self.load_at(request, head, reason, load).await?;
        Ok(outcome)
    }

    /// What a flight landed with, for a caller who read `head` before joining it.
    fn join<T: Send + Sync + 'static>(&self, slot: Arc<Slot>, head: Position) -> Option<Outcome<T>> {
        let at = match self.shared().validate(&slot, head) {
            Err(_) if mutation::is(Mutation::JoinBlindly) => slot.validated(),
            judged => judged.ok()?,
        };
        outcome(slot, at, Source::Joined)
    }

    async fn lead<T, E, F>(
        &self,
        request: &Request<'_, T>,
        head: Position,
        lead: Lead<'_>,
        load: F,
    ) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        // An earlier flight may have landed after this caller looked and before it took the lead.
        let reason = match self.hit_value(request, head) {
            Ok(outcome) => return Ok(outcome),
            Err(reason) => reason,
        };
        let reason = match self.hit_stored(request, head, reason).await {
            Ok((outcome, slot)) => {
                lead.land(slot);
                return Ok(outcome);
            }
            Err(reason) => reason,
        };
        let (outcome, slot) = self.load_at(request, head, reason, load).await?;
        if let Some(slot) = slot {
            lead.land(slot);
        }
        Ok(outcome)
    }

    /// Loads for a caller who read `head`, and stores the result if it may be stored.
    async fn load_at<T, E, F>(
        &self,
        request: &Request<'_, T>,
        head: Position,
        reason: MissReason,
        load: F,
    ) -> Result<(Outcome<T>, Option<Arc<Slot>>), E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let Loaded { value, watched } = load(LoadStart { position: Some(head) }).await?;
        let is_block = matches!(watched, Watched::Marks { position: Some(_), .. });
        let takes_end = mutation::is(Mutation::PositionAfterLoad)
            || is_block && mutation::is(Mutation::BlockTakesLastPosition);
        let (head, watched) = match (takes_end, watched) {
            (true, Watched::Marks { marks, .. }) => {
                (self.shared().follow().await.unwrap_or(head), Watched::Marks { marks, position: None })
            }
            (_, watched) => (head, watched),
        };
        let source = Source::Miss(reason);
        match self.fill(request, head, Arc::new(value), watched).await {
            Ok(Filled { value, slot, at }) => {
                let evidence = Evidence::Slot(Arc::clone(&slot), at);
                Ok((Outcome { value, source, evidence }, Some(slot)))
            }
            Err(Refused { value, reason }) => {
                let evidence = Evidence::Load(Watched::Unstorable(reason));
                Ok((Outcome { value, source, evidence }, None))
            }
        }
    }

    async fn load_around<T, E, F>(&self, bypass: Bypass, load: F) -> Result<Outcome<T>, E>
    where
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let Loaded { value, watched } = load(LoadStart { position: None }).await?;
        let evidence = Evidence::Load(watched);
        Ok(Outcome { value: Arc::new(value), source: Source::Bypass(bypass), evidence })
    }
}

/// The outcome of a caller who is served from a slot that is valid at `at`; none if it is of another type.
pub(super) fn outcome<T: Send + Sync + 'static>(
    slot: Arc<Slot>,
    at: Position,
    source: Source,
) -> Option<Outcome<T>> {
    let value = Arc::clone(&slot.value).downcast().ok()?;
    Some(Outcome { value, source, evidence: Evidence::Slot(slot, at) })
}
