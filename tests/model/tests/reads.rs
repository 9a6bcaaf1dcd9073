//! Strict reads, their fills, and what happens to the server meanwhile.

mod common;

use cache_model::{Fault, Goal, Key, Marks, Reader, Row, Scene, Switch, Variant, Write};
use common::{breaks, holds};

const QUERY: &[Key] = &[Key::Query];
const CHANGE: Write = Write::of(Row::A, Marks::A);
const OTHER: Write = Write::of(Row::B, Marks::B);

const RACES: Scene = Scene {
    readers: &[Reader::of(0, QUERY), Reader::of(1, QUERY)],
    writers: &[&[CHANGE, CHANGE], &[OTHER]],
    ..Scene::named("reads and writes")
};

const VALUES: Scene = Scene { values: Switch::On, ..RACES }.called("reads and writes, with values");

const EVICTION: Scene =
    Scene { faults: (1, &[Fault::LoseHead, Fault::LoseLog, Fault::TrimLog, Fault::LoseEntry]), ..RACES }
        .called("eviction");

const FAILOVER: Scene = Scene { faults: (2, &[Fault::FailOver]), writers: &[&[CHANGE]], ..RACES }.called("failover");

#[test]
fn a_read_that_starts_after_a_write_returned_sees_it() {
    holds(&RACES, &[Goal::StoreHit]);
    holds(&VALUES, &[Goal::StoreHit, Goal::ValueHit]);
}

#[test]
fn evictions_and_failovers_cost_misses_only() {
    holds(&EVICTION, &[Goal::StoreHit, Goal::HitInNewEpoch]);
    holds(&FAILOVER, &[Goal::StoreHit, Goal::HitInNewEpoch]);
}

#[test]
fn the_position_is_read_before_the_load() {
    breaks(&RACES, Variant::PositionAfterLoad);
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
}
