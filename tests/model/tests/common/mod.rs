//! What every test asserts of a scene.

use std::time::Instant;

use cache_model::{Goal, Scene, Variant, check};

/// No order of events breaks a promise, and the scene is not safe merely because nothing is ever served.
pub fn holds(scene: &Scene, goals: &[Goal]) {
    let start = Instant::now();
    let report = check(scene, Variant::Correct);
    println!("{}: {} states, {} deep, {:.1?}", scene.name, report.states, report.depth, start.elapsed());
    if let Some(found) = report.counterexample {
        panic!("{}:\n{found}", scene.name);
    }
    assert_eq!(Goal::missing(&report, goals), [], "{}", scene.name);
}

/// The broken rule is found out in this scene.
pub fn breaks(scene: &Scene, variant: Variant) {
    let report = check(scene, variant);
    let Some(found) = report.counterexample else {
        panic!("{}: {variant:?} is not found in {} states", scene.name, report.states)
    };
    println!("{}: {variant:?} is found in {} states:\n{found}", scene.name, report.states);
}
