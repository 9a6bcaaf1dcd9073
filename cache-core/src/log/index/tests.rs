use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::log::{Fence, FenceId, Fences, MAX_FENCE};
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
    Record::new(at(seq), marks(names))
}

fn follow(index: &Index, seq: u64, names: &[u64]) {
    index.follow(&Tail::new(at(seq), vec![record(seq, names)]));
}

#[test]
fn a_record_after_a_gap_is_not_applied() {
    let index = Index::new(at(0));
    assert_eq!(index.apply(&record(2, &[1])), Applied::Gap);
    assert_eq!(index.position(), at(0));
    assert_eq!(index.apply(&record(1, &[1])), Applied::Now);
    assert_eq!(index.apply(&record(1, &[1])), Applied::Already);
    let foreign = Position { epoch: Epoch::from_bits(8), seq: 2 };
    let foreign = Record::new(foreign, marks(&[1]));
    assert_eq!(index.apply(&foreign), Applied::Gap);
}

#[test]
fn a_gap_in_the_log_raises_the_floor() {
    let index = Index::new(at(0));
    index.follow(&Tail::new(at(3), vec![record(1, &[1]), record(3, &[1])]));
    assert_eq!(index.check(at(3), at(1), marks(&[9]).as_slice()), Verdict::Unverifiable);
    assert_eq!(index.check(at(3), at(2), marks(&[9]).as_slice()), Verdict::Valid { at: at(3) });
    assert!(matches!(index.check(at(3), at(2), marks(&[1]).as_slice()), Verdict::Touched { seq: 3, .. }));
}

#[test]
fn a_trimmed_tail_raises_the_floor() {
    let index = Index::new(at(0));
    index.follow(&Tail::new(at(5), vec![record(4, &[1]), record(5, &[2])]));
    assert_eq!(index.check(at(5), at(2), marks(&[9]).as_slice()), Verdict::Unverifiable);
    assert_eq!(index.check(at(5), at(3), marks(&[9]).as_slice()), Verdict::Valid { at: at(5) });
    index.follow(&Tail::new(at(8), Vec::new()));
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
    follow(&index, 1, &[1]);
    let start = Position { epoch: Epoch::from_bits(8), seq: 2 };
    index.follow(&Tail::new(start, Vec::new()));
    assert_eq!(index.check(start, at(1), marks(&[9]).as_slice()), Verdict::OldEpoch);
    assert_eq!(index.check(start, start, marks(&[1]).as_slice()), Verdict::Valid { at: start });
    assert_eq!(index.check(at(1), at(1), marks(&[9]).as_slice()), Verdict::Behind);
}

#[test]
fn a_record_of_an_epoch_that_has_ended_changes_nothing() {
    let index = Index::new(at(0));
    let start = Position { epoch: Epoch::from_bits(8), seq: 2 };
    index.follow(&Tail::new(start, Vec::new()));
    assert_eq!(index.apply(&record(1, &[1])), Applied::Gap);
    assert_eq!(index.position(), start);
}

#[test]
fn a_sequence_number_too_far_from_the_base_starts_the_table_anew() {
    let index = Index::new(at(0));
    let far = MAX_OFFSET + 9;
    follow(&index, 1, &[1]);
    follow(&index, far, &[2]);
    assert_eq!(index.check(at(far), at(1), marks(&[9]).as_slice()), Verdict::Unverifiable);
    assert!(matches!(index.check(at(far), at(far - 1), marks(&[2]).as_slice()), Verdict::Touched { .. }));
}

#[test]
fn a_touch_is_seen_while_another_thread_applies_records() {
    let index = Index::with_bytes(at(0), 256);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for seq in 1..=20_000 {
                follow(&index, seq, &[seq % 50]);
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
            follow(&index, seq, names);
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
            follow(&index, seq, names);
            model.apply(seq, names);
        }
        for (position, names) in &results {
            let position = (*position).min(model.seq);
            let verdict = index.check(at(model.seq), at(position), marks(names).as_slice());
            prop_assert_eq!(matches!(verdict, Verdict::Valid { .. }), !model.must_miss(position, names));
        }
    }
}

fn fence(id: u64, ttl: Duration, names: &[u64]) -> Fences {
    Fences::raise(Fence { id: FenceId::from_bits(id), ttl, marks: marks(names).into(), transaction: None })
}

fn fenced(seq: u64, fences: Fences) -> Record {
    Record { fences: fences.into(), ..record(seq, &[]) }
}

const LONG: Duration = MAX_FENCE;

fn check(index: &Index, head: u64, position: u64, name: u64) -> Verdict {
    index.check(at(head), at(position), &[mark(name)])
}

#[test]
fn a_fence_hides_what_meets_it_until_it_is_lifted() {
    let index = Index::new(at(0));
    assert_eq!(index.apply(&fenced(1, fence(7, LONG, &[1]))), Applied::Now);
    assert_eq!(check(&index, 1, 0, 1), Verdict::Fenced);
    assert_eq!(check(&index, 1, 1, 1), Verdict::Fenced, "loaded while it is up");
    assert_eq!(check(&index, 1, 0, 2), Verdict::Valid { at: at(1) });
    assert_eq!(index.fences(at(1)).map(|fences| fences.len()), Some(1));
    assert_eq!(index.before_fences(at(1)), at(0));

    let other = Fences { lifted: vec![FenceId::from_bits(8)], ..Fences::default() };
    assert_eq!(index.apply(&fenced(2, other)), Applied::Now);
    assert_eq!(check(&index, 2, 0, 1), Verdict::Fenced, "another fence was lifted");

    let lifted = Fences { lifted: vec![FenceId::from_bits(7)], ..Fences::default() };
    let lifted = Record { fences: lifted.into(), ..record(3, &[5]) };
    assert_eq!(index.apply(&lifted), Applied::Now);
    assert_eq!(check(&index, 3, 0, 1), Verdict::Valid { at: at(3) }, "only what was touched counts");
    assert_eq!(check(&index, 3, 0, 5), Verdict::Touched { mark: mark(5), seq: 3 });
    assert_eq!(index.fences(at(3)), Some(Vec::new()));
}

#[test]
fn a_fence_that_runs_out_is_a_touch_at_its_position() {
    let index = Index::new(at(0));
    assert_eq!(index.apply(&fenced(1, fence(7, Duration::ZERO, &[1]))), Applied::Now);
    assert_eq!(index.apply(&record(2, &[2])), Applied::Now);
    assert_eq!(check(&index, 2, 0, 1), Verdict::Touched { mark: mark(1), seq: 1 });
    assert_eq!(
        check(&index, 2, 1, 1),
        Verdict::Valid { at: at(2) },
        "loaded after it went up, and kept since"
    );
    assert_eq!(index.fences(at(2)), Some(Vec::new()));
}

#[test]
fn fences_that_have_run_out_do_not_gather_where_nobody_reads() {
    let index = Index::new(at(0));
    for seq in 1..=10_000 {
        assert_eq!(index.apply(&fenced(seq, fence(seq, Duration::ZERO, &[seq]))), Applied::Now);
    }
    assert!(index.up.marks().len() < 1000);
    for name in [1, 5_000, 10_000] {
        assert_eq!(check(&index, 10_000, 0, name), Verdict::Touched { mark: mark(name), seq: name });
    }
}

#[test]
fn a_fence_of_a_transaction_stays_up_until_the_database_knows_what_became_of_it() {
    let transaction = TransactionId { database: 1, number: 5 };
    let raised = |id, names: &[u64]| {
        let mut fences = fence(id, Duration::ZERO, names);
        fences.raised[0].transaction = Some(transaction);
        fences
    };
    let index = Index::new(at(0));
    for (seq, id) in [(1, 7), (2, 8), (3, 9)] {
        assert_eq!(index.apply(&fenced(seq, raised(id, &[id]))), Applied::Now);
    }
    assert_eq!(index.doubtful(Duration::ZERO).len(), 3);
    assert!(index.doubtful(Duration::from_secs(60)).is_empty());
    let [committed, rolled_back, unknown] = [7, 8, 9].map(FenceId::from_bits);
    for name in [7, 8, 9] {
        index.settle(FenceId::from_bits(name), Some(Fate::InProgress));
        assert_eq!(check(&index, 3, 0, name), Verdict::Fenced, "its time is over, and it is up");
    }
    index.settle(committed, Some(Fate::Committed));
    assert_eq!(check(&index, 3, 0, 7), Verdict::Touched { mark: mark(7), seq: 1 });
    assert_eq!(check(&index, 3, 3, 7), Verdict::Valid { at: at(3) });
    index.settle(rolled_back, Some(Fate::RolledBack));
    assert_eq!(check(&index, 3, 0, 8), Verdict::Valid { at: at(3) });
    index.settle(unknown, None);
    assert_eq!(
        check(&index, 3, 0, 9),
        Verdict::Touched { mark: mark(9), seq: 3 },
        "it runs out like any other"
    );
    assert!(index.doubtful(Duration::ZERO).is_empty());
}

#[test]
fn a_renewed_fence_takes_the_place_of_the_old_one() {
    let index = Index::new(at(0));
    assert_eq!(index.apply(&fenced(1, fence(7, Duration::ZERO, &[1]))), Applied::Now);
    assert_eq!(index.apply(&fenced(2, fence(7, LONG, &[1]))), Applied::Now);
    assert_eq!(check(&index, 2, 0, 1), Verdict::Fenced);
    assert_eq!(index.before_fences(at(2)), at(1));
}

#[test]
fn after_a_gap_nothing_may_be_kept_while_a_fence_may_be_hidden() {
    let index = Index::new(at(0));
    let tail = |seq, hidden_fences| Tail { hidden_fences, ..Tail::new(at(seq), vec![record(seq, &[])]) };
    index.follow(&tail(1, LONG));
    assert_eq!(index.fences(at(1)), Some(Vec::new()), "nothing was missed");
    assert_eq!(index.fences(at(2)), None, "it is not there yet");
    index.follow(&tail(5, LONG));
    assert_eq!(index.fences(at(5)), None);
    let index = Index::new(at(0));
    index.follow(&tail(5, Duration::ZERO));
    assert_eq!(index.fences(at(5)), Some(Vec::new()));
}
