//! Bounded reads: never older than their bound, and never older than what their own process wrote.

mod common;

use cache_model::{Fault, Goal, Key, Marks, Part, Reader, Row, Scene, Time, Variant, Write};
use common::{breaks, holds, holds_in_full};

const QUERY: &[Key] = &[Key::Query];
const BLOCK: &[Key] = &[Key::Block];
const CHANGE: Write = Write::of(Row::A, Marks::A);

const LEASE: Scene = Scene {
    readers: &[Reader::of(0, QUERY).within(1)],
    writers: &[&[CHANGE, CHANGE]],
    parts: &[Part::Lease, Part::Values],
    time: Time { ticks: 2, ..Time::NONE },
    followers: &[0],
    ..Scene::named("bounded reads")
};

const OWN: Scene =
    Scene { writers: &[&[CHANGE.within(0)], &[CHANGE]], time: Time { ticks: 1, ..Time::NONE }, ..LEASE }
        .called("bounded reads and writes in one process");

/// The strict reader may apply a tail of the lost epoch after the tail task has confirmed the new one.
const LATE: Scene = Scene {
    readers: &[Reader::of(0, QUERY).within(0), Reader::once(0, QUERY)],
    writers: &[&[CHANGE]],
    parts: &[Part::Lease, Part::Values, Part::LateTails],
    time: Time { ticks: 1, ..Time::NONE },
    faults: (1, &[Fault::LoseHead]),
    followers: &[],
    ..LEASE
}
.called("bounded reads and tails that are applied late");

const NESTED: Scene = Scene {
    readers: &[Reader::of(0, BLOCK).within(1)],
    writers: &[&[CHANGE]],
    time: Time { ticks: 1, ..Time::NONE },
    ..LEASE
}
.called("bounded reads in blocks");

const LONG_NESTED: Scene =
    Scene { readers: &[Reader::of(0, BLOCK).within(1), Reader::once(1, BLOCK)], ..NESTED }
        .called("bounded reads in blocks, longer");

const LONG: Scene = Scene {
    readers: &[Reader::of(0, QUERY).within(1), Reader::once(0, QUERY).within(1)],
    faults: (1, &[Fault::LoseHead]),
    ..LEASE
}
.called("bounded reads, longer, and the server evicts");

#[test]
fn a_bounded_read_is_never_older_than_its_bound() {
    holds(&LEASE, &[Goal::BoundedHit]);
    holds_in_full(&LONG, &[Goal::BoundedHit]);
    breaks(&LEASE, Variant::LeaseFromAnswer);
    breaks(&LEASE, Variant::LeaseBeforeFollowing);
}

#[test]
fn a_lease_is_for_the_epoch_that_was_confirmed() {
    holds(&LATE, &[Goal::BoundedHit]);
    breaks(&LATE, Variant::LeaseOutlivesIndex);
}

#[test]
fn a_bounded_read_sees_the_writes_of_its_own_process() {
    holds(&OWN, &[Goal::BoundedHit]);
    breaks(&OWN, Variant::OwnWriteNotApplied);
}

#[test]
fn a_block_is_as_old_as_its_bounded_parts() {
    holds(&NESTED, &[Goal::BoundedHit]);
    holds_in_full(&LONG_NESTED, &[Goal::BoundedHit, Goal::BlockHit]);
}
