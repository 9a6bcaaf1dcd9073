//! Every deliberate fault of the engine is caught: by a directed case or scenario, a named promise, or random seeds.
//!
//! `MUTATION=<name>` runs one of them; `ORACLE_SEEDS` and `ORACLE_STEPS` bound the random search, and with
//! `MUTATIONS_BY_SEEDS=1` there is no other.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]
#![allow(unreachable_pub, reason = "modules that another test shares")]

/// A fault is one of the whole process: promises are checked one by one, not each as a test.
macro_rules! promise_test {
    ($(#[$doc:meta])* $name:ident) => {};
}

use std::time::Instant;

#[path = "soundness/algebra.rs"]
mod algebra;
#[path = "soundness/images.rs"]
mod images;
#[path = "soundness/invisible.rs"]
mod invisible;
#[path = "soundness/names.rs"]
mod names;
#[path = "soundness/setups.rs"]
mod setups;
#[path = "soundness/values.rs"]
mod values;

use cache_core::mutation::{self, Mutation};
use cache_tests::directed;
use cache_tests::oracle::{Plan, Settings, run_all};
use cache_tests::promise::Broken;
use cache_tests::scenario::{self, Verdict};

/// What shows a stale read, if anything does.
fn caught(settings: &Settings) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if std::env::var_os("MUTATIONS_BY_SEEDS").is_some() {
        return by_seeds(settings);
    }
    for directed in directed::ALL {
        if let Verdict::Stale(_) = runtime.block_on(directed.run()).unwrap() {
            return Some(directed.name.to_owned());
        }
    }
    for (name, scenario) in scenario::ALL {
        if let Verdict::Stale(_) = runtime.block_on(scenario()).unwrap() {
            return Some((*name).to_owned());
        }
    }
    for promise in [algebra::ALL, images::ALL, names::ALL, invisible::ALL, values::ALL].concat() {
        if let Err(Broken::Stale(_)) = runtime.block_on(promise.check()) {
            return Some(promise.name.replace('_', " "));
        }
    }
    by_seeds(settings)
}

fn by_seeds(settings: &Settings) -> Option<String> {
    let report = run_all(settings.seeds.clone(), Plan::adversarial(settings.steps));
    report.stale.first().map(|stale| format!("seed {} step {}", stale.seed, stale.step))
}

/// One test, for a fault is one of the whole process.
#[test]
fn every_fault_is_caught() {
    let settings = Settings::from_environment(4, 30);
    let only = std::env::var("MUTATION").ok();
    let chosen = |mutation: &&Mutation| only.as_ref().is_none_or(|only| *only == format!("{mutation:?}"));

    mutation::set(None);
    let unmutated = Settings { seeds: settings.seeds.start..settings.seeds.start + 2, ..settings.clone() };
    assert_eq!(caught(&unmutated), None, "without a fault nothing is stale");

    let mut missed = Vec::new();
    for mutation in Mutation::ALL.iter().filter(chosen) {
        let start = Instant::now();
        mutation::set(Some(*mutation));
        let by = caught(&settings);
        mutation::set(None);
        let name = format!("{mutation:?}");
        println!(
            "{name:<34} {:>5.1} s  {}",
            start.elapsed().as_secs_f32(),
            by.as_deref().unwrap_or("NOT CAUGHT")
        );
        if by.is_none() {
            missed.push(name);
        }
    }
    assert!(missed.is_empty(), "not caught: {}", missed.join(", "));
}
