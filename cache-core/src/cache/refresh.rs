//! Loads behind the back of readers.
//!
//! A reader who is served an entry that is due to be loaded anew gets the right to do so, if nobody has it: a
//! refresh leads the flight of its key, so whoever misses meanwhile joins it. Over processes the claim of the key
//! decides, as for a cold one.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache as Bounded;

use super::Cache;
use super::clock::{Moment, Now};
use super::event::Event;
use super::flight::{Landing, Lead, Ticket};
use super::patience::Patience;
use super::policy::{Policy, Skip};
use super::request::{Evidence, LoadStart, Loaded, Outcome, Request};
use super::stats::increment;
use super::stored::{LONGEST_WAIT, Missing, SHORTEST_WAIT};
use super::values::Slot;
use super::why::{Level, MissReason, Source, Stale};
use crate::codec::Codec;
use crate::log::Position;
use crate::store::{EntryKey, Fetched};

/// Refreshes of one cache at once: those who wait for a connection to the database come first.
const MAX_REFRESHES: usize = 16;

/// How long a key is left alone after a refresh that came to nothing.
const REST: Duration = Duration::from_secs(1);

/// How many such keys are remembered; forgetting one costs a load.
const MAX_RESTING: usize = 1024;

/// The refreshes of one cache.
pub(super) struct Refreshes {
    running: Arc<AtomicUsize>,
    resting: Bounded<EntryKey, Moment>,
}

impl Default for Refreshes {
    fn default() -> Self {
        Self { running: Arc::default(), resting: Bounded::new(MAX_RESTING) }
    }
}

/// One of [`MAX_REFRESHES`].
struct Permit(Arc<AtomicUsize>);

impl Refreshes {
    fn permit(&self) -> Option<Permit> {
        let more = |running| (running < MAX_REFRESHES).then_some(running + 1);
        self.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Permit(Arc::clone(&self.running)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The right to load one entry anew while its readers are served the old one. [Run](Self::run) it in a task of its
/// own; dropped, it is left to a later reader.
#[must_use = "run it in a task of its own"]
pub struct Refresh<T> {
    cache: Cache,
    key: EntryKey,
    policy: Policy,
    lead: Lead,
    _permit: Permit,
    result: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Refresh<T> {
    /// Loads and stores, unless another process is at it or has done so. What fails is an
    /// [event](Event::RefreshFailed), and the entry stays as it is.
    ///
    /// # Cancel safety
    /// Dropping the future drops the load and leaves the entry as it is.
    pub async fn run<E, F>(self, codec: &dyn Codec<T>, load: F)
    where
        E: fmt::Display,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let Self { cache, key, policy, lead, _permit, .. } = self;
        let request = Request { key, policy: &policy, codec };
        let landing = match cache.refreshed(&request, load).await {
            Ok(landing) => landing,
            Err(error) => {
                let shared = cache.shared();
                increment(&shared.counters.failed_refreshes);
                let error = error.to_string();
                tracing::debug!(error, %key, "an entry could not be loaded anew");
                shared.events.emit(&Event::RefreshFailed { key, error: &error });
                None
            }
        };
        // What is not kept would be loaded anew by the next reader again.
        if !matches!(landing, Some(Landing::Slot(_))) {
            cache.let_rest(key);
        }
        if let Some(landing) = landing {
            lead.land(landing);
        }
    }
}

impl Cache {
    /// The right to load anew what was served, if that is due and nobody has it.
    pub(super) fn refresh_due<T>(
        &self,
        request: &Request<'_, T>,
        outcome: &Outcome<T>,
    ) -> Option<Refresh<T>> {
        let is_due = match (&outcome.source, &outcome.evidence) {
            // What is loaded under a fence is not kept.
            (Source::Stale(Stale::Touched(reason)), _) => !matches!(reason, MissReason::Fenced),
            (Source::Stale(Stale::Expired), _) => true,
            (Source::Hit(Level::Values | Level::Store), Evidence::Slot(slot, _)) => {
                self.ends_soon(request, slot)
            }
            _ => false,
        };
        let shared = self.shared();
        let rests = |until: Moment| !shared.clock.has_passed(until);
        if !is_due
            || request.policy.get_skip() != Skip::Nothing
            || shared.refreshes.resting.get(&request.key).is_some_and(rests)
        {
            return None;
        }
        let permit = shared.refreshes.permit()?;
        let flights = &shared.flights;
        let Ticket::Lead(lead) = flights.enter(request.key, flights.arrive()) else { return None };
        Some(Refresh {
            cache: self.clone(),
            key: request.key,
            policy: request.policy.clone(),
            lead,
            _permit: permit,
            result: PhantomData,
        })
    }

    /// Whether an entry is so near its end that it is to be loaded anew.
    fn ends_soon<T>(&self, request: &Request<'_, T>, slot: &Slot) -> bool {
        let early = request.policy.stretch().early.min(self.ttl(request) / 2);
        !early.is_zero() && self.shared().clock.has_passed(slot.expires.earlier(early))
    }

    /// The slot that another process has left, or else what the load gives; none if that may not be kept.
    async fn refreshed<T, E, F>(&self, request: &Request<'_, T>, load: F) -> Result<Option<Landing>, E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let shared = self.shared();
        let mut patience = Patience::new(&*shared.log);
        let (began, mut wait) = (Instant::now(), SHORTEST_WAIT);
        let (head, claim) = loop {
            let Ok((claim, fetched)) = shared.claim(request.key, &mut patience).await else {
                return Ok(None);
            };
            if let Some(slot) = self.renewed(request, &fetched) {
                return Ok(Some(Landing::Slot(slot)));
            }
            match (claim, shared.log.remote()) {
                (Some(claim), _) => break (fetched.head, claim),
                (None, Some(remote)) if began.elapsed() < shared.lease => remote.sleep(wait).await,
                (None, _) => return Ok(None),
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        };
        let missing = Missing { head, reason: MissReason::Expired, claim: Some(claim), spare: None };
        let (outcome, landing) = self.load_at(request, missing, &mut patience, load).await?;
        increment(&shared.counters.refreshes);
        Ok(landing.filter(|_| request.policy.keeps(&*outcome.value)))
    }

    /// An entry that is not due to be loaded anew, and that somebody has left meanwhile.
    fn renewed<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        fetched: &Fetched,
    ) -> Option<Arc<Slot>> {
        let stored = self.hit_stored(request, fetched, MissReason::NeverFilled).ok().map(|(_, slot)| slot);
        let here = || self.slot_at(request, fetched.head);
        stored.or_else(here).filter(|slot| !self.ends_soon(request, slot))
    }

    fn slot_at<T>(&self, request: &Request<'_, T>, head: Position) -> Option<Arc<Slot>> {
        self.shared().lookup(request.key, head, &mut Now::default()).ok().map(|(slot, _)| slot)
    }

    fn let_rest(&self, key: EntryKey) {
        let shared = self.shared();
        shared.refreshes.resting.insert(key, shared.clock.after(REST));
    }
}

impl<T> fmt::Debug for Refresh<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresh").field("key", &self.key).finish_non_exhaustive()
    }
}
