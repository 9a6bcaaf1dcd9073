//! The writer's side of fences: what is announced, when COMMIT may be sent, what lifts.

use crate::goal::Goal;
use crate::marks::Marks;
use crate::scene::{Judge, Part, Scene, Time, Write};
use crate::server::{FenceId, Kind, Publication};
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};
use crate::writer::{Phase, TakenOn, Writer};

/// What became of the write of a fence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Unknown,
    InProgress,
    Committed,
    RolledBack,
}

/// Processes that ask the database about fences, whether or not they have run out.
pub(crate) fn resolutions(scene: &Scene, variant: Variant, state: &State, actions: &mut Vec<Action>) {
    if scene.time.judge == Judge::Database {
        for (place, process) in state.processes.iter().enumerate() {
            if process.index.up().any(|id| outcome(state, id, variant) != Outcome::InProgress) {
                actions.push(Action::Resolve(place));
            }
        }
    }
}

fn outcome(state: &State, id: FenceId, variant: Variant) -> Outcome {
    let writer = &state.writers[usize::from(id.writer)];
    let is_open =
        writer.done == id.write && matches!(writer.phase, Phase::Announcing(_) | Phase::Announced(_));
    if writer.committed & (1 << id.write) != 0 {
        if variant == Variant::CommittedIsNoTouch { Outcome::RolledBack } else { Outcome::Committed }
    } else if variant == Variant::InProgressIsRolledBack {
        Outcome::RolledBack
    } else if is_open || writer.pending.is_some_and(|commit| commit.write == id.write) {
        Outcome::InProgress
    } else {
        Outcome::RolledBack
    }
}

impl Time {
    /// Whether a COMMIT that is sent now has taken effect, if ever, before the fence is down for anybody. The writer
    /// counts from before it sent the fence, readers from after they received it: the writer's end comes first.
    pub(crate) fn leaves_time(self, variant: Variant, since: u8, now: u8) -> bool {
        match variant {
            _ if self.judge == Judge::Database => true,
            Variant::CommitAfterExpiry => true,
            Variant::NoTimeForCommit => now < since + self.fence,
            _ => now + self.commit < since + self.fence,
        }
    }
}

impl Time {
    /// Whether readers have met the fence ever since COMMIT took effect, so that the write may return before its
    /// publication. The writer counts as for [`leaves_time`](Self::leaves_time).
    pub(crate) fn is_up(self, variant: Variant, since: u8, now: u8) -> bool {
        self.judge == Judge::Database
            || variant == Variant::ReturnBehindExpiredFence
            || now < since + self.fence
    }
}

impl Writer {
    /// Whether its next write may go on under the fence of this one, which has returned.
    pub(crate) fn may_go_on(&self, scene: &Scene, variant: Variant, writes: &[Write]) -> bool {
        let fence = |place: u8| writes.get(usize::from(place)).and_then(|write| write.fence);
        let (now, next) = (fence(self.done), fence(self.done + 1));
        let is_equal = now == next || variant == Variant::AnyFenceIsTakenOn;
        scene.has(Part::TakingOn) && now.is_some() && next.is_some() && is_equal
    }
}

impl World<'_> {
    /// What earlier writes of this writer touched and have not published, under the fence that is up.
    pub(crate) fn taken_on(&self, place: usize) -> Marks {
        let taken_on =
            self.state.writers[place].taken_on.filter(|_| self.variant != Variant::TakenOnIsForgotten);
        taken_on.map_or(Marks::NONE, |taken_on| taken_on.touched)
    }

    /// The next write goes on under the fence of one that has returned.
    pub(crate) fn go_on(&mut self, place: usize, write: &Write) -> Phase {
        let fence = self.fence_id(place).write;
        let mut touched = write.touches;
        if self.variant == Variant::TakenOnFenceIsLifted {
            self.publish(write, Kind::Lift(self.fence_id(place)));
            touched = Marks::NONE;
        }
        self.reach(Goal::WentOn);
        let writer = &mut self.state.writers[place];
        writer.taken_on = Some(TakenOn { fence, touched });
        writer.done += 1;
        if self.variant == Variant::TakenOnFenceCountsAnew {
            writer.fenced = Some(self.state.now);
        }
        writer.fenced.map_or(Phase::Idle, Phase::Announced)
    }

    pub(crate) fn resolve(&mut self, process: usize) {
        let (state, variant) = (*self.state, self.variant);
        self.state.processes[process].index.resolve(|id| outcome(&state, id, variant), variant);
    }

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
        let (position, record) = self.append(publication);
        if let Some(process) = write.process
            && self.variant != Variant::OwnFenceNotApplied
        {
            self.apply_own(usize::from(process), position, &record);
        }
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
        let marks = self.taken_on(place);
        let publication = Publication { kind, marks, declarations: write.declarations };
        self.append(publication);
    }

    fn fence_id(&self, place: usize) -> FenceId {
        let Writer { done, taken_on, .. } = self.state.writers[place];
        FenceId { writer: place as u8, write: taken_on.map_or(done, |taken_on| taken_on.fence) }
    }
}
