//! What all handles of one cache share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::causes::Causes;
use super::clock::Clock;
use super::event::Events;
use super::flight::{Flights, Sleep};
use super::owed::Owed;
use super::policy::Enabled;
use super::resolve::Resolvers;
use super::stats::Counters;
use super::unstorable::Unstorables;
use super::values::{Slot, Values};
use super::why::{Bypass, MissReason, Touched};
use crate::codec::Format;
use crate::error::Result;
use crate::log::{Index, Log, Position, Verdict};
use crate::mark::Mark;
use crate::store::{EntryKey, Store};

/// What all handles of one cache share.
pub(super) struct Shared {
    pub(super) log: Arc<dyn Log>,
    pub(super) index: Index,
    pub(super) values: Values,
    pub(super) store: Arc<dyn Store>,
    pub(super) flights: Flights,
    pub(super) unstorables: Unstorables,
    pub(super) owed: Owed,
    pub(super) causes: Causes,
    pub(super) resolvers: Resolvers,
    pub(super) events: Events,
    pub(super) counters: Counters,
    pub(super) clock: Clock,
    pub(super) ttl: Duration,
    pub(super) format: Format,
    /// A timer of the runtime that the callers use, if one of them has lent it.
    pub(super) sleep: OnceLock<Sleep>,
    pub(super) enabled: Enabled,
    pub(super) closed: AtomicBool,
}

impl Shared {
    /// Whether entries are served and stored.
    pub(super) fn is_serving(&self) -> bool {
        self.enabled == Enabled::Yes && !self.closed.load(Ordering::Relaxed)
    }

    /// The log's head, read after the call, with everything delivered that this process owes and the index
    /// brought up to the head. What this returns is what a hit is judged by and where a load starts.
    pub(super) async fn trusted_head(&self) -> Result<Position, Bypass> {
        self.settle().await.map_err(|_| Bypass::Owed)?;
        let head = self.follow().await.map_err(|_| Bypass::Unavailable)?;
        // Another caller may have failed to deliver in between, or be about to.
        if self.owed.any() { Err(Bypass::Owed) } else { Ok(head) }
    }

    pub(super) async fn follow(&self) -> Result<Position> {
        let head = self.log.head().await?;
        self.follow_to(head).await
    }

    pub(super) async fn follow_to(&self, head: Position) -> Result<Position> {
        if self.index.has(head) {
            return Ok(head);
        }
        let tail = self.log.read_after(self.index.position()).await?;
        self.index.follow(&tail);
        Ok(tail.head)
    }

    /// The typed value of this key if a reader who read `head` may be served from it, and where it is valid.
    pub(super) fn lookup(&self, key: EntryKey, head: Position) -> Result<(Arc<Slot>, Position), MissReason> {
        let slot = self.values.get(key).ok_or(MissReason::NeverFilled)?;
        if self.clock.has_passed(slot.expires) {
            return Err(MissReason::Expired);
        }
        let at = self.validate(&slot, head)?;
        Ok((slot, at))
    }

    /// Where a slot is valid for a reader who read `head`; it keeps that for the next reader.
    pub(super) fn validate(&self, slot: &Slot, head: Position) -> Result<Position, MissReason> {
        let validated = slot.validated();
        if validated.epoch == head.epoch && validated.seq >= head.seq {
            return Ok(validated);
        }
        let at = self.judge(head, validated, slot.marks.as_slice())?;
        slot.set_validated(at);
        Ok(at)
    }

    /// Where a result that was valid at `position` is valid for a reader who read `head`.
    pub(super) fn judge(
        &self,
        head: Position,
        position: Position,
        marks: &[Mark],
    ) -> Result<Position, MissReason> {
        match self.index.check(head, position, marks) {
            Verdict::Valid { at } => Ok(at),
            Verdict::Touched { mark, seq } => {
                Err(MissReason::Touched(Touched { mark, seq, cause: self.causes.of(seq) }))
            }
            Verdict::OldEpoch => Err(MissReason::OldEpoch),
            Verdict::Unverifiable | Verdict::Behind => Err(MissReason::Unverifiable),
        }
    }
}
