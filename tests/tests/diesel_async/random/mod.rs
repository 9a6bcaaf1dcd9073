//! Random writes of every kind through two wrapped connections; after each, cached reads are compared with the database.
//!
//! `DIESEL_SEEDS=0..200` runs as many databases, `DIESEL_STEPS` as many writes in each.

mod reads;
mod writes;

use cache_tests::rng::Rng;

use crate::database::SEEDS;
use crate::shop::Shop;

/// How many reads follow each write.
const READS: usize = 12;

/// What the reads and writes are about.
const CATEGORIES: [&str; 3] = ["rust", "sql", "new"];

#[tokio::test]
async fn no_cached_read_is_stale() {
    let seeds = std::env::var("DIESEL_SEEDS").map_or(0..SEEDS, |range| {
        let (from, to) = range.split_once("..").unwrap();
        from.parse().unwrap()..to.parse().unwrap()
    });
    let steps = std::env::var("DIESEL_STEPS").map_or(100, |steps| steps.parse().unwrap());
    let (mut writes, mut compared, mut hits) = (0, 0, 0);
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let shop = Shop::open().await;
        let mut conns = [shop.connect().await, shop.connect().await];
        let mut bare = shop.bare().await;
        for step in 0..steps {
            let writer = rng.below(2);
            let write = writes::run(&mut conns[writer], &mut rng).await;
            writes += 1;
            for _ in 0..READS {
                let read = reads::pick(&mut rng);
                let (reader, before) = (&mut conns[rng.below(2)], shop.cache.stats().hits);
                let cached =
                    if rng.chance(50) { read.cached(reader).await } else { read.viewed(reader).await };
                hits += shop.cache.stats().hits - before;
                compared += 1;
                let truth = read.plain(&mut bare).await;
                assert_eq!(cached, truth, "seed {seed}, step {step}: after {write}, {read:?}");
            }
        }
    }
    let share = hits as f64 / f64::from(compared);
    println!("{writes} writes, {compared} compared reads, {:.1} % of them hits: 0 stale", share * 100.0);
    assert!(share > 0.2, "a cache that never hits is never stale");
}
