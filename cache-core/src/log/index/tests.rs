use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::mark::Marks;

const EPOCH: Epoch = Epoch::from_bits(7);

fn at(seq: u64) -> Position {
    Position { epoch: EPOCH, seq }
}

fn mark(name: u64) -> Mark {
    crate::mark::MarkHasher::new(0).number(name).finish()
}

fn marks(names: &[u64]) -> Marks {
    names.iter().copied().map(mark).collect()
}

fn record(seq: u64, names: &[u64]) -> Record {
    Record { position: at(seq), marks: Arc::new(marks(names)) }
}

#[test]
fn a_gap_in_the_records_raises_the_floor() {
    let index = Index::new(at(0));
    index.apply(&record(1, &[1]));
    index.apply(&record(3, &[1]));
    assert_eq!(index.check(at(3), at(1), marks(&[9]).as_slice()), Verdict::Unverifiable);
    assert_eq!(index.check(at(3), at(2), marks(&[9]).as_slice()), Verdict::Valid { at: at(3) });
    assert!(matches!(index.check(at(3), at(2), marks(&[1]).as_slice()), Verdict::Touched { seq: 3, .. }));
}

#[test]
fn a_trimmed_tail_raises_the_floor() {
    let index = Index::new(at(0));
    index.follow(&Tail { head: at(5), records: vec![record(4, &[1]), record(5, &[2])] });
    assert_eq!(index.check(at(5), at(2), marks(&[9]).as_slice()), Verdict::Unverifiable);
    assert_eq!(index.check(at(5), at(3), marks(&[9]).as_slice()), Verdict::Valid { at: at(5) });
    index.follow(&Tail { head: at(8), records: Vec::new() });
    assert_eq!(index.check(at(8), at(7), marks(&[9]).as_slice()), Verdict::Unverifiable);
}

#[test]
fn an_index_that_is_behind_the_head_does_not_judge() {
    let index = Index::new(at(0));
    assert_eq!(index.check(at(1), at(0), marks(&[1]).as_slice()), Verdict::Behind);
}

#[test]
fn a_new_epoch_ends_every_older_entry() {
    let index = Index::new(at(0));
    index.apply(&record(1, &[1]));
    let start = Position { epoch: Epoch::from_bits(8), seq: 2 };
    index.follow(&Tail { head: start, records: Vec::new() });
    assert_eq!(index.check(start, at(1), marks(&[9]).as_slice()), Verdict::OldEpoch);
    assert_eq!(index.check(start, start, marks(&[1]).as_slice()), Verdict::Valid { at: start });
    assert_eq!(index.check(at(1), at(1), marks(&[9]).as_slice()), Verdict::Behind);
}

#[test]
fn a_record_of_an_epoch_that_has_ended_changes_nothing() {
    let index = Index::new(at(0));
    let start = Position { epoch: Epoch::from_bits(8), seq: 2 };
    index.follow(&Tail { head: start, records: Vec::new() });
    index.apply(&record(1, &[1]));
    assert_eq!(index.position(), start);
}

#[test]
fn a_sequence_number_too_far_from_the_base_starts_the_table_anew() {
    let index = Index::new(at(0));
    index.apply(&record(1, &[1]));
    let far = MAX_OFFSET + 9;
    index.apply(&record(far, &[2]));
    assert_eq!(index.check(at(far), at(1), marks(&[9]).as_slice()), Verdict::Unverifiable);
    assert!(matches!(index.check(at(far), at(far - 1), marks(&[2]).as_slice()), Verdict::Touched { .. }));
}

#[test]
fn a_touch_is_seen_while_another_thread_applies_records() {
    let index = Index::with_bytes(at(0), 256);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for seq in 1..=20_000 {
                index.apply(&record(seq, &[seq % 50]));
            }
        });
        for _ in 0..20_000 {
            let seq = index.position().seq;
            let Some(before) = seq.checked_sub(1) else { continue };
            let verdict = index.check(at(seq), at(before), marks(&[seq % 50]).as_slice());
            assert!(!matches!(verdict, Verdict::Valid { .. } | Verdict::Behind), "{verdict:?} at {seq}");
        }
    });
}

/// What the index stands for, without a bound.
#[derive(Default)]
struct Model {
    last: HashMap<u64, u64>,
    seen_from: u64,
    seq: u64,
}

impl Model {
    fn apply(&mut self, seq: u64, names: &[u64]) {
        if seq > self.seq + 1 {
            self.seen_from = seq - 1;
        }
        self.seq = seq;
        self.last.extend(names.iter().map(|name| (*name, seq)));
    }

    fn must_miss(&self, position: u64, names: &[u64]) -> bool {
        position < self.seen_from
            || names.iter().any(|name| self.last.get(name).is_some_and(|seq| *seq > position))
    }
}

proptest! {
    #[test]
    fn the_index_never_misses_a_touch(
        lines in 0_u32..6,
        records in prop::collection::vec((prop::collection::vec(0_u64..60, 0..6), 1_u64..3), 1..80),
        results in prop::collection::vec((0_u64..100, prop::collection::vec(0_u64..60, 1..4)), 40),
    ) {
        let index = Index::with_bytes(at(0), 64 << lines);
        let mut model = Model::default();
        for (names, step) in &records {
            let seq = model.seq + step;
            index.apply(&record(seq, names));
            model.apply(seq, names);
            for (position, names) in &results {
                let position = (*position).min(model.seq);
                let verdict = index.check(at(model.seq), at(position), marks(names).as_slice());
                let valid = matches!(verdict, Verdict::Valid { .. });
                prop_assert!(!(valid && model.must_miss(position, names)), "{verdict:?}");
            }
        }
    }

    #[test]
    fn an_index_with_room_forgets_nothing(
        records in prop::collection::vec(prop::collection::vec(0_u64..60, 0..6), 1..80),
        results in prop::collection::vec((0_u64..80, prop::collection::vec(0_u64..60, 1..4)), 40),
    ) {
        let index = Index::new(at(0));
        let mut model = Model::default();
        for (seq, names) in (1..).zip(&records) {
            index.apply(&record(seq, names));
            model.apply(seq, names);
        }
        for (position, names) in &results {
            let position = (*position).min(model.seq);
            let verdict = index.check(at(model.seq), at(position), marks(names).as_slice());
            prop_assert_eq!(matches!(verdict, Verdict::Valid { .. }), !model.must_miss(position, names));
        }
    }
}
