//! What the tasks of one process share.

use crate::few::Few;
use crate::index::{Applied, Index};
use crate::lease::{Beat, Lease};
use crate::marks::{Key, Marks, Versions};
use crate::server::{Position, Record, Tail};
use crate::share::Fetch;
use crate::variant::Variant;
use crate::world::World;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Process {
    pub(crate) index: Index,
    /// The first level.
    pub(crate) values: [Option<Slot>; Key::COUNT],
    /// Which keys are being loaded.
    pub(crate) flights: [bool; Key::COUNT],
    /// The head fetches under way, and their answers.
    pub(crate) fetches: [Option<Option<Position>>; Fetch::COUNT],
    /// Records on their way to it.
    pub(crate) pushes: Few<(Position, Record), 2>,
    /// Marks for the next record, and those in the one on its way.
    pub(crate) batch: Marks,
    pub(crate) sending: Option<Marks>,
    /// Whether the server cannot be reached.
    pub(crate) cut_off: bool,
    /// Marks of publications that failed.
    pub(crate) owed: Marks,
    /// The newest versions whose write has returned in this process.
    pub(crate) own: Versions,
    pub(crate) lease: Option<Lease>,
    pub(crate) beat: Option<Beat>,
}

/// A typed value in a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Slot {
    pub(crate) value: Versions,
    pub(crate) position: Position,
    /// The newest position at which it is known to be valid.
    pub(crate) validated: Position,
}

impl Process {
    /// Where a slot is valid for a reader who read `head`; the slot keeps that for the next reader.
    pub(crate) fn validate(
        &self,
        slot: &mut Slot,
        marks: Marks,
        head: Position,
        variant: Variant,
    ) -> Option<Position> {
        if slot.validated.epoch == head.epoch && slot.validated.seq >= head.seq {
            return Some(slot.validated);
        }
        let at = self.index.judge(head, slot.validated, marks, variant)?;
        slot.validated.seq = slot.validated.seq.max(at.seq);
        Some(at)
    }

    /// Puts a slot, unless there is one that was loaded later.
    pub(crate) fn put(&mut self, key: Key, slot: Slot) {
        let newer = self.values[key as usize].is_some_and(|there| {
            there.position.epoch == slot.position.epoch && there.position.seq > slot.position.seq
        });
        if !newer {
            self.values[key as usize] = Some(slot);
        }
    }
}

impl World<'_> {
    /// Applies what this process has published itself. Without the records before it, those are fetched.
    pub(crate) fn apply_own(&mut self, process: usize, position: Position, record: &Record) {
        if self.variant == Variant::OwnWriteNotApplied {
            return;
        }
        let applying = self.applying(process);
        let index = &mut self.state.processes[process].index;
        if self.variant == Variant::OwnRecordSkipsOthers {
            index.apply_with_gap(position, record, applying);
        } else if index.apply(position, record, applying) == Applied::Gap {
            self.follow_log(process, self.state.now);
        }
    }

    /// Reads the tail of the log and brings the index up to it; where that is.
    pub(crate) fn follow_log(&mut self, process: usize, asked: u8) -> Position {
        let mut applying = self.applying(process);
        if self.variant == Variant::ReaderCountsFromRequest {
            applying.now = asked;
        }
        let tail = self.state.server.tail(self.variant);
        self.state.processes[process].index.follow(&tail, applying);
        tail.head
    }

    pub(crate) fn apply_tail(&mut self, process: usize, tail: &Tail) {
        let applying = self.applying(process);
        self.state.processes[process].index.follow(tail, applying);
    }
}
