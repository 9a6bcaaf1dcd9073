//! How publications reach the processes: pushes, groups, debts, and other declarations.

mod common;

use cache_model::{Fault, Goal, Key, Marks, Part, Reader, Row, Scene, Variant, Write};
use common::{breaks, holds, holds_in_full};

const QUERY: &[Key] = &[Key::Query];
const CHANGE: Write = Write::of(Row::A, Marks::A);
const OTHER: Write = Write::of(Row::B, Marks::B);

const PUSHES: Scene = Scene {
    readers: &[Reader::of(0, QUERY)],
    writers: &[&[CHANGE, OTHER], &[OTHER.within(0)]],
    parts: &[Part::Pushes],
    followers: &[0],
    ..Scene::named("pushes, late and lost")
};

const LONG_PUSHES: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::once(1, QUERY)],
    parts: &[Part::Pushes, Part::Values],
    ..PUSHES
}
.called("pushes, longer");

const TAILS: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::of(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[CHANGE]],
    parts: &[Part::LateTails],
    faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog]),
    ..Scene::named("tails that are applied late")
};

const LONG_TAILS: Scene = Scene {
    parts: &[Part::LateTails, Part::Values],
    faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog, Fault::FailOver]),
    ..TAILS
}
.called("tails that are applied late, longer");

const GROUPS: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[CHANGE.within(0)], &[OTHER.within(0)]],
    parts: &[Part::Groups],
    ..Scene::named("publications that travel together")
};

const DEBTS: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[CHANGE.within(0)], &[OTHER.within(0)]],
    parts: &[Part::Values],
    faults: (1, &[Fault::CutOff(0), Fault::LoseAnswer]),
    ..Scene::named("publications that are owed")
};

const LONG_DEBTS: Scene =
    Scene { faults: (2, &[Fault::CutOff(0), Fault::LoseAnswer, Fault::LoseHead]), ..DEBTS }
        .called("publications that are owed, longer");

/// The old writer changes row A and touches what it knows, which is not what new entries watch.
const DECLARATIONS: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::of(1, QUERY)],
    writers: &[&[CHANGE.by_old(Marks::B)], &[CHANGE]],
    old: &[1],
    ..Scene::named("old and new declarations")
};

#[test]
fn pushes_may_come_late_or_never() {
    holds(&PUSHES, &[Goal::StoreHit]);
    holds_in_full(&LONG_PUSHES, &[Goal::StoreHit, Goal::ValueHit]);
    breaks(&PUSHES, Variant::PushGapIgnored);
    breaks(&PUSHES, Variant::OwnRecordSkipsOthers);
}

#[test]
fn tails_may_be_applied_in_any_order() {
    holds(&TAILS, &[Goal::StoreHit, Goal::HitInNewEpoch]);
    holds_in_full(&LONG_TAILS, &[Goal::StoreHit, Goal::HitInNewEpoch]);
}

#[test]
fn a_write_returns_with_a_record_that_was_sent_after_its_commit() {
    holds(&GROUPS, &[Goal::StoreHit]);
    breaks(&GROUPS, Variant::GroupJoinsSent);
}

#[test]
fn a_process_serves_nothing_while_it_owes() {
    holds(&DEBTS, &[Goal::StoreHit, Goal::ValueHit]);
    holds_in_full(&LONG_DEBTS, &[Goal::StoreHit, Goal::ValueHit, Goal::HitInNewEpoch]);
    breaks(&DEBTS, Variant::OwedIgnored);
}

#[test]
fn marks_of_other_declarations_mean_the_whole_table() {
    holds(&DECLARATIONS, &[Goal::StoreHit]);
    breaks(&DECLARATIONS, Variant::ForeignRecordsAreNarrow);
    breaks(&DECLARATIONS, Variant::ForeignEntriesAreServed);
}
