//! Hits in the store.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Cache;
use super::clock::Now;
use super::fill::has_tags;
use super::load::Loading;
use super::patience::Patience;
use super::policy::Skip;
use super::read::outcome;
use super::request::{Evidence, Outcome, Request};
use super::shared::Shared;
use super::stretch::Instead;
use super::values::{Life, Slot};
use super::why::{Bypass, Level, MissReason, Source};
use crate::codec::Envelope;
use crate::log::Position;
use crate::store::{EntryKey, Fetched, Store};

/// What became of a search for an entry below the first level.
pub(super) enum Sought<T> {
    Found(Outcome<T>, Arc<Slot>),
    /// No hit, but the policy lets the caller have it.
    Stale(Outcome<T>),
    /// The caller loads.
    Missing(Missing),
}

/// What is known of an entry that is not served, by who read `head`.
pub(super) struct Missing {
    pub(super) head: Position,
    pub(super) reason: MissReason,
    pub(super) claim: Option<Claimed>,
    /// What may be served in place of a load that fails.
    pub(super) spare: Option<Arc<Slot>>,
}

/// Bytes that are no hit.
pub(super) struct Unfit {
    reason: MissReason,
    spare: Option<Arc<Slot>>,
}

impl From<MissReason> for Unfit {
    fn from(reason: MissReason) -> Self {
        Self { reason, spare: None }
    }
}

/// The right to load what no process has. An entry that is put ends it; dropped before, it goes to whoever wants
/// it.
pub(super) struct Claimed {
    /// None if there is nothing to give back.
    store: Option<Arc<dyn Store>>,
    key: EntryKey,
}

impl Claimed {
    pub(super) fn new(store: &Arc<dyn Store>, key: EntryKey) -> Self {
        Self { store: Some(Arc::clone(store)), key }
    }

    /// The claim is another's, or has ended.
    pub(super) fn forget(mut self) {
        self.store = None;
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if let Some(store) = &self.store {
            store.release(self.key);
        }
    }
}

/// How long another process's load is waited for before it is looked at again, at least and at most.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_millis(4);
pub(super) const LONGEST_WAIT: Duration = Duration::from_millis(32);

impl Cache {
    /// Seeks an entry below the first level, and waits for another process that is loading it. `reason` is why
    /// the first level did not hit, and stays the reason if the store knows no better. What may be served stale is
    /// found rather than waited for, and rather than loaded if others can load it.
    pub(super) async fn seek<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        reason: MissReason,
        loading: Loading,
        patience: &mut Patience<'_>,
    ) -> Result<Sought<T>, Bypass> {
        let shared = self.shared();
        // What has just ended here has seldom been loaded anew elsewhere: the claim fetches in the same round trip.
        let mut is_asked = self.claims_at_once(request, &reason);
        let (claim, fetched) = match is_asked {
            true => shared.claim(request.key, patience).await?,
            false => (None, shared.fetch(request.key, patience).await?),
        };
        let mut missing = match self.found(request, &fetched, reason) {
            Ok((outcome, slot)) => return Ok(Sought::Found(outcome, slot)),
            Err(missing) => Missing { claim, ..missing },
        };
        let stale = missing.spare.as_ref();
        let stale = stale.and_then(|slot| self.stale(request, slot, missing.head, Instead::OfLoading));
        if let (Some(outcome), Loading::Detachable) = (&stale, loading) {
            return Ok(Sought::Stale(outcome.clone()));
        }
        // What will not be kept is not worth waiting for either.
        let is_kept =
            !matches!(missing.reason, MissReason::Fenced) && shared.index.fences(missing.head).is_some();
        let Some(remote) = shared.log.remote().filter(|_| is_kept && shared.may_share(request)) else {
            return Ok(Sought::Missing(missing));
        };
        let (began, mut wait) = (Instant::now(), SHORTEST_WAIT);
        loop {
            if !std::mem::take(&mut is_asked) {
                let (claim, fetched) = shared.claim(request.key, patience).await?;
                let spare = missing.spare.take();
                missing = match self.found(request, &fetched, missing.reason) {
                    Ok((outcome, slot)) => return Ok(Sought::Found(outcome, slot)),
                    Err(missing) => Missing { spare: missing.spare.or(spare), claim, ..missing },
                };
            }
            if missing.claim.is_some() || began.elapsed() >= shared.lease {
                return Ok(Sought::Missing(missing));
            }
            if let Some(outcome) = stale {
                return Ok(Sought::Stale(outcome));
            }
            remote.sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn claims_at_once<T>(&self, request: &Request<'_, T>, reason: &MissReason) -> bool {
        let has_ended = matches!(reason, MissReason::Touched(_) | MissReason::Expired);
        // Who may serve what is stale looks for that first.
        let shared = self.shared();
        has_ended
            && !request.policy.stretch().serves_more()
            && shared.is_remote()
            && shared.may_share(request)
    }

    /// A hit among what was fetched; the typed value goes to the first level.
    pub(super) fn found<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        fetched: &Fetched,
        reason: MissReason,
    ) -> Result<(Outcome<T>, Arc<Slot>), Missing> {
        let head = fetched.head;
        // An earlier flight may have landed after this caller looked and before it took the lead.
        let reason = match self.hit_value(request, head, &mut Now::default()) {
            Ok(outcome) => match &outcome.evidence {
                Evidence::Slot(slot, _) => {
                    let slot = Arc::clone(slot);
                    return Ok((outcome, slot));
                }
                Evidence::Load(_) => reason,
            },
            Err(MissReason::NeverFilled) => reason,
            Err(reason) => reason,
        };
        let hit = self.hit_stored(request, fetched, reason);
        hit.map_err(|Unfit { reason, spare }| Missing { head, reason, claim: None, spare })
    }

    pub(super) fn hit_stored<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        fetched: &Fetched,
        reason: MissReason,
    ) -> Result<(Outcome<T>, Arc<Slot>), Unfit> {
        let shared = self.shared();
        if request.policy.get_skip() == Skip::Lookup {
            return Err(reason.into());
        }
        let Some(bytes) = &fetched.bytes else { return Err(reason.into()) };
        let envelope = Envelope::open(request.key, bytes).ok_or(MissReason::Unreadable)?;
        if !has_tags(request.policy, &envelope.marks) {
            return Err(MissReason::Untagged.into());
        }
        let judged = shared.judge_stored(&envelope, fetched.head);
        if let Err(reason) = &judged
            && !self.may_stretch(request, reason)
        {
            return Err(reason.clone().into());
        }
        if envelope.fingerprint != request.codec.fingerprint() {
            return Err(MissReason::Unreadable.into());
        }
        let payload = envelope.payload().map_err(|_| MissReason::Unreadable)?;
        let value = request.codec.decode(&payload).map_err(|_| MissReason::Unreadable)?;
        let weight = payload.len();
        let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
        let clock = &shared.clock;
        let life = Life { loaded: clock.at_unix(envelope.loaded), expires: clock.at_unix(envelope.expires) };
        let slot = Arc::new(Slot::new(value, Arc::new(envelope.marks), envelope.position, life, weight));
        // What is no hit is judged again by every reader that finds it there.
        shared.values.put(request.key, &slot);
        let at = judged.map_err(|reason| Unfit { reason, spare: Some(Arc::clone(&slot)) })?;
        slot.set_validated(at);
        let outcome =
            outcome(Arc::clone(&slot), at, Source::Hit(Level::Store)).ok_or(MissReason::Unreadable)?;
        Ok((outcome, slot))
    }

    /// What the levels have for who waits for no load of another process.
    pub(super) async fn find_stored<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        reason: MissReason,
        patience: &mut Patience<'_>,
    ) -> Result<Outcome<T>, Source> {
        let fetched = self.shared().fetch(request.key, patience).await.map_err(Source::Bypass)?;
        match self.found(request, &fetched, reason) {
            Ok((outcome, _)) => Ok(outcome),
            Err(missing) => Err(Source::Miss(missing.reason)),
        }
    }
}

impl Shared {
    /// Whether others may find in the store what this one loads, as far as is known.
    fn may_share<T>(&self, request: &Request<'_, T>) -> bool {
        !self.store.is_null()
            && request.policy.get_skip() != Skip::Store
            && self.unshared.reason(request.key).is_none()
    }

    /// Where an entry of the store is valid for a reader who read `head`. The log decides, whatever the store says.
    pub(super) fn judge_stored(
        &self,
        envelope: &Envelope<'_>,
        head: Position,
    ) -> Result<Position, MissReason> {
        let position = envelope.position;
        if position.epoch == head.epoch && !self.foreign.agree(&envelope.marks, position) {
            return Err(MissReason::Foreign);
        }
        if envelope.expires <= self.clock.unix_millis() {
            return Err(MissReason::Expired);
        }
        self.judge(head, position, envelope.marks.as_slice())
    }
}
