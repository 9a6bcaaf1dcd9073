//! What every test asserts of a scene.

#![allow(unreachable_pub, reason = "a module that several tests share")]

use std::time::Instant;

use cache_model::{Goal, Scene, Variant, check};

/// No order of events breaks a promise, and the scene is not safe merely because nothing is ever served.
pub fn holds(scene: &Scene, goals: &[Goal]) {
    holds_without(scene, Variant::Correct, goals);
}

/// The same although a rule is broken: the scene's promise does not rest on it.
pub fn holds_without(scene: &Scene, variant: Variant, goals: &[Goal]) {
    let start = Instant::now();
    let report = check(scene, variant);
    let Scene { name, .. } = scene;
    println!("{name}, {variant:?}: {} states, {} deep, {:.1?}", report.states, report.depth, start.elapsed());
    if let Some(found) = report.counterexample {
        panic!("{}:\n{found}", scene.name);
    }
    assert_eq!(Goal::missing(&report, goals), [], "{}", scene.name);
}

/// The same for the scenes that only the long run has time for.
pub fn holds_in_full(scene: &Scene, goals: &[Goal]) {
    if std::env::var_os("MODEL_FULL").is_some() {
        holds(scene, goals);
    }
}

/// The broken rule is found out in this scene.
pub fn breaks(scene: &Scene, variant: Variant) {
    let report = check(scene, variant);
    let Some(found) = report.counterexample else {
        panic!("{}: {variant:?} is not found in {} states", scene.name, report.states)
    };
    println!("{}: {variant:?} is found in {} states:\n{found}", scene.name, report.states);
}
