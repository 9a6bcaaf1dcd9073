//! The way of a cached read: hit, join, or load.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Cache;
use super::clock::Now;
use super::event::Event;
use super::fill::has_tags;
use super::flight::{Arrival, Began, Landed, Landing, Lead, MAX_JOINS, Ticket};
use super::load::Loading;
use super::patience::Patience;
use super::policy::Skip;
use super::refresh::Refresh;
use super::request::{Evidence, LoadStart, Loaded, Outcome, Request, Watched};
use super::stored::{Missing, Sought};
use super::values::Slot;
use super::why::{Bypass, Level, MissReason, Source};
use crate::log::Position;
use crate::mutation::{self, Mutation};
use crate::store::EntryKey;

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
        match self.ready(request) {
            Some(outcome) => Ok(outcome),
            None => self.load_as(request, Loading::Here, load).await,
        }
    }

    /// The same for a load that can also run in a task of its own: if the entry is due to be loaded anew, the caller
    /// is served and `detach` is given the right to do so. Not both, the load and the refresh, are asked for.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cache_core::cache::{Loaded, ManualClock, Policy, Request};
    /// use cache_core::{Cache, Error, Marks};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let time = ManualClock::new();
    /// let cache = Cache::builder().clock(time.clock()).build();
    /// let minute = Duration::from_secs(60);
    /// let policy = Policy::new().ttl(minute).jitter(0).stale_while_revalidate(minute);
    /// let codec = cache.codec::<i64>();
    /// let request = Request { key: "answer".into(), policy: &policy, codec: &codec };
    /// let load = |value| async move |_| Ok::<_, Error>(Loaded { value, watched: Marks::default().into() });
    /// let mut refresh = None;
    ///
    /// cache.load_detachable(&request, load(1), |due| refresh = Some(due)).await?;
    /// time.advance(minute);
    /// let stale = cache.load_detachable(&request, load(2), |due| refresh = Some(due)).await?;
    /// assert_eq!(*stale.value, 1);
    ///
    /// // In a program, in a task.
    /// refresh.unwrap().run(&codec, load(3)).await;
    /// let fresh = cache.load_detachable(&request, load(4), |_| ()).await?;
    /// assert_eq!((*fresh.value, fresh.source.to_string()), (3, "hit".to_owned()));
    /// # Ok::<(), Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    ///
    /// # Cancel safety
    /// That of [`load`](Self::load).
    pub async fn load_detachable<T, E, F>(
        &self,
        request: &Request<'_, T>,
        load: F,
        detach: impl FnOnce(Refresh<T>),
    ) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let outcome = match self.ready(request) {
            Some(outcome) => outcome,
            None => self.load_as(request, Loading::Detachable, load).await?,
        };
        if let Some(refresh) = self.refresh_due(request, &outcome) {
            detach(refresh);
        }
        Ok(outcome)
    }

    async fn load_as<T, E, F>(
        &self,
        request: &Request<'_, T>,
        loading: Loading,
        load: F,
    ) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let outcome = match self.bypass(request) {
            Some(bypass) => self.load_around(bypass, load).await?,
            None => self.hit_or_load(request, loading, load).await?,
        };
        self.note(request.key, &outcome.source);
        Ok(outcome)
    }

    /// A hit that needs no waiting, nor what is made for those who wait.
    #[inline]
    fn ready<T: Send + Sync + 'static>(&self, request: &Request<'_, T>) -> Option<Outcome<T>> {
        if self.bypass(request).is_some() {
            return None;
        }
        let outcome = self.try_hit(request)?;
        self.note(request.key, &outcome.source);
        Some(outcome)
    }

    /// Counts and tells how a read was answered.
    #[inline]
    pub(super) fn note(&self, key: EntryKey, source: &Source) {
        let shared = self.shared();
        shared.counters.read(source);
        shared.events.emit(&Event::Read { key, source });
    }

    #[inline]
    pub(super) fn bypass<T>(&self, request: &Request<'_, T>) -> Option<Bypass> {
        if !self.shared().is_serving() {
            return Some(Bypass::Disabled);
        }
        match request.policy.get_skip() {
            Skip::Both => Some(Bypass::Policy),
            _ => self.ttl(request).is_zero().then_some(Bypass::ZeroTtl),
        }
    }

    #[inline]
    pub(super) fn ttl<T>(&self, request: &Request<'_, T>) -> Duration {
        request.policy.get_ttl().unwrap_or(self.shared().ttl)
    }

    /// A hit that needs no waiting: a head that is recent enough is known in this process.
    #[inline]
    pub(super) fn try_hit<T: Send + Sync + 'static>(&self, request: &Request<'_, T>) -> Option<Outcome<T>> {
        let shared = self.shared();
        let (consistency, mut now) = (request.policy.get_consistency(), Now::default());
        let head = shared.ready_head(consistency.unwrap_or(shared.consistency), &mut now)?;
        self.hit_value(request, head, &mut now).ok()
    }

    /// A hit in the first level for a caller who read `head`.
    #[inline(always)]
    pub(super) fn hit_value<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        head: Position,
        now: &mut Now,
    ) -> Result<Outcome<T>, MissReason> {
        if request.policy.get_skip() == Skip::Lookup {
            return Err(MissReason::Refresh);
        }
        let (slot, at) = self.shared().lookup(request.key, head, now)?;
        if !has_tags(request.policy, &slot.marks) {
            return Err(MissReason::Untagged);
        }
        outcome(slot, at, Source::Hit(Level::Values)).ok_or(MissReason::Unreadable)
    }

    async fn hit_or_load<T, E, F>(
        &self,
        request: &Request<'_, T>,
        loading: Loading,
        load: F,
    ) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let shared = self.shared();
        let mut patience = Patience::new(&*shared.log);
        let arrival = shared.flights.arrive();
        match self.look(request, &mut patience).await {
            Ok(Looked::Hit(outcome)) => Ok(outcome),
            // What only a miss needs does not make the future of a hit larger.
            looked => Box::pin(self.join_or_load(request, looked, arrival, loading, patience, load)).await,
        }
    }

    /// The way of a caller who has looked in vain.
    async fn join_or_load<T, E, F>(
        &self,
        request: &Request<'_, T>,
        mut looked: Result<Looked<T>, Bypass>,
        arrival: Arrival,
        loading: Loading,
        mut patience: Patience<'_>,
        load: F,
    ) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let shared = self.shared();
        let mut joins_left = MAX_JOINS;
        let (head, reason) = loop {
            let (head, reason) = match looked {
                Ok(Looked::Hit(outcome)) => return Ok(outcome),
                Ok(Looked::Miss(head, reason)) => (head, reason),
                Err(bypass) => return self.load_around(bypass, load).await,
            };
            let stale = head.and_then(|head| self.stale_value(request, head, &reason));
            let is_fenced = matches!(reason, MissReason::Fenced);
            let stale = match stale {
                Some(stale) if loading == Loading::Detachable || is_fenced => return Ok(stale),
                stale => stale,
            };
            let reason = shared.unstorables.reason(request.key).map_or(reason, MissReason::Unstorable);
            let is_own = matches!(reason, MissReason::Unstorable(_) | MissReason::Refresh);
            if joins_left == 0 || is_own {
                break (head, reason);
            }
            match shared.flights.enter(request.key, arrival) {
                Ticket::Lead(lead) => {
                    return self.lead(request, (head, reason), loading, lead, patience, load).await;
                }
                Ticket::Join(flight) => {
                    if let Some(stale) = stale {
                        return Ok(stale);
                    }
                    let began = flight.began();
                    match flight.landing(shared.timer()).await {
                        Landed::Result(landing) => {
                            match self.join(landing, began, head, &mut patience).await {
                                Some(outcome) => return Ok(outcome),
                                None => joins_left -= 1,
                            }
                        }
                        Landed::Nothing => joins_left -= 1,
                        Landed::Late => joins_left = 0,
                    }
                }
            }
            looked = self.look(request, &mut patience).await;
        };
        let head = match head {
            Some(head) => Ok(head),
            None => shared.trusted_head(&mut patience).await,
        };
        match head {
            Ok(head) => {
                let missing = Missing { head, reason, claim: None, spare: None };
                Ok(self.load_or_spare(request, missing, &mut patience, load).await?.0)
            }
            Err(bypass) => self.load_around(bypass, load).await,
        }
    }

    /// Looks into the first level. A log over a network is not asked for its head if nothing is here that the head
    /// could confirm: the store will be asked for both at once.
    pub(super) async fn look<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        patience: &mut Patience<'_>,
    ) -> Result<Looked<T>, Bypass> {
        let (shared, since) = (self.shared(), Instant::now());
        let held = match shared.is_remote() && !shared.index.hides_fences() {
            true => match self.hold(request, &mut Now::default()) {
                Ok(held) => held,
                Err(reason) => return Ok(Looked::Miss(None, reason)),
            },
            false => None,
        };
        let head = shared.trusted_head_since(since, patience).await?;
        if let Some(slot) = held
            && let Ok(at) = shared.validate(&slot, head)
            && let Some(outcome) = outcome(slot, at, Source::Hit(Level::Values))
        {
            return Ok(Looked::Hit(outcome));
        }
        patience.settle();
        Ok(match self.hit_value(request, head, &mut Now::default()) {
            Ok(outcome) => Looked::Hit(outcome),
            Err(reason) => Looked::Miss(Some(head), reason),
        })
    }

    /// What the first level has that the log's head may confirm, if that can be told without it; or why it has nothing
    /// for this request, whatever the head is.
    fn hold<T>(&self, request: &Request<'_, T>, now: &mut Now) -> Result<Option<Arc<Slot>>, MissReason> {
        let shared = self.shared();
        if request.policy.get_skip() == Skip::Lookup {
            return shared.values.peek(request.key).map_or(Err(MissReason::Refresh), |_| Ok(None));
        }
        let Some(slot) = shared.values.get(request.key) else { return Err(MissReason::NeverFilled) };
        if !has_tags(request.policy, &slot.marks) {
            return Err(MissReason::Untagged);
        }
        // What is stale may be served, by what the log says of it.
        if request.policy.stretch().serves_more() {
            return Ok(None);
        }
        if shared.clock.has_passed_by(slot.expires, now) {
            return Err(MissReason::Expired);
        }
        let (validated, newest) = (slot.validated(), shared.index.newest());
        if validated.reaches(newest) {
            return Ok(Some(slot));
        }
        match shared.judge(newest, validated, slot.marks.as_slice()) {
            Err(reason @ MissReason::Touched(_)) => Err(reason),
            _ => Ok(Some(slot)),
        }
    }

    /// What a flight landed with, for a caller who arrived before it began, or else read `head` before joining it or
    /// reads it now.
    async fn join<T: Send + Sync + 'static>(
        &self,
        landing: Landing,
        began: Began,
        head: Option<Position>,
        patience: &mut Patience<'_>,
    ) -> Option<Outcome<T>> {
        let slot = match (landing, began) {
            (Landing::Slot(slot), Began::BeforeArrival) => slot,
            (Landing::Slot(slot), Began::AfterArrival) => {
                let at = slot.validated();
                return outcome(slot, at, Source::Joined);
            }
            (Landing::Passing(value, reason), Began::AfterArrival) => {
                let evidence = Evidence::Load(Watched::Unstorable(reason));
                return Some(Outcome { value: value.downcast().ok()?, source: Source::Joined, evidence });
            }
            (Landing::Passing(..), Began::BeforeArrival) => return None,
        };
        let head = match head {
            Some(head) => head,
            None => self.shared().trusted_head(patience).await.ok()?,
        };
        let at = match self.shared().validate(&slot, head) {
            Err(_) if mutation::is(Mutation::JoinBlindly) => slot.validated(),
            judged => judged.ok()?,
        };
        outcome(slot, at, Source::Joined)
    }

    async fn lead<T, E, F>(
        &self,
        request: &Request<'_, T>,
        looked: (Option<Position>, MissReason),
        loading: Loading,
        lead: Lead,
        mut patience: Patience<'_>,
        load: F,
    ) -> Result<Outcome<T>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let sought = match looked {
            // Whatever the store has is behind the same fence.
            (Some(head), reason @ MissReason::Fenced) => {
                Ok(Sought::Missing(Missing { head, reason, claim: None, spare: None }))
            }
            (_, reason) => self.seek(request, reason, loading, &mut patience).await,
        };
        let missing = match sought {
            Ok(Sought::Found(outcome, slot)) => {
                lead.land(Landing::Slot(slot));
                return Ok(outcome);
            }
            // Those who wait find it in the first level, too.
            Ok(Sought::Stale(outcome)) => return Ok(outcome),
            Ok(Sought::Missing(missing)) => missing,
            Err(bypass) => return self.load_around(bypass, load).await,
        };
        let (outcome, landing) = self.load_or_spare(request, missing, &mut patience, load).await?;
        if let Some(landing) = landing {
            lead.land(landing);
        }
        Ok(outcome)
    }
}

/// What the first level had.
pub(super) enum Looked<T> {
    Hit(Outcome<T>),
    /// Nothing to serve to who read this head, if it was read.
    Miss(Option<Position>, MissReason),
}

/// The outcome of a caller who is served from a slot that is valid at `at`; none if it is of another type.
#[inline(always)]
pub(super) fn outcome<T: Send + Sync + 'static>(
    slot: Arc<Slot>,
    at: Position,
    source: Source,
) -> Option<Outcome<T>> {
    let value = Arc::clone(&slot.value).downcast().ok()?;
    Some(Outcome { value, source, evidence: Evidence::Slot(slot, at) })
}
