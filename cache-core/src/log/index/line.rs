//! One cache line of the index.

use std::sync::atomic::{AtomicU64, Ordering};

const SEQ_BITS: u32 = 40;
/// The largest offset that a way can hold.
pub(super) const MAX_OFFSET: u64 = (1 << SEQ_BITS) - 1;

/// Seven marks and a floor.
///
/// A way holds 24 bits of a mark and the offset of the record that touched it last, counted from the index's
/// base; zero is an empty way, since offsets start at one. When all ways are taken, the oldest makes room and
/// its offset becomes the line's floor: every mark of this line may have been touched then.
///
/// One writer at a time. It raises the floor *before* it overwrites a way, and readers read the floor *after*
/// the ways: whoever no longer finds an evicted mark finds the floor that stands for it.
#[repr(align(64))]
#[derive(Default)]
pub(super) struct Line {
    ways: [AtomicU64; 7],
    floor: AtomicU64,
}

/// When a mark was last touched, as far as a line knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LastTouch {
    /// The offset that is recorded for the mark, or zero.
    pub(super) recorded: u64,
    /// The offset before which the line has forgotten; at or before it the mark may have been touched.
    pub(super) forgotten: u64,
}

impl Line {
    pub(super) fn touch(&self, mark: u64, offset: u64) {
        debug_assert!(0 < offset && offset <= MAX_OFFSET);
        let tag = tag(mark);
        let mut oldest = &self.ways[0];
        let mut oldest_offset = u64::MAX;
        for way in &self.ways {
            let word = way.load(Ordering::Relaxed);
            if word != 0 && word >> SEQ_BITS == tag {
                way.store(tag << SEQ_BITS | offset.max(word & MAX_OFFSET), Ordering::Release);
                return;
            }
            if word & MAX_OFFSET < oldest_offset {
                oldest = way;
                oldest_offset = word & MAX_OFFSET;
            }
        }
        if oldest_offset > 0 {
            self.floor.fetch_max(oldest_offset, Ordering::AcqRel);
        }
        oldest.store(tag << SEQ_BITS | offset, Ordering::Release);
    }

    pub(super) fn last(&self, mark: u64) -> LastTouch {
        let tag = tag(mark);
        let mut recorded = 0;
        for way in &self.ways {
            let word = way.load(Ordering::Acquire);
            if word >> SEQ_BITS == tag {
                recorded = recorded.max(word & MAX_OFFSET);
            }
        }
        LastTouch { recorded, forgotten: self.floor.load(Ordering::Acquire) }
    }

    pub(super) fn clear(&self) {
        for way in &self.ways {
            way.store(0, Ordering::Release);
        }
        self.floor.store(0, Ordering::Release);
    }
}

/// The bits that do not choose the line.
const fn tag(mark: u64) -> u64 {
    mark >> SEQ_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn mark(tag: u64) -> u64 {
        tag << SEQ_BITS
    }

    #[test]
    fn a_line_is_one_cache_line() {
        assert_eq!(size_of::<Line>(), 64);
    }

    #[test]
    fn an_evicted_mark_is_remembered_by_the_floor() {
        let line = Line::default();
        for tag in 1..=8 {
            line.touch(mark(tag), tag);
        }
        assert_eq!(line.last(mark(1)), LastTouch { recorded: 0, forgotten: 1 });
        assert_eq!(line.last(mark(8)), LastTouch { recorded: 8, forgotten: 1 });
        assert_eq!(line.last(mark(9)), LastTouch { recorded: 0, forgotten: 1 });
    }

    #[test]
    fn a_mark_without_tag_bits_is_a_mark_like_any_other() {
        let line = Line::default();
        assert_eq!(line.last(mark(0)).recorded, 0);
        line.touch(mark(0), 3);
        assert_eq!(line.last(mark(0)).recorded, 3);
    }
}
