//! Random numbers.

use cache_tests::rng::Rng;

#[test]
fn neighbouring_seeds_are_unrelated() {
    let draw = |seed| {
        let mut rng = Rng::new(seed);
        (0..64).map(|_| rng.below(2)).collect::<Vec<_>>()
    };
    let equal = draw(1).iter().zip(draw(2)).filter(|(one, other)| **one == *other).count();
    assert!((16..=48).contains(&equal), "{equal} of 64 draws are equal");
}

#[test]
fn weights_are_respected() {
    let mut rng = Rng::new(3);
    let heavy = (0..1000).filter(|_| rng.weighted(&[(1, 'a'), (9, 'b'), (0, 'c')]) == 'b').count();
    assert!((850..=950).contains(&heavy), "{heavy} of 1000");
}
