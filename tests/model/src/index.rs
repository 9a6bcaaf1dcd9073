//! One process's index: when each mark was touched last, as far as it has followed the log.

use crate::marks::Marks;
use crate::server::{Position, Record, Tail};
use crate::variant::Variant;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Index {
    /// None until the process has looked at the log.
    pub(crate) position: Option<Position>,
    floor: u8,
    last: [u8; Marks::COUNT],
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
    pub(crate) fn judge(&self, head: Position, position: Position, marks: Marks) -> Option<Position> {
        let at = self.position.filter(|at| at.epoch == head.epoch && at.seq >= head.seq)?;
        let verifiable = position.epoch == at.epoch && (self.floor..=at.seq).contains(&position.seq);
        let untouched = marks.places().all(|place| self.last[place] <= position.seq);
        (verifiable && untouched).then_some(at)
    }

    /// Applies one record, if the index has all before it.
    pub(crate) fn apply(&mut self, position: Position, record: &Record) -> Applied {
        let Some(at) = self.position.filter(|at| at.epoch == position.epoch) else { return Applied::Gap };
        if record.seq <= at.seq {
            return Applied::Already;
        }
        if record.seq > at.seq + 1 {
            return Applied::Gap;
        }
        self.note(position, record);
        Applied::Now
    }

    /// Brings the index to the head of the tail. What the tail no longer has raises the floor.
    pub(crate) fn follow(&mut self, tail: &Tail, variant: Variant) {
        if self.position.is_none_or(|at| at.epoch != tail.head.epoch) {
            let seq = tail.records.iter().next().map_or(tail.head.seq, |first| first.seq - 1);
            *self = Self { position: Some(Position { seq, ..tail.head }), floor: seq, ..Self::default() };
        }
        for record in tail.records.iter() {
            let seq = self.seq();
            if record.seq > seq {
                if record.seq > seq + 1 && variant != Variant::LogLossIgnored {
                    self.floor = record.seq - 1;
                }
                self.note(Position { seq: record.seq, ..tail.head }, record);
            }
        }
        if self.seq() < tail.head.seq {
            self.position = Some(tail.head);
            if variant != Variant::LogLossIgnored {
                self.floor = tail.head.seq;
            }
        }
    }

    fn note(&mut self, position: Position, record: &Record) {
        self.touch(record.marks, record.seq);
        self.position = Some(position);
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
