//! What may be served beyond its time to live, and beyond a write.

use std::sync::Arc;
use std::time::Duration;

use super::Cache;
use super::policy::Skip;
use super::request::{Evidence, Outcome, Request, Watched};
use super::resolve::{key_mark, tag_mark};
use super::shared::Shared;
use super::values::Slot;
use super::why::{MissReason, Reason, Source, Stale};
use crate::log::Position;
use crate::mark::Marks;
use crate::mutation::{self, Mutation};

/// By how much a policy stretches the life of entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stretch {
    pub(super) while_revalidate: Duration,
    pub(super) if_error: Duration,
    pub(super) early: Duration,
    pub(super) after_write: Duration,
}

impl Stretch {
    pub(super) const NONE: Self = Self {
        while_revalidate: Duration::ZERO,
        if_error: Duration::ZERO,
        early: Duration::ZERO,
        after_write: Duration::ZERO,
    };

    pub(super) const fn refreshes(&self) -> bool {
        !(self.while_revalidate.is_zero() && self.early.is_zero() && self.after_write.is_zero())
    }

    /// Whether what is no hit is worth a second look.
    pub(super) const fn serves_more(&self) -> bool {
        !(self.while_revalidate.is_zero() && self.if_error.is_zero() && self.after_write.is_zero())
    }

    /// Whether a load that fails may be answered all the same.
    pub(super) const fn serves_errors(&self) -> bool {
        !self.if_error.is_zero()
    }

    /// How much longer than its time to live an entry is of use.
    pub(super) fn longest(&self) -> Duration {
        self.while_revalidate.max(self.if_error)
    }
}

/// What a reader would otherwise do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Instead {
    OfLoading,
    /// Its load has failed.
    OfFailing,
}

impl Cache {
    /// Whether an entry that is no hit for this reason may be served all the same.
    pub(super) fn may_stretch<T>(&self, request: &Request<'_, T>, reason: &MissReason) -> bool {
        let ended = matches!(reason, MissReason::Expired | MissReason::Touched(_) | MissReason::Fenced);
        ended && request.policy.stretch().serves_more() && request.policy.get_skip() != Skip::Lookup
    }

    /// What the first level has for who would otherwise load, and read `head`.
    pub(super) fn stale_value<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        head: Position,
        reason: &MissReason,
    ) -> Option<Outcome<T>> {
        let slot = self.may_stretch(request, reason).then(|| self.shared().values.peek(request.key))??;
        self.stale(request, &slot, head, Instead::OfLoading)
    }

    /// A slot that is no hit, for who read `head`.
    pub(super) fn stale<T: Send + Sync + 'static>(
        &self,
        request: &Request<'_, T>,
        slot: &Slot,
        head: Position,
        instead: Instead,
    ) -> Option<Outcome<T>> {
        let source = Source::Stale(self.staleness(request, slot, head, instead)?);
        let value = Arc::clone(&slot.value).downcast().ok()?;
        let evidence = Evidence::Load(Watched::Unstorable(Reason::new("a part of it was served stale")));
        Some(Outcome { value, source, evidence })
    }

    /// Whether a slot that is no hit may be served, and why. Expired, only if the log says that no write has touched
    /// it; touched, only by `stale_after_write`.
    pub(super) fn staleness<T>(
        &self,
        request: &Request<'_, T>,
        slot: &Slot,
        head: Position,
        instead: Instead,
    ) -> Option<Stale> {
        let (shared, stretch) = (self.shared(), request.policy.stretch());
        let judged = match shared.validate(slot, head) {
            Err(_) if mutation::is(Mutation::StretchedIgnoresLog) => Ok(slot.validated()),
            judged => judged,
        };
        match (judged, instead) {
            (Ok(_), Instead::OfLoading) => {
                shared.outlives(slot, stretch.while_revalidate).then_some(Stale::Expired)
            }
            (Ok(_), Instead::OfFailing) => {
                shared.outlives(slot, stretch.longest()).then_some(Stale::LoadFailed)
            }
            (Err(reason @ (MissReason::Touched(_) | MissReason::Fenced)), _) => {
                let is_young = !shared.clock.has_passed(slot.loaded.later(stretch.after_write));
                let may = is_young && shared.outlives(slot, Duration::ZERO);
                (may && shared.is_untouched_by_hand(request, slot, head)).then_some(Stale::Touched(reason))
            }
            // What is not known to be of this log, or to be touched by writes only, is not served by choice either.
            (Err(_), _) => None,
        }
    }
}

impl Shared {
    fn outlives(&self, slot: &Slot, stretch: Duration) -> bool {
        !self.clock.has_passed(slot.expires.later(stretch))
    }

    /// Whether nobody has ended the entry by its key or by one of its tags.
    fn is_untouched_by_hand<T>(&self, request: &Request<'_, T>, slot: &Slot, head: Position) -> bool {
        let tags = request.policy.tags().iter().map(|tag| tag_mark(tag));
        let marks: Marks = tags.chain([key_mark(request.key)]).collect();
        self.judge(head, slot.validated(), marks.as_slice()).is_ok()
    }
}
