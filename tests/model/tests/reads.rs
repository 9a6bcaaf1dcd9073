//! Strict reads, their fills, and what happens to the server meanwhile.

mod common;

use cache_model::{Fault, Goal, Key, Marks, Part, Reader, Row, Scene, Variant, Write};
use common::{breaks, holds, holds_in_full};

const QUERY: &[Key] = &[Key::Query];
const CHANGE: Write = Write::of(Row::A, Marks::A);
const OTHER: Write = Write::of(Row::B, Marks::B);

const RACES: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::of(1, QUERY)],
    writers: &[&[CHANGE, CHANGE], &[OTHER]],
    ..Scene::named("reads and writes")
};

const VALUES: Scene = Scene { parts: &[Part::Values], ..RACES }.called("reads and writes, with values");

const REFILLS: Scene = Scene {
    readers: &[Reader::once(0, QUERY), Reader::once(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[CHANGE]],
    ..VALUES
}
.called("values made of entries");

const LOSSES: &[Fault] = &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog, Fault::LoseEntry, Fault::Refuse];

const EVICTION: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::once(1, QUERY)],
    writers: &[&[CHANGE, CHANGE]],
    faults: (1, LOSSES),
    ..RACES
}
.called("eviction");

const LONG_EVICTION: Scene = Scene { faults: (2, LOSSES), writers: &[&[CHANGE, CHANGE]], ..VALUES }
    .called("eviction, twice, with values");

const FAILOVER: Scene =
    Scene { faults: (2, &[Fault::FailOver]), writers: &[&[CHANGE]], ..RACES }.called("failover");

const LONG_FAILOVER: Scene = Scene {
    faults: (2, &[Fault::FailOver, Fault::LoseHead, Fault::LoseLog]),
    writers: &[&[CHANGE, CHANGE]],
    ..VALUES
}
.called("failover and eviction, with values");

#[test]
fn a_read_that_starts_after_a_write_returned_sees_it() {
    holds(&RACES, &[Goal::StoreHit]);
    holds(&VALUES, &[Goal::StoreHit, Goal::ValueHit]);
}

#[test]
fn evictions_and_failovers_cost_misses_only() {
    holds(&EVICTION, &[Goal::StoreHit, Goal::HitInNewEpoch]);
    holds(&FAILOVER, &[Goal::StoreHit, Goal::HitInNewEpoch]);
    holds_in_full(&LONG_EVICTION, &[Goal::StoreHit, Goal::HitInNewEpoch]);
    holds_in_full(&LONG_FAILOVER, &[Goal::StoreHit, Goal::HitInNewEpoch]);
}

#[test]
fn the_position_is_read_before_the_load() {
    breaks(&RACES, Variant::PositionAfterLoad);
}

#[test]
fn a_value_made_of_an_entry_is_valid_only_where_the_entry_was() {
    holds(&REFILLS, &[Goal::StoreHit]);
    breaks(&REFILLS, Variant::RefilledAsNew);
}

#[test]
fn a_publication_follows_its_commit() {
    breaks(&RACES, Variant::PublishBeforeCommit);
}

#[test]
fn a_head_belongs_to_the_incarnation_that_serves_it() {
    breaks(&FAILOVER, Variant::NoIdentityCheck);
    breaks(&FAILOVER, Variant::RunIdOnly);
}

#[test]
fn lost_heads_and_records_are_noticed() {
    breaks(&EVICTION, Variant::NoEpoch);
    breaks(&EVICTION, Variant::LogLossIgnored);
    breaks(&EVICTION, Variant::RefusalIgnored);
}
