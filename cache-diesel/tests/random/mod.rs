//! Random writes of every kind through two wrapped connections; after each, cached reads are compared with the database.

mod reads;
mod writes;

use std::fmt;
use std::ops::Range;

use crate::rng::Rng;
use crate::shop::Shop;

/// How many reads follow each write: those of the write before again, and as many others.
const READS: usize = 12;

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) compared: u64,
    pub(crate) hits: u64,
    pub(crate) writes: u64,
    /// Of the reads before a write whose result it did not change: how many, and how many of them were hits after it.
    pub(crate) same: u64,
    pub(crate) kept: u64,
}

/// A cached read that was not what the database says.
#[derive(Clone, Debug)]
pub(crate) struct Stale {
    seed: u64,
    step: usize,
    write: String,
    read: String,
    cached: String,
    truth: String,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, write, read, cached, truth } = self;
        write!(f, "seed {seed}, step {step}: after {write}, {read} gave\n{cached}\ninstead of\n{truth}")
    }
}

/// The test: `DIESEL_SEEDS=0..300` runs as many databases, `DIESEL_STEPS` as many writes in each.
pub(crate) fn no_cached_read_is_stale(seeds: Range<u64>) {
    let seeds = std::env::var("DIESEL_SEEDS").map_or(seeds, |range| {
        let (from, to) = range.split_once("..").unwrap();
        from.parse().unwrap()..to.parse().unwrap()
    });
    let steps = std::env::var("DIESEL_STEPS").map_or(100, |steps| steps.parse().unwrap());
    let seen = run(seeds, steps).unwrap_or_else(|stale| panic!("{stale}"));
    let share = seen.hits as f64 / seen.compared as f64;
    println!(
        "{} writes, {} compared reads, {:.1} % of them hits: 0 stale; kept of what a write did not change: {:.1} %",
        seen.writes,
        seen.compared,
        share * 100.0,
        seen.kept as f64 / seen.same as f64 * 100.0
    );
    assert!(share > 0.2, "a cache that never hits is never stale");
}

/// Runs these seeds, each in a database of its own.
pub(crate) fn run(seeds: Range<u64>, steps: usize) -> Result<Seen, Box<Stale>> {
    let mut seen = Seen::default();
    for seed in seeds {
        run_one(seed, steps, &mut seen)?;
    }
    Ok(seen)
}

fn run_one(seed: u64, steps: usize, seen: &mut Seen) -> Result<(), Box<Stale>> {
    let mut rng = Rng::new(seed);
    let shop = Shop::open();
    let mut conns = [shop.connect(), shop.connect()];
    let mut bare = shop.bare();
    let mut before: Vec<(reads::Read, String)> = Vec::new();
    for step in 0..steps {
        let writer = rng.below(2);
        let write = writes::run(&mut conns[writer], &mut rng);
        seen.writes += 1;
        let again = before.drain(..).map(|(read, truth)| (read, Some(truth)));
        let mut reads: Vec<_> = again.collect();
        let others = READS - reads.len();
        reads.extend((0..others).map(|_| (reads::pick(&mut rng), None)));
        for (place, (read, known)) in reads.into_iter().enumerate() {
            let hits = shop.cache.stats().hits;
            let cached = read.cached(&mut conns[rng.below(2)]);
            let is_hit = shop.cache.stats().hits > hits;
            seen.hits += u64::from(is_hit);
            seen.compared += 1;
            let truth = read.plain(&mut bare);
            if cached != truth {
                return Err(Box::new(Stale { seed, step, write, read: read.to_string(), cached, truth }));
            }
            if known.as_ref() == Some(&truth) {
                seen.same += 1;
                seen.kept += u64::from(is_hit);
            }
            if place >= READS / 2 {
                before.push((read, truth));
            }
        }
    }
    Ok(())
}
