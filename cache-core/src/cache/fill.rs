//! From a loaded value to an entry in every level.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use super::Cache;
use super::clock::Moment;
use super::event::Event;
use super::patience::Patience;
use super::policy::{Policy, Skip};
use super::request::{Request, Watched};
use super::resolve::{key_mark, tag_mark};
use super::shared::Shared;
use super::stats::increment;
use super::stored::Claimed;
use super::values::{Life, Slot};
use super::why::Reason;
use crate::codec::Envelope;
use crate::error::{self, Error, ErrorKind};
use crate::log::Position;
use crate::mark::{Mark, Marks};
use crate::store::{Bytes, EntryKey};

/// What is longer would hold up all that share the connection to a store.
const MAX_STORED: usize = 8 << 20;

/// A value with the slot that was made of it, whether or not the policy let it be stored.
pub(super) struct Filled<T> {
    pub(super) value: Arc<T>,
    pub(super) slot: Arc<Slot>,
    /// Where the value was valid.
    pub(super) at: Position,
}

/// Where and when a load started.
pub(super) struct Started {
    /// The log's head.
    pub(super) position: Position,
    /// The marks of fences that were up; none if any could have been.
    pub(super) fences: Option<Vec<Arc<Marks>>>,
    pub(super) at: Moment,
}

/// A value that is not stored.
pub(super) struct Refused<T> {
    pub(super) value: Arc<T>,
    pub(super) refusal: Refusal,
}

/// Why a value is not stored.
pub(super) enum Refusal {
    /// No mark stands for all that it depends on: it is its loader's own.
    ByNature(Reason),
    /// Its load met a change: those who arrived before it began may have it, too.
    ForNow(Reason),
}

impl Refusal {
    pub(super) fn reason(self) -> Reason {
        match self {
            Self::ByNature(reason) | Self::ForNow(reason) => reason,
        }
    }
}

impl Cache {
    /// Makes an entry of a value whose load started there. Its claim ends when the entry is in the store.
    ///
    /// A write that the load did not see has been, or will be, published after `start`: the entry is then dead
    /// already and dies in every level that it reaches, so storing it needs no comparison.
    pub(super) async fn fill<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        started: &Started,
        value: Arc<T>,
        watched: Watched,
        claim: Option<Claimed>,
        patience: &mut Patience<'_>,
    ) -> Result<Filled<T>, Refused<T>> {
        let shared = self.shared();
        let slot = match self.admit(request, started, &value, watched) {
            Ok(slot) => slot,
            Err(refusal) => return Err(Refused { value, refusal }),
        };
        // Those who joined may take the result only up to where it is validated, so this is done once for all
        // of them, unless it costs the loader a round trip, who is served by its own read in any case.
        let at = match shared.log.try_head() {
            Some(_) => match shared.follow().await {
                Ok(head) => shared.validate(&slot, head).unwrap_or(slot.position),
                Err(_) => slot.position,
            },
            None => slot.position,
        };
        if self.keep(request, &value, &slot) == Kept::Yes
            && let Err(error) = patience.wait(shared.put(request, &value, &slot, claim)).await
        {
            shared.store_failed(&error);
        }
        Ok(Filled { value, slot, at })
    }

    /// The slot of a value that may be stored, or why it may not.
    pub(super) fn admit<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        started: &Started,
        value: &Arc<T>,
        watched: Watched,
    ) -> Result<Arc<Slot>, Refusal> {
        let shared = self.shared();
        let tell = |reason: &Reason| shared.events.emit(&Event::Unstorable { key: request.key, reason });
        let for_now = |reason: &'static str| {
            let reason = Reason::new(reason);
            tell(&reason);
            Err(Refusal::ForNow(reason))
        };
        let (marks, position) = storable(request.policy, started.position, watched).map_err(|reason| {
            increment(&shared.counters.unstorable);
            shared.unstorables.remember(request.key, reason.clone());
            tell(&reason);
            Refusal::ByNature(reason)
        })?;
        shared.unstorables.forget(request.key);
        let marks = Arc::new(watched_by_entry(request.key, request.policy, &marks));
        if !shared.foreign.counted(&marks, position) {
            return for_now("the schema may have changed since it was read");
        }
        let is_fenced = |fences: &Vec<_>| shared.foreign.meet(fences, &marks, position);
        if started.fences.as_ref().is_none_or(is_fenced) {
            return for_now("a commit that may change it was under way when it was loaded");
        }
        let ttl = request.policy.shorten(self.ttl(request), random(request.key, started.position));
        let erased: Arc<dyn Any + Send + Sync> = Arc::clone(value) as _;
        let life = Life { loaded: started.at, expires: shared.clock.after(ttl) };
        Ok(Arc::new(Slot::new(erased, marks, position, life, request.codec.weight(value))))
    }

    /// Puts a slot into the first level, unless the policy keeps its value out of every level.
    pub(super) fn keep<T: 'static>(&self, request: &Request<'_, T>, value: &T, slot: &Arc<Slot>) -> Kept {
        let shared = self.shared();
        if request.policy.get_skip() == Skip::Store || !request.policy.keeps(value) || !shared.is_serving() {
            return Kept::No;
        }
        shared.values.put(request.key, slot);
        increment(&shared.counters.fills);
        let event = Event::Filled { key: request.key, marks: &slot.marks, weight: slot.weight };
        shared.events.emit(&event);
        Kept::Yes
    }
}

/// Whether a value may be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kept {
    Yes,
    No,
}

impl Shared {
    /// Puts an entry's bytes into the store, which ends its claim. A failure costs the entry, nothing else.
    async fn put<T>(
        &self,
        request: &Request<'_, T>,
        value: &T,
        slot: &Slot,
        claim: Option<Claimed>,
    ) -> error::Result<()> {
        if let Some(bytes) = self.seal(request, value, slot)? {
            self.store.put(request.key, bytes, self.stored_for(request.policy, slot)).await?;
            claim.into_iter().for_each(Claimed::forget);
        }
        Ok(())
    }

    /// For how long the store keeps the bytes of a slot: for as long as anybody may be served them.
    pub(super) fn stored_for(&self, policy: &Policy, slot: &Slot) -> Duration {
        let left = slot.expires.since(self.clock.now()).unwrap_or(Duration::MAX);
        left.saturating_add(policy.stretch().longest())
    }

    /// An entry's bytes; none if there is no store. What has none is remembered: nobody is to wait for it.
    pub(super) fn seal<T>(
        &self,
        request: &Request<'_, T>,
        value: &T,
        slot: &Slot,
    ) -> error::Result<Option<Bytes>> {
        if self.store.is_null() {
            return Ok(None);
        }
        let sealed = self.sealed(request, value, slot);
        match &sealed {
            Ok(_) => self.unshared.forget(request.key),
            Err(error) => self.unshared.remember(request.key, Reason::new(error.to_string())),
        }
        sealed
    }

    fn sealed<T>(&self, request: &Request<'_, T>, value: &T, slot: &Slot) -> error::Result<Option<Bytes>> {
        let payload = request.codec.encode(value)?;
        let (compression, payload) = self.compression.compress(payload);
        if payload.len() > MAX_STORED {
            let message = format!("{} bytes are too many for an entry that processes share", payload.len());
            return Err(Error::new(ErrorKind::Codec, message));
        }
        let envelope = Envelope {
            key: request.key,
            fingerprint: request.codec.fingerprint(),
            position: slot.position,
            loaded: self.clock.unix_at(slot.loaded),
            expires: self.clock.unix_at(slot.expires),
            marks: Marks::clone(&slot.marks),
            compression,
            payload: &payload,
        };
        Ok(envelope.seal().map(Arc::from))
    }
}

/// The marks and the position of a result that may be stored.
fn storable(policy: &Policy, start: Position, watched: Watched) -> Result<(Arc<Marks>, Position), Reason> {
    let (marks, position) = match watched {
        Watched::Marks { marks, position } => (marks, position.unwrap_or(start)),
        Watched::Unstorable(reason) => return Err(reason),
    };
    if position.epoch != start.epoch {
        return Err(Reason::new("the log began a new epoch during the load"));
    }
    if marks.is_empty() && policy.get_ttl().is_none() && policy.tags().is_empty() {
        return Err(Reason::new(
            "it depends on nothing, and has neither a tag nor a time to live of its own",
        ));
    }
    Ok((marks, if position.seq < start.seq { position } else { start }))
}

/// Differs between keys, and between the fills of one.
fn random(key: EntryKey, start: Position) -> u64 {
    (key.bits() as u64 ^ start.seq).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Whether an entry with these marks has all tags of this policy.
#[inline]
pub(super) fn has_tags(policy: &Policy, marks: &Marks) -> bool {
    policy.tags().iter().all(|tag| marks.contains(tag_mark(tag)))
}

/// Every entry watches, beside what its load has read, what ends all entries, what ends just it, and its tags.
fn watched_by_entry(key: EntryKey, policy: &Policy, read: &Marks) -> Marks {
    let tags = policy.tags().iter().map(|tag| tag_mark(tag));
    let mut marks: Marks = [Mark::EVERYTHING, key_mark(key)].into_iter().chain(tags).collect();
    marks.merge(read);
    marks
}
