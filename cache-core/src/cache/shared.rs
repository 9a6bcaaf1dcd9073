//! What all handles of one cache share.

use std::sync::Arc;
use std::time::Duration;

use super::causes::Causes;
use super::clock::Clock;
use super::resolve::Resolvers;
use super::values::{Slot, Values};
use super::why::{MissReason, Touched};
use crate::codec::Format;
use crate::error::Result;
use crate::log::{Index, Log, Position, Verdict};
use crate::store::EntryKey;

pub(super) struct Shared {
    pub(super) log: Arc<dyn Log>,
    pub(super) index: Index,
    pub(super) values: Values,
    pub(super) causes: Causes,
    pub(super) resolvers: Resolvers,
    pub(super) clock: Clock,
    pub(super) ttl: Duration,
    pub(super) format: Format,
}

impl Shared {
    /// The log's head, read after the call, with the index brought up to it.
    pub(super) async fn follow(&self) -> Result<Position> {
        let head = self.log.head().await?;
        if self.index.has(head) {
            return Ok(head);
        }
        let tail = self.log.read_after(self.index.position()).await?;
        self.index.follow(&tail);
        Ok(tail.head)
    }

    /// The slot of this key if a reader who read `head` may be served from it, and where it is valid.
    pub(super) fn lookup(&self, key: EntryKey, head: Position) -> Result<(Arc<Slot>, Position), MissReason> {
        let slot = self.values.get(key).ok_or(MissReason::NeverFilled)?;
        let at = self.check(&slot, head)?;
        Ok((slot, at))
    }

    /// Where a slot is valid for a reader who read `head`.
    pub(super) fn check(&self, slot: &Slot, head: Position) -> Result<Position, MissReason> {
        if slot.expires <= self.clock.now() {
            return Err(MissReason::Expired);
        }
        if let Some(at) = slot.validated_at(head) {
            return Ok(at);
        }
        let at = self.judge(head, slot.position, slot.marks.as_slice())?;
        slot.set_validated(at.seq);
        Ok(at)
    }

    pub(super) fn judge(
        &self,
        head: Position,
        position: Position,
        marks: &[crate::mark::Mark],
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
