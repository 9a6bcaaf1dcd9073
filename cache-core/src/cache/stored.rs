//! Hits in the store.

use std::any::Any;
use std::sync::Arc;

use super::Cache;
use super::event::Event;
use super::policy::Skip;
use super::read::outcome;
use super::request::{Outcome, Request};
use super::shared::Shared;
use super::values::Slot;
use super::why::{Level, MissReason, Source};
use crate::codec::Envelope;
use crate::log::Position;
use crate::store::EntryKey;

impl Cache {
    /// A hit in the store for a caller who read `head`; the typed value goes to the first level. `reason` is why
    /// that one did not hit, and stays the reason if the store knows no better.
    pub(super) async fn hit_stored<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        head: Position,
        reason: MissReason,
    ) -> Result<(Outcome<T>, Arc<Slot>), MissReason> {
        let shared = self.shared();
        if request.policy.get_skip() == Skip::Lookup {
            return Err(reason);
        }
        let Some(bytes) = shared.stored_bytes(request.key).await else { return Err(reason) };
        let envelope = Envelope::open(request.key, &bytes).ok_or(MissReason::Unreadable)?;
        let at = shared.judge_stored(&envelope, head)?;
        if envelope.fingerprint != request.codec.fingerprint() {
            return Err(MissReason::Unreadable);
        }
        let value = request.codec.decode(envelope.payload).map_err(|_| MissReason::Unreadable)?;
        let weight = request.codec.weight(&value);
        let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
        let expires = shared.clock.at_unix(envelope.expires);
        let slot = Arc::new(Slot::new(value, Arc::new(envelope.marks), envelope.position, expires, weight));
        slot.set_validated(at);
        shared.values.put(request.key, &slot);
        let outcome =
            outcome(Arc::clone(&slot), at, Source::Hit(Level::Store)).ok_or(MissReason::Unreadable)?;
        Ok((outcome, slot))
    }
}

impl Shared {
    pub(super) async fn stored_bytes(&self, key: EntryKey) -> Option<Arc<[u8]>> {
        if self.store.is_null() {
            return None;
        }
        match self.store.get(key).await {
            Ok(bytes) => bytes,
            Err(error) => {
                self.events.emit(&Event::StoreFailed { error: &error });
                None
            }
        }
    }

    /// Where an entry of the store is valid for a reader who read `head`. The log decides, whatever the store says.
    pub(super) fn judge_stored(
        &self,
        envelope: &Envelope<'_>,
        head: Position,
    ) -> Result<Position, MissReason> {
        if envelope.expires <= self.clock.unix_millis() {
            return Err(MissReason::Expired);
        }
        self.judge(head, envelope.position, envelope.marks.as_slice())
    }
}
