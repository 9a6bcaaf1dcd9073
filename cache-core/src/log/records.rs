//! The newest records, in memory.

use std::collections::VecDeque;

use super::Record;

/// Records beyond this are dropped; an index that is further behind raises its floor.
pub(super) const MAX_RECORDS: usize = 4096;
/// Marks in all records together, so that many wide publications stay bounded too.
const MAX_MARKS: usize = 1 << 18;

/// The newest records of one epoch, bounded in number and in marks.
#[derive(Debug, Default)]
pub(crate) struct Records {
    kept: VecDeque<Record>,
    marks: usize,
}

impl Records {
    pub(crate) fn push(&mut self, record: Record) {
        self.marks += record.weight();
        self.kept.push_back(record);
        while self.kept.len() > MAX_RECORDS || self.marks > MAX_MARKS {
            let Some(dropped) = self.kept.pop_front() else { return };
            self.marks -= dropped.weight();
        }
    }

    /// The oldest that is left.
    #[cfg(feature = "redis")]
    pub(crate) fn first(&self) -> Option<&Record> {
        self.kept.front()
    }

    /// Those with a sequence number after `seq`, in ascending order.
    pub(crate) fn after(&self, seq: u64) -> Vec<Record> {
        let mut newer: Vec<Record> =
            self.kept.iter().rev().take_while(|record| record.position.seq > seq).cloned().collect();
        newer.reverse();
        newer
    }
}
