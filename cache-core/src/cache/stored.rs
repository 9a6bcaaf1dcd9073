//! Hits in the store.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Cache;
use super::patience::Patience;
use super::policy::Skip;
use super::read::outcome;
use super::request::{Outcome, Request};
use super::shared::Shared;
use super::values::Slot;
use super::why::{Bypass, Level, MissReason, Source};
use crate::codec::Envelope;
use crate::log::Position;
use crate::store::{EntryKey, Fetched, Store};

/// What became of a search for an entry below the first level.
pub(super) enum Sought<T> {
    Found(Outcome<T>, Arc<Slot>),
    /// Nothing to serve to who read `head`; the caller loads.
    Missing {
        head: Position,
        reason: MissReason,
        claim: Option<Claimed>,
    },
}

/// The right to load what no process has. Dropped before an entry was put, it goes to whoever wants it.
pub(super) struct Claimed {
    /// None if there is nothing to give back.
    store: Option<Arc<dyn Store>>,
    key: EntryKey,
}

impl Claimed {
    pub(super) fn new(store: &Arc<dyn Store>, key: EntryKey) -> Self {
        Self { store: Some(Arc::clone(store)), key }
    }

    /// The claim is another's.
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
const SHORTEST_WAIT: Duration = Duration::from_millis(4);
const LONGEST_WAIT: Duration = Duration::from_millis(32);

impl Cache {
    /// Seeks an entry below the first level, and waits for another process that is loading it. `reason` is why
    /// the first level did not hit, and stays the reason if the store knows no better.
    pub(super) async fn seek<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        reason: MissReason,
        patience: &mut Patience<'_>,
    ) -> Result<Sought<T>, Bypass> {
        let shared = self.shared();
        let fetched = shared.fetch(request.key, patience).await?;
        let (head, mut reason) = match self.found(request, fetched, reason) {
            Ok((outcome, slot)) => return Ok(Sought::Found(outcome, slot)),
            Err(missing) => missing,
        };
        // What will not be kept is not worth waiting for either.
        let is_kept = !matches!(reason, MissReason::Fenced) && shared.index.fences(head).is_some();
        let Some(remote) = shared.log.remote().filter(|_| is_kept && !shared.store.is_null()) else {
            return Ok(Sought::Missing { head, reason, claim: None });
        };
        let (began, mut wait) = (Instant::now(), SHORTEST_WAIT);
        loop {
            let (claim, fetched) = shared.claim(request.key, patience).await?;
            let head;
            (head, reason) = match self.found(request, fetched, reason) {
                Ok((outcome, slot)) => return Ok(Sought::Found(outcome, slot)),
                Err(missing) => missing,
            };
            if claim.is_some() || began.elapsed() >= shared.lease {
                return Ok(Sought::Missing { head, reason, claim });
            }
            remote.sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// A hit among what was fetched; the typed value goes to the first level.
    fn found<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        fetched: Fetched,
        reason: MissReason,
    ) -> Result<(Outcome<T>, Arc<Slot>), (Position, MissReason)> {
        let head = fetched.head;
        // An earlier flight may have landed after this caller looked and before it took the lead.
        let reason = match self.hit_value(request, head) {
            Ok(outcome) => match self.shared().values.peek(request.key) {
                Some(slot) => return Ok((outcome, slot)),
                None => reason,
            },
            Err(MissReason::NeverFilled) => reason,
            Err(reason) => reason,
        };
        self.hit_stored(request, fetched, reason).map_err(|reason| (head, reason))
    }

    fn hit_stored<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        fetched: Fetched,
        reason: MissReason,
    ) -> Result<(Outcome<T>, Arc<Slot>), MissReason> {
        let shared = self.shared();
        if request.policy.get_skip() == Skip::Lookup {
            return Err(reason);
        }
        let Some(bytes) = fetched.bytes else { return Err(reason) };
        let envelope = Envelope::open(request.key, &bytes).ok_or(MissReason::Unreadable)?;
        let at = shared.judge_stored(&envelope, fetched.head)?;
        if envelope.fingerprint != request.codec.fingerprint() {
            return Err(MissReason::Unreadable);
        }
        let payload = envelope.payload().map_err(|_| MissReason::Unreadable)?;
        let value = request.codec.decode(&payload).map_err(|_| MissReason::Unreadable)?;
        let weight = payload.len();
        let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
        let expires = shared.clock.at_unix(envelope.expires);
        let slot = Arc::new(Slot::new(value, Arc::new(envelope.marks), envelope.position, expires, weight));
        slot.set_validated(at);
        shared.values.put(request.key, &slot);
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
        match self.found(request, fetched, reason) {
            Ok((outcome, _)) => Ok(outcome),
            Err((_, reason)) => Err(Source::Miss(reason)),
        }
    }
}

impl Shared {
    /// Where an entry of the store is valid for a reader who read `head`. The log decides, whatever the store says.
    pub(super) fn judge_stored(
        &self,
        envelope: &Envelope<'_>,
        head: Position,
    ) -> Result<Position, MissReason> {
        if envelope.expires <= self.clock.unix_millis() {
            return Err(MissReason::Expired);
        }
        if !self.foreign.agree(&envelope.marks) {
            return Err(MissReason::Foreign);
        }
        self.judge(head, envelope.position, envelope.marks.as_slice())
    }
}
