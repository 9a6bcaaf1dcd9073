//! Fences: what was committed is never served old, although its writer died before it could publish.

mod common;

use cache_model::{
    Ending, Fault, Goal, Judge, Key, Marks, Part, Promise, Reader, Row, Scene, Time, Variant, Write,
};
use common::{breaks, holds, holds_in_full, holds_without};

const QUERY: &[Key] = &[Key::Query];
const ANY: &[Ending] = &[Ending::Crash, Ending::Rollback, Ending::Unknown];
/// A transaction knows exactly what it touched before COMMIT.
const TRANSACTION: Write = Write::of(Row::A, Marks::A).announcing(Marks::A).ending(ANY);
/// An autocommit write knows what it may touch; this one turns out to have touched something else.
const AUTOCOMMIT: Write = Write::of(Row::B, Marks::B).announcing(Marks::A.and(Marks::B)).ending(ANY);

const FENCE: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::of(1, QUERY)],
    writers: &[&[TRANSACTION]],
    time: Time::fences(3),
    followers: &[0],
    promise: Promise::Committed,
    ..Scene::named("a transaction with a fence")
};

const ALIVE: Scene = Scene { promise: Promise::Returned, time: Time::fences(2), ..FENCE }
    .called("the same, as far as writes return");

const LONG: Scene =
    Scene { readers: &[Reader::of(0, QUERY), Reader::of(1, QUERY)], parts: &[Part::Values], ..FENCE }
        .called("the same with values, longer");

const TWO: Scene = Scene {
    readers: &[Reader::of(0, QUERY)],
    writers: &[&[TRANSACTION.ending(&[Ending::Crash])], &[AUTOCOMMIT.ending(&[])]],
    time: Time::fences(2),
    followers: &[0, 1],
    ..FENCE
}
.called("overlapping fences");

const LONG_TWO: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[TRANSACTION.ending(&[Ending::Crash])], &[AUTOCOMMIT.ending(&[Ending::Rollback])]],
    ..TWO
}
.called("overlapping fences, longer");

const LOST: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[TRANSACTION.ending(&[Ending::Crash])]],
    time: Time::fences(2),
    faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog]),
    ..FENCE
}
.called("fences that the server loses");

const LONG_LOST: Scene = Scene {
    time: Time::fences(3),
    faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog, Fault::FailOver]),
    ..LOST
}
.called("fences that the server loses, longer");

const LATE: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::of(0, QUERY)],
    writers: &[&[TRANSACTION.ending(&[Ending::Crash])]],
    time: Time::fences(2),
    parts: &[Part::LateTails],
    faults: (1, &[Fault::LoseHead]),
    followers: &[0],
    ..FENCE
}
.called("fences in tails that are applied late");

/// Two callers of one process share a load.
const FLIGHTS: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::of(0, QUERY)],
    writers: &[&[TRANSACTION.ending(&[Ending::Crash])]],
    parts: &[Part::Flights, Part::Values],
    time: Time::fences(2),
    ..FENCE
}
.called("fences and flights");

const BLOCKS: Scene = Scene {
    readers: &[Reader::of(0, &[Key::Block])],
    writers: &[&[TRANSACTION.ending(&[Ending::Crash])]],
    parts: &[Part::Values],
    time: Time::fences(2),
    ..FENCE
}
.called("fences and blocks");

const LONG_BLOCKS: Scene = Scene {
    writers: &[&[TRANSACTION.ending(&[Ending::Crash])], &[Write::of(Row::B, Marks::B).announcing(Marks::B)]],
    ..BLOCKS
}
.called("fences and blocks, longer");

/// The old writer announces and touches what it knows of row A.
const DECLARATIONS: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[TRANSACTION.by_old(Marks::B).announcing(Marks::B).ending(&[Ending::Crash])]],
    old: &[1],
    time: Time::fences(2),
    ..FENCE
}
.called("fences of other declarations");

/// COMMIT takes as long as it likes, and readers ask the database what became of it whenever they like.
const RESOLVED: Scene = Scene { time: Time { judge: Judge::Database, ..Time::fences(2) }, ..FENCE }
    .called("fences that the database resolves");

/// A COMMIT may take longer than its writer reckons with, whose write returns as soon as it is known to have happened.
const RETURNING: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::of(1, QUERY)],
    writers: &[&[TRANSACTION.within(0).ending(&[])]],
    time: Time { late: 2, ..Time::fences(3) },
    promise: Promise::Returned,
    ..FENCE
}
.called("writes that return behind their fences");

const LONG_RETURNING: Scene = Scene {
    readers: &[Reader::of(0, QUERY)],
    writers: &[&[TRANSACTION.within(0).ending(&[])], &[AUTOCOMMIT.within(0).ending(&[])]],
    parts: &[Part::Values],
    time: Time::fences(2),
    ..RETURNING
}
.called("two writes that return behind their fences, with values");

const RETURNING_LOST: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::once(1, QUERY)],
    time: Time::fences(2),
    faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::LoseAnswer]),
    ..RETURNING
}
.called("writes that return behind fences that the server loses");

const LONG_RETURNING_LOST: Scene = Scene {
    readers: RETURNING.readers,
    time: Time { late: 1, ..Time::fences(3) },
    faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog, Fault::FailOver, Fault::LoseAnswer]),
    ..RETURNING_LOST
}
.called("writes that return behind fences that the server loses, longer");

/// The second write goes on under the fence of the first if that has returned, and may end in every way.
const TAKING_ON: Scene = Scene {
    readers: &[Reader::of(0, QUERY)],
    writers: &[&[TRANSACTION.ending(&[]), TRANSACTION]],
    parts: &[Part::TakingOn],
    time: Time::fences(2),
    followers: &[0, 1],
    ..FENCE
}
.called("a write under the fence of the one before");

const OTHER_MARKS: Scene = Scene {
    writers: &[&[Write::of(Row::B, Marks::B).announcing(Marks::B), TRANSACTION.ending(&[])]],
    ..TAKING_ON
}
.called("a write under the fence of another row");

/// A COMMIT may take longer than its writer reckons with, and nobody renews its fence meanwhile.
const TAKING_ON_FORSAKEN: Scene = Scene {
    writers: &[&[TRANSACTION.within(0).ending(&[]), TRANSACTION.within(0).ending(&[])]],
    time: Time { late: 2, ..Time::fences(3) },
    promise: Promise::Returned,
    ..TAKING_ON
}
.called("a write under the fence of the one before, which nobody keeps up");

const LONG_TAKING_ON: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::of(1, QUERY)],
    writers: &[&[
        TRANSACTION.within(0).ending(&[]),
        TRANSACTION.within(0),
        TRANSACTION.within(0).ending(&[]),
    ]],
    parts: &[Part::TakingOn, Part::Values],
    followers: &[0],
    ..TAKING_ON
}
.called("three writes under one fence, with values");

const TAKING_ON_LOST: Scene =
    Scene { faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog]), ..TAKING_ON }
        .called("a write under the fence of the one before, which the server loses");

const LONG_TAKING_ON_LOST: Scene =
    Scene { readers: &[Reader::once(0, QUERY), Reader::once(1, QUERY)], ..TAKING_ON_LOST }
        .called("a write under the fence of the one before, which the server loses, longer");

/// No heads are asked for, so what a process knows of its own fence is all that keeps it from what it has changed.
const OWN: Scene = Scene {
    readers: &[Reader::of(0, QUERY).within(1)],
    writers: &[&[TRANSACTION.within(0).ending(&[])], &[Write::of(Row::A, Marks::A)]],
    parts: &[Part::Lease, Part::Values],
    time: Time::fences(1),
    promise: Promise::Returned,
    ..FENCE
}
.called("bounded reads behind fences of their own process");

#[test]
fn a_read_that_starts_after_a_commit_sees_it_whatever_becomes_of_the_writer() {
    holds(&FENCE, &[Goal::StoreHit, Goal::HitBehindFence, Goal::HitAfterCrash]);
    holds_in_full(&LONG, &[Goal::StoreHit, Goal::ValueHit, Goal::HitBehindFence, Goal::HitAfterCrash]);
}

#[test]
fn while_writers_live_no_promise_rests_on_the_time_of_a_commit() {
    for variant in [Variant::NoFence, Variant::CommitAfterExpiry, Variant::NoTimeForCommit] {
        holds_without(&ALIVE, variant, &[Goal::StoreHit]);
    }
    // A write has returned whose publication takes longer than its fence is up.
    breaks(&ALIVE, Variant::ExpiredFenceIsNoTouch);
}

#[test]
fn fences_of_several_writers_do_not_lift_each_other() {
    holds(&TWO, &[Goal::StoreHit, Goal::HitBehindFence, Goal::HitAfterCrash]);
    holds_in_full(&LONG_TWO, &[Goal::StoreHit, Goal::HitBehindFence, Goal::HitAfterCrash]);
    breaks(&TWO, Variant::AnyLiftLifts);
}

#[test]
fn fences_that_the_server_loses_keep_loads_out() {
    holds(&LOST, &[Goal::StoreHit]);
    holds_in_full(&LONG_LOST, &[Goal::StoreHit, Goal::HitAfterCrash]);
    breaks(&LOST, Variant::HiddenFencesIgnored);
}

#[test]
fn a_load_is_stored_only_if_the_index_knows_the_fences_at_its_head() {
    holds(&LATE, &[Goal::StoreHit]);
    breaks(&LATE, Variant::IndexIsNotAsked);
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

#[test]
fn a_write_may_return_before_its_publication_while_its_fence_is_up() {
    holds(&RETURNING, &[Goal::StoreHit, Goal::HitBehindFence, Goal::ReturnedFirst]);
    holds(&RETURNING_LOST, &[Goal::StoreHit, Goal::ReturnedFirst]);
    holds_in_full(&LONG_RETURNING_LOST, &[Goal::StoreHit, Goal::HitInNewEpoch, Goal::ReturnedFirst]);
    holds_in_full(&LONG_RETURNING, &[Goal::StoreHit, Goal::ValueHit, Goal::ReturnedFirst]);
    breaks(&RETURNING, Variant::ReturnBehindExpiredFence);
    breaks(&RETURNING, Variant::FencedEntriesAreServed);
    breaks(&RETURNING, Variant::FencedLoadsAreStored);
}

#[test]
fn a_write_may_go_on_under_the_fence_of_the_one_before() {
    holds(&TAKING_ON, &[Goal::StoreHit, Goal::HitBehindFence, Goal::HitAfterCrash, Goal::WentOn]);
    holds(&TAKING_ON_LOST, &[Goal::StoreHit, Goal::WentOn]);
    holds(&OTHER_MARKS, &[Goal::StoreHit]);
    holds_in_full(&LONG_TAKING_ON_LOST, &[Goal::StoreHit, Goal::WentOn]);
    holds_in_full(&LONG_TAKING_ON, &[Goal::StoreHit, Goal::ValueHit, Goal::HitBehindFence, Goal::WentOn]);
    breaks(&TAKING_ON, Variant::TakenOnIsForgotten);
    breaks(&TAKING_ON, Variant::TakenOnFenceIsLifted);
    breaks(&TAKING_ON, Variant::CommitAfterExpiry);
    breaks(&TAKING_ON, Variant::UnknownOutcomeLifts);
    breaks(&OTHER_MARKS, Variant::AnyFenceIsTakenOn);
}

#[test]
fn who_goes_on_under_a_fence_that_nobody_keeps_up_counts_its_time() {
    holds(&TAKING_ON_FORSAKEN, &[Goal::StoreHit, Goal::WentOn]);
    breaks(&TAKING_ON_FORSAKEN, Variant::TakenOnFenceCountsAnew);
    breaks(&TAKING_ON_FORSAKEN, Variant::ReturnBehindExpiredFence);
    breaks(&TAKING_ON_FORSAKEN, Variant::ExpiredFenceIsNoTouch);
}

#[test]
fn a_write_that_returned_behind_its_fence_is_seen_by_the_bounded_reads_of_its_process() {
    holds(&OWN, &[Goal::BoundedHit, Goal::ReturnedFirst]);
    breaks(&OWN, Variant::OwnFenceNotApplied);
}

#[test]
fn flights_and_blocks_behind_a_fence_are_as_old_as_what_was_before_it() {
    holds(&FLIGHTS, &[Goal::Joined, Goal::JoinedLater, Goal::ValueHit]);
    breaks(&FLIGHTS, Variant::JoinBlindly);
    holds(&BLOCKS, &[Goal::BlockHit]);
    holds_in_full(&LONG_BLOCKS, &[Goal::BlockHit]);
}

#[test]
fn a_fence_of_other_declarations_is_one_on_the_whole_table() {
    holds(&DECLARATIONS, &[Goal::StoreHit]);
    breaks(&DECLARATIONS, Variant::ForeignRecordsAreNarrow);
}

#[test]
fn a_fence_that_the_database_resolves_needs_no_clock() {
    holds(&RESOLVED, &[Goal::StoreHit, Goal::HitAfterCrash]);
    breaks(&RESOLVED, Variant::InProgressIsRolledBack);
    breaks(&RESOLVED, Variant::CommittedIsNoTouch);
}
