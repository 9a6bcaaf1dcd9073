//! When any mark of a group was last touched.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::mark::Mark;
use crate::mutation::{self, Mutation};

const GROUP_BITS: u32 = 12;

/// Spares a look at the line of most marks: what no group has, no line has.
///
/// A group is chosen by the upper bits of a mark, so a sorted list of marks walks through the groups in order, which
/// is what processors read fastest; the lines, chosen by the lower bits, would each be somewhere else in a table
/// that is larger than most caches.
///
/// **What holds**: the number of a group is no smaller than that of the last touch of any of its marks. It is
/// raised before a record, or the end of a fence, becomes visible, as the lines are.
pub(super) struct Summary(Box<[AtomicU64; 1 << GROUP_BITS]>);

impl Summary {
    pub(super) fn touch(&self, mark: Mark, offset: u64) {
        if !mutation::is(Mutation::GroupsMissTouches) {
            self.group(mark).fetch_max(offset, Ordering::AcqRel);
        }
    }

    /// Whether the mark may have been touched after `offset`.
    pub(super) fn may_be_touched_after(&self, mark: Mark, offset: u64) -> bool {
        self.group(mark).load(Ordering::Acquire) > offset
    }

    pub(super) fn clear(&self) {
        self.0.iter().for_each(|group| group.store(0, Ordering::Release));
    }

    fn group(&self, mark: Mark) -> &AtomicU64 {
        &self.0[(mark.bits() >> (u64::BITS - GROUP_BITS)) as usize]
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self(Box::new([const { AtomicU64::new(0) }; 1 << GROUP_BITS]))
    }
}
