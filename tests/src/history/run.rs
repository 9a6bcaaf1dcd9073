//! One run, and what it prints.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::check::{Fence, History, Rules, Verdict, Writes};
use super::stage::Stage;
use super::table::Scopes;
use super::worker::{Caching, Role, Settings};

/// What came out of a run.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What was injected, and how often.
    pub faults: BTreeMap<String, u64>,
    /// What the reads were worth.
    pub verdict: Verdict,
}

/// Runs processes that share a database and nothing else, without faults: each has the cache of this URL for
/// itself.
#[must_use]
pub fn apart(program: &Path, seed: u64, cache: &Caching, seconds: Duration) -> Outcome {
    let mut stage = Stage::new(program);
    for role in [Role::Both, Role::Both, Role::Reader] {
        let settings = Settings {
            process: 0,
            seed: seed + stage.workers().len() as u64,
            cache: cache.clone(),
            folder: stage.folder().to_owned(),
            role,
            scopes: Scopes::Groups,
            dies_before_commit: None,
        };
        stage.start(settings);
    }
    thread::sleep(seconds);
    stage.look();
    let rules = Rules { bound: 0, lag: u64::from(u32::MAX), fence: Fence::Off, writes: Writes::Owed };
    let verdict = History { rules, processes: stage.finish() }.check();
    Outcome { seed, faults: BTreeMap::new(), verdict }
}

impl Outcome {
    /// Panics if a read was wrong.
    ///
    /// # Panics
    ///
    /// That is what it is for.
    pub fn assert_true(&self) {
        let violations = &self.verdict.violations;
        let first: Vec<String> = violations.iter().take(5).map(ToString::to_string).collect();
        assert!(
            violations.is_empty(),
            "seed {}: {} violations, of which the first are\n\n{}",
            self.seed,
            violations.len(),
            first.join("\n")
        );
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { reads, direct, counts, violations } = &self.verdict;
        writeln!(
            f,
            "seed {}: {} reads and {} writes, {} writes without effect; {reads} results judged, {} hits, {direct} direct \
             reads; slowest operation {:?}; {} violations",
            self.seed,
            counts.reads,
            counts.writes,
            counts.without_effect,
            counts.hits,
            Duration::from_nanos(counts.slowest),
            violations.len()
        )?;
        for (fault, count) in &self.faults {
            writeln!(f, "{count:>6}  {fault}")?;
        }
        Ok(())
    }
}
