//! How much is run: little by default, more or one seed again by environment variables.

use std::env;
use std::ops::Range;

/// Which seeds are run, and how long each.
///
/// | variable | meaning |
/// |---|---|
/// | `ORACLE_SEEDS` | how many seeds, or a range `a..b` |
/// | `ORACLE_SEED` | this seed only |
/// | `ORACLE_STEPS` | steps of each seed |
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The seeds.
    pub seeds: Range<u64>,
    /// The steps of each.
    pub steps: usize,
}

impl Settings {
    /// What the environment says, else these.
    ///
    /// # Panics
    ///
    /// If a variable is set to something that is not understood.
    #[must_use]
    pub fn from_environment(seeds: u64, steps: usize) -> Self {
        let seeds = match (env::var("ORACLE_SEED"), env::var("ORACLE_SEEDS")) {
            (Ok(one), _) => single(&one),
            (_, Ok(many)) => range(&many),
            _ => Some(0..seeds),
        };
        let steps = env::var("ORACLE_STEPS").map_or(Some(steps), |steps| steps.parse().ok());
        Self {
            seeds: seeds.expect("ORACLE_SEED is a number, ORACLE_SEEDS a number or a range `a..b`"),
            steps: steps.expect("ORACLE_STEPS is a number"),
        }
    }
}

/// The one seed of a text.
#[must_use]
pub fn single(text: &str) -> Option<Range<u64>> {
    let seed = text.parse().ok()?;
    Some(seed..seed + 1)
}

/// The seeds of a text: a number of them, or a range.
#[must_use]
pub fn range(text: &str) -> Option<Range<u64>> {
    match text.split_once("..") {
        Some((from, to)) => Some(from.parse().ok()?..to.parse().ok()?),
        None => Some(0..text.parse().ok()?),
    }
}
