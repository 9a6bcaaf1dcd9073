//! The writer's side of fences: what is announced, when COMMIT may be sent, what lifts.

use crate::marks::Marks;
use crate::scene::{Time, Write};
use crate::server::{FenceId, Kind, Publication};
use crate::variant::Variant;
use crate::world::World;
use crate::writer::Phase;

impl Time {
    /// Whether a COMMIT that is sent now has taken effect, if ever, before the fence is down for anybody. The writer
    /// counts from before it sent the fence, readers from after they received it: the writer's end comes first.
    pub(crate) fn leaves_time(self, variant: Variant, since: u8, now: u8) -> bool {
        match variant {
            Variant::CommitAfterExpiry => true,
            Variant::NoTimeForCommit => now < since + self.fence,
            _ => now + self.commit < since + self.fence,
        }
    }
}

impl World<'_> {
    pub(crate) fn announce(&mut self, place: usize, write: &Write) -> Phase {
        let marks = match self.variant {
            Variant::FenceTooNarrow => Marks::B,
            _ => write.fence.unwrap_or_default(),
        };
        let at = match self.variant {
            Variant::NewcomerSkipsExpiredFences => self.state.now,
            _ => 0,
        };
        let kind = Kind::Fence { id: self.fence_id(place), at };
        let publication = Publication { kind, marks, declarations: write.declarations };
        self.state.server.publish(publication, self.variant);
        Phase::Announcing(self.state.now)
    }

    /// A publication lifts the fence of its write. But if COMMIT may still take effect, the fence has to stay until
    /// it runs out: a load that starts behind the publication may read the database before the COMMIT.
    pub(crate) fn kind_of_publication(&self, place: usize, write: &Write, phase: Phase) -> Kind {
        let certain = phase != Phase::Uncertain || self.variant == Variant::UnknownOutcomeLifts;
        match write.fence {
            Some(_) if certain => Kind::Lift(self.fence_id(place)),
            _ => Kind::Touch,
        }
    }

    pub(crate) fn roll_back(&mut self, place: usize, write: &Write) {
        let kind = Kind::Lift(self.fence_id(place));
        let publication = Publication { kind, marks: Marks::NONE, declarations: write.declarations };
        self.state.server.publish(publication, self.variant);
    }

    fn fence_id(&self, place: usize) -> FenceId {
        FenceId { writer: place as u8, write: self.state.writers[place].done }
    }
}
