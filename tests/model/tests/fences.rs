//! Fences: what was committed is never served old, although its writer died before it could publish.

mod common;

use cache_model::{Ending, Fault, Goal, Key, Marks, Promise, Reader, Row, Scene, Switch, Time, Variant, Write};
use common::{breaks, holds};

const QUERY: &[Key] = &[Key::Query];
const ANY: &[Ending] = &[Ending::Crash, Ending::Rollback, Ending::Unknown];
/// A transaction knows exactly what it touched before COMMIT.
const TRANSACTION: Write = Write::of(Row::A, Marks::A).announcing(Marks::A).ending(ANY);
/// An autocommit write knows what it may touch; this one turns out to have touched something else.
const AUTOCOMMIT: Write = Write::of(Row::B, Marks::B).announcing(Marks::A.and(Marks::B)).ending(ANY);

const FENCE: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::of(1, QUERY)],
    writers: &[&[TRANSACTION]],
    time: Time { ticks: 3, fence: 2, commit: 1 },
    followers: &[0],
    promise: Promise::Committed,
    ..Scene::named("a transaction with a fence")
};

const VALUES: Scene = Scene { values: Switch::On, ..FENCE }.called("the same, with values");

const TWO: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[TRANSACTION], &[AUTOCOMMIT]],
    followers: &[0, 1],
    ..FENCE
}
.called("overlapping fences");

const LOSSES: Scene =
    Scene { readers: &[Reader::once(0, QUERY), Reader::once(1, QUERY)], faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog, Fault::FailOver]), ..FENCE }
        .called("fences that the server loses");

#[test]
fn a_read_that_starts_after_a_commit_sees_it_whatever_becomes_of_the_writer() {
    holds(&FENCE, &[Goal::StoreHit, Goal::HitBehindFence, Goal::HitAfterCrash]);
    holds(&VALUES, &[Goal::StoreHit, Goal::ValueHit]);
}

#[test]
fn fences_of_several_writers_do_not_lift_each_other() {
    holds(&TWO, &[Goal::StoreHit, Goal::HitBehindFence, Goal::HitAfterCrash]);
    breaks(&TWO, Variant::AnyLiftLifts);
}

#[test]
fn fences_that_the_server_loses_keep_loads_out() {
    holds(&LOSSES, &[Goal::StoreHit, Goal::HitAfterCrash]);
    breaks(&LOSSES, Variant::HiddenFencesIgnored);
}

#[test]
fn an_expired_fence_is_a_touch() {
    breaks(&FENCE, Variant::ExpiredFenceIsNoTouch);
    breaks(&FENCE, Variant::NewcomerSkipsExpiredFences);
}

#[test]
fn while_a_fence_is_up_its_marks_miss_and_loads_count_as_older() {
    breaks(&FENCE, Variant::FencedEntriesAreServed);
    breaks(&FENCE, Variant::FencedLoadsAreStored);
    breaks(&FENCE, Variant::FencesAtTheEndOnly);
}

#[test]
fn a_commit_happens_while_its_fence_is_up_for_everybody() {
    breaks(&FENCE, Variant::NoFence);
    breaks(&FENCE, Variant::CommitAfterExpiry);
    breaks(&FENCE, Variant::NoTimeForCommit);
    breaks(&FENCE, Variant::WriterCountsFromAnswer);
    breaks(&FENCE, Variant::ReaderCountsFromRequest);
}

#[test]
fn a_fence_covers_what_is_published() {
    breaks(&FENCE, Variant::FenceTooNarrow);
}

#[test]
fn an_unknown_outcome_lifts_nothing() {
    breaks(&FENCE, Variant::UnknownOutcomeLifts);
}
