//! One run, and what it prints.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use super::check::{Fence, History, Rules, Verdict, Writes};
use super::cluster::Cluster;
use super::event::Moment;
use super::fault::Fault;
use super::stage::Stage;
use super::table::Scopes;
use super::worker::{Caching, Role, Settings};
use crate::rng::Rng;

/// How entries end that nothing ends; short, or what is owed for ever could not be judged.
const TIME_TO_LIVE: Duration = Duration::from_secs(3);
/// How much longer an entry is of use to those who stretch its life, whoever has stored it.
pub(super) const STRETCH: Duration = Duration::from_millis(500);

/// How long a load may take between its look at the database and its end.
const LOAD: Duration = Duration::from_secs(1);

/// What is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// What everything is drawn from; threads and processes take their own turns all the same.
    pub seed: u64,
    /// So many faults at least.
    pub faults: usize,
    /// So long at least.
    pub time: Duration,
    /// Which faults.
    pub kinds: &'static [Fault],
    /// What is promised of reads.
    pub reads: Reads,
    /// Further options of the cache URL, each after a `&`.
    pub options: &'static str,
    /// What happens to writes while the log is out of reach.
    pub writes: Writes,
    /// Whether commits are fenced.
    pub fence: Fence,
}

/// What is promised of reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// They show every write that has returned.
    Strict,
    /// They show every write that returned that long ago.
    Bounded(Duration),
}

impl Plan {
    /// Strict reads, with this seed, this many faults and this time, unless the environment says otherwise.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `HISTORY_SEED` | the seed |
    /// | `HISTORY_FAULTS` | so many faults at least |
    /// | `HISTORY_SECONDS` | so long at least |
    ///
    /// # Panics
    ///
    /// If a variable is set to something that is not understood.
    #[must_use]
    pub fn from_environment(seed: u64, faults: usize, time: Duration) -> Self {
        Self {
            seed: variable("HISTORY_SEED").unwrap_or(seed),
            faults: variable("HISTORY_FAULTS").unwrap_or(faults),
            time: variable("HISTORY_SECONDS").map_or(time, Duration::from_secs),
            ..Self::short(seed, faults)
        }
    }

    /// Strict reads, with this seed and this many faults, whatever the environment says.
    #[must_use]
    pub fn short(seed: u64, faults: usize) -> Self {
        Self {
            seed,
            faults,
            time: Duration::ZERO,
            kinds: &Fault::ALL,
            reads: Reads::Strict,
            options: "",
            writes: Writes::Owed,
            fence: Fence::On,
        }
    }

    /// Runs processes that share a server while one fault follows the other, and judges what they read.
    ///
    /// # Panics
    ///
    /// If a process hangs, or a server cannot be started.
    #[must_use]
    pub fn run(&self, program: &Path) -> Outcome {
        let (faults, history) = self.history(program);
        Outcome { seed: self.seed, faults, verdict: history.check() }
    }

    /// The same without the verdict. Every kind of fault comes once before one comes again.
    ///
    /// # Panics
    ///
    /// If a process hangs, or a server cannot be started.
    #[must_use]
    pub fn history(&self, program: &Path) -> (BTreeMap<Fault, u64>, History) {
        let (mut rng, mut faults) = (Rng::new(self.seed), BTreeMap::new());
        let mut cluster = Cluster::start(program, &self.options(), rng.fork());
        let mut open: Vec<Fault> = Vec::new();
        let (start, mut injected) = (Instant::now(), 0);
        while injected < self.faults || start.elapsed() < self.time {
            if open.is_empty() {
                open.extend(self.kinds);
            }
            let fault = open.swap_remove(rng.below(open.len()));
            cluster.suffer(fault);
            *faults.entry(fault).or_default() += 1;
            injected += 1;
        }
        (faults, History { rules: self.rules(), processes: cluster.finish() })
    }

    fn options(&self) -> String {
        let mut options = format!("timeout=300ms&lease=500ms&ttl={}s", TIME_TO_LIVE.as_secs());
        if let Reads::Bounded(bound) = self.reads {
            options += &format!("&consistency=bounded:{}ms", bound.as_millis());
        }
        if self.writes == Writes::Strict {
            options += "&strict_writes";
        }
        if self.fence == Fence::Off {
            options += "&fence=nobody";
        }
        options + self.options
    }

    fn rules(&self) -> Rules {
        let bound = match self.reads {
            Reads::Strict => Duration::ZERO,
            Reads::Bounded(bound) => bound,
        };
        let nanoseconds = |duration: Duration| duration.as_nanos() as Moment;
        let lag = nanoseconds(TIME_TO_LIVE + STRETCH + LOAD);
        // Without a fence the log may go between the question whether it is there and the publication.
        let writes = match self.fence {
            Fence::On => self.writes,
            Fence::Off => Writes::Owed,
        };
        Rules { bound: nanoseconds(bound), lag, fence: self.fence, writes }
    }
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// What came out of a run.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What was injected, and how often.
    pub faults: BTreeMap<Fault, u64>,
    /// What the reads were worth.
    pub verdict: Verdict,
}

/// Runs processes that share a database and nothing else, without faults: each has the cache of this URL for
/// itself.
#[must_use]
pub fn apart(program: &Path, seed: u64, cache: &Caching, time: Duration) -> Outcome {
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
    thread::sleep(time);
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
            "seed {}: {} reads and {} writes, {} writes without effect; {reads} results judged, {} hits and {} of expired entries, {direct} direct \
             reads; slowest operation {:?}; {} violations",
            self.seed,
            counts.reads,
            counts.writes,
            counts.without_effect,
            counts.hits,
            counts.stale,
            Duration::from_nanos(counts.slowest),
            violations.len()
        )?;
        for (fault, count) in &self.faults {
            writeln!(f, "{count:>6}  {fault:?}")?;
        }
        Ok(())
    }
}
