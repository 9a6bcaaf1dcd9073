//! One process's index: when each mark was touched last, and which fences are up, as far as it has followed the
//! log.

use crate::fence::Outcome;
use crate::few::Few;
use crate::marks::Marks;
use crate::server::{Declarations, FenceId, Kind, Position, Record, Tail};
use crate::variant::Variant;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Index {
    /// None until the process has looked at the log.
    pub(crate) position: Option<Position>,
    floor: u8,
    last: [u8; Marks::COUNT],
    fences: Few<Fence, 3>,
    /// Until when fences may be up that the index has not seen, because records or a whole epoch were lost.
    hidden_until: u8,
}

/// A fence that is up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
struct Fence {
    id: FenceId,
    seq: u8,
    marks: Marks,
    until: u8,
}

/// What a process knows when it applies records.
#[derive(Clone, Copy)]
pub(crate) struct Applying {
    pub(crate) variant: Variant,
    /// What the clock shows.
    pub(crate) now: u8,
    /// Those of the process.
    pub(crate) declarations: Declarations,
    /// How long fences are up after that.
    pub(crate) fence: u8,
}

/// What became of a record that was pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Applied {
    Now,
    Already,
    Gap,
}

impl Index {
    pub(crate) fn has(&self, head: Position) -> bool {
        self.position.is_some_and(|at| at.epoch == head.epoch && at.seq >= head.seq)
    }

    /// Where a result with these marks that was valid at `position` is valid for a reader who read `head`.
    pub(crate) fn judge(
        &self,
        head: Position,
        position: Position,
        marks: Marks,
        variant: Variant,
    ) -> Option<Position> {
        let at = self.position.filter(|at| at.epoch == head.epoch && at.seq >= head.seq)?;
        let verifiable = position.epoch == at.epoch && (self.floor..=at.seq).contains(&position.seq);
        let untouched = marks.places().all(|place| self.last[place] <= position.seq);
        let fenced = variant != Variant::FencedEntriesAreServed && self.oldest_fence(marks).is_some();
        (verifiable && untouched && !fenced).then_some(at)
    }

    /// The position of a load of these marks that starts now, for a reader who read `head`; none if its result must
    /// not be stored.
    ///
    /// A load that starts behind a fence may read the database before the COMMIT that the fence announces. So it
    /// counts as started before the fence: whatever the fence comes to, a touch or nothing, decides about it.
    pub(crate) fn start(&self, head: Position, marks: Marks, now: u8) -> Option<Position> {
        if !self.has(head) || now < self.hidden_until {
            return None;
        }
        let seq = self.oldest_fence(marks).map_or(head.seq, |fence| head.seq.min(fence - 1));
        Some(Position { seq, ..head })
    }

    /// The fences that are up.
    pub(crate) fn up(&self) -> impl Iterator<Item = FenceId> {
        self.fences.into_iter().map(|fence| fence.id)
    }

    fn oldest_fence(&self, marks: Marks) -> Option<u8> {
        self.fences.iter().filter(|fence| fence.marks.meets(marks)).map(|fence| fence.seq).min()
    }

    /// Applies one record, if the index has all before it.
    pub(crate) fn apply(&mut self, position: Position, record: &Record, applying: Applying) -> Applied {
        let Some(at) = self.position.filter(|at| at.epoch == position.epoch) else { return Applied::Gap };
        if record.seq <= at.seq {
            return Applied::Already;
        }
        if record.seq > at.seq + 1 {
            return Applied::Gap;
        }
        self.note(position, record, applying);
        Applied::Now
    }

    /// What must not be done: a record counts although records before it are missing.
    pub(crate) fn apply_with_gap(&mut self, position: Position, record: &Record, applying: Applying) {
        if self.position.is_some_and(|at| at.epoch == position.epoch && at.seq < position.seq) {
            self.note(position, record, applying);
        }
    }

    /// Brings the index to the head of the tail. What the tail no longer has raises the floor.
    pub(crate) fn follow(&mut self, tail: &Tail, applying: Applying) {
        let newcomer = self.position.is_none_or(|at| at.epoch != tail.head.epoch);
        if newcomer {
            let seq = tail.records.iter().next().map_or(tail.head.seq, |first| first.seq - 1);
            *self = Self { position: Some(Position { seq, ..tail.head }), ..Self::default() };
            self.miss_records(seq, applying);
        }
        for record in tail.records.iter() {
            let seq = self.seq();
            if record.seq > seq + 1 {
                self.miss_records(record.seq - 1, applying);
            }
            let position = Position { seq: record.seq, ..tail.head };
            if newcomer && is_skipped(record, applying) {
                self.position = Some(position);
            } else if record.seq > seq {
                self.note(position, record, applying);
            }
        }
        if self.seq() < tail.head.seq {
            self.position = Some(tail.head);
            self.miss_records(tail.head.seq, applying);
        }
    }

    /// Records up to `seq` are lost: they may have touched anything, and fences may be up.
    fn miss_records(&mut self, seq: u8, applying: Applying) {
        if applying.variant != Variant::LogLossIgnored {
            self.floor = seq;
        }
        if applying.variant != Variant::HiddenFencesIgnored {
            self.hidden_until = applying.now + applying.fence;
        }
        self.forget_the_past(applying.now);
    }

    fn note(&mut self, position: Position, record: &Record, applying: Applying) {
        let Record { seq, .. } = *record;
        let marks = applying.as_known_here(record);
        match record.kind {
            Kind::Touch => self.touch(marks, seq),
            Kind::Fence { id, .. } => {
                self.fences.retain(|fence| fence.id != id);
                self.fences.push(Fence { id, seq, marks, until: applying.now + applying.fence });
            }
            Kind::Lift(id) => {
                self.touch(marks, seq);
                self.fences.retain(|fence| fence.id != id && applying.variant != Variant::AnyLiftLifts);
            }
        }
        self.position = Some(position);
    }

    /// What nobody lifted in time may have been committed: it becomes a touch at its place.
    pub(crate) fn expire(&mut self, now: u8, variant: Variant) {
        let outcome = |fence: &Fence| if fence.until <= now { Outcome::Unknown } else { Outcome::InProgress };
        self.end(outcome, variant);
        self.forget_the_past(now);
    }

    /// What the database has committed is a touch as soon as it says so, and what it has rolled back is nothing.
    pub(crate) fn resolve(&mut self, outcome: impl Fn(FenceId) -> Outcome, variant: Variant) {
        self.end(|fence| outcome(fence.id), variant);
    }

    fn end(&mut self, outcome: impl Fn(&Fence) -> Outcome, variant: Variant) {
        for fence in self.fences {
            let may_be_committed = matches!(outcome(&fence), Outcome::Unknown | Outcome::Committed);
            if may_be_committed && variant != Variant::ExpiredFenceIsNoTouch {
                self.touch(fence.marks, fence.seq);
            }
        }
        self.fences.retain(|fence| outcome(fence) == Outcome::InProgress);
    }

    /// Moments that are over are all the same.
    fn forget_the_past(&mut self, now: u8) {
        if self.hidden_until <= now {
            self.hidden_until = 0;
        }
    }

    fn touch(&mut self, marks: Marks, seq: u8) {
        for place in marks.places() {
            self.last[place] = self.last[place].max(seq);
        }
    }

    fn seq(&self) -> u8 {
        self.position.map_or(0, |at| at.seq)
    }
}

impl Applying {
    /// Whoever has other declarations may not know which scopes he writes to: it counts as a write of the table.
    fn as_known_here(self, record: &Record) -> Marks {
        let foreign = record.declarations != self.declarations && !record.marks.is_empty();
        match foreign && self.variant != Variant::ForeignRecordsAreNarrow {
            true => record.marks.and(Marks::TABLE),
            false => record.marks,
        }
    }
}

fn is_skipped(record: &Record, applying: Applying) -> bool {
    let expired = matches!(record.kind, Kind::Fence { at, .. } if at + applying.fence <= applying.now);
    expired && applying.variant == Variant::NewcomerSkipsExpiredFences
}
