//! Deliberate faults of the engine, each to be found through Diesel too.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "modules that other tests share")]

#[path = "diesel/database.rs"]
mod database;
mod random;
#[path = "../../tests/src/rng.rs"]
#[allow(unreachable_pub, reason = "a module that other tests share")]
mod rng;
#[path = "diesel/shop.rs"]
mod shop;

use cache_core::mutation::{self, Mutation};

/// Those that need no other schema, types or threads than the shop has.
const FAULTS: [Mutation; 10] = [
    Mutation::PayloadIsNotWatched,
    Mutation::UnidentifiedPayloadIsNotWatched,
    Mutation::OrderIsNotMembership,
    Mutation::AbsentRowsAreNotWatched,
    Mutation::EveryReadIsExact,
    Mutation::KeyChangesAreUpdates,
    Mutation::UpsertValuesAreImages,
    Mutation::ReplaceDeletesNothing,
    Mutation::CascadesAreIgnored,
    Mutation::ReleaseLosesMarks,
];

#[test]
fn every_fault_is_found() {
    let mut missed = Vec::new();
    for fault in FAULTS {
        mutation::set(Some(fault));
        match random::run(0..40, 100) {
            Ok(_) => missed.push(fault),
            Err(stale) => println!("{fault:?}: {stale}"),
        }
    }
    mutation::set(None);
    assert_eq!(missed, []);
}
