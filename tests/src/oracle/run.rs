//! One seed, and many.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::others::Others;
use super::plan::Plan;
use super::report::{Report, Share, Stale};
use crate::hostile::moment;
use crate::read::{Answer, Read};
use crate::rng::Rng;
use crate::subject::Source;
use crate::world::{Pool, Table, World};
use crate::write::{Kind, Step};

/// Where others begin to read is moved by so many reads each step.
const LOOKED_AT: usize = 5;

/// A read and what is known of its entry.
struct Watched {
    read: Read,
    tables: Vec<Table>,
    truth: Answer,
    source: Source,
    /// Whether time or chance decides what it shows.
    is_momentary: bool,
    /// Whether a second read right after the first one was a hit.
    is_stored: bool,
}

/// Runs one seed; ends at the first step after which a read is stale.
///
/// # Panics
///
/// If the database fails, or the seed's schema is wrong.
pub async fn run(seed: u64, plan: Plan) -> Report {
    let mut rng = Rng::new(seed);
    // Each has a sequence of its own: one more read does not change the writes.
    let (mut schema, mut reads, mut writes) = (rng.fork(), rng.fork(), rng.fork());
    let layout = plan.layout(&mut schema);
    let theme = layout.theme().clone();
    let world = World::open(layout, Pool::One, plan.caches, &mut schema).await.expect("the layout is valid");
    let world = world.reading_as(plan.life.policy());
    let mut report = Report { seeds: 1, ..Report::default() };
    let mut digest = DefaultHasher::new();
    world.layout().to_string().hash(&mut digest);

    let mut watched = Vec::with_capacity(plan.reads);
    for read in plan.reads(&theme, &mut reads) {
        read.to_string().hash(&mut digest);
        let truth = world.subject().truth(&read).await;
        let mut entry = Watched {
            tables: read.tables(),
            is_momentary: moment::is_in(&read.to_string()),
            read,
            truth,
            source: Source::Miss,
            is_stored: false,
        };
        // Filled, then hit.
        for _ in 0..2 {
            compare(&world, &mut entry, &mut report, |entry, got| {
                finding(seed, 0, &"none yet", &world, entry, got)
            })
            .await;
        }
        entry.is_stored = entry.source == Source::Hit;
        report.refused += u64::from(!entry.is_stored);
        watched.push(entry);
    }

    for number in 1..=plan.steps {
        let step = Step::random(plan.mix, &theme, &mut writes);
        step.to_string().hash(&mut digest);
        let before = world.state().await.expect("the database answers");
        let others = Others::new(&world, watched.iter().map(|entry| &entry.read), number * LOOKED_AT);
        let outcome = step.run(world.subject().connection(), &others).await;
        let changed = before.changed(&world.state().await.expect("the database answers"));
        let kind = if outcome.is_ok() { step.kind() } else { Kind::Failed };
        report.by_kind.entry(kind).or_default().writes += 1;
        for entry in &mut watched {
            let truth = world.subject().truth(&entry.read).await;
            let is_unchanged = truth == entry.truth && entry.is_stored;
            entry.truth = truth;
            compare(&world, entry, &mut report, |entry, got| {
                finding(seed, number, &step, &world, entry, got)
            })
            .await;
            if is_unchanged {
                let share = Share {
                    writes: 0,
                    unchanged: 1,
                    kept: u64::from(entry.source == Source::Hit),
                    kept_by_table: u64::from(!entry.tables.iter().any(|table| changed.contains(table))),
                };
                report.count(kind, entry.read.family(), &share);
                if share.kept == 0 {
                    report.losses.add(kind, world.subject().miss(), || format!("seed {seed}: {step}"));
                }
            }
        }
        if !report.stale.is_empty() {
            break;
        }
    }
    report.stretched += world.subject().stats().stale;
    report.digest = digest.finish();
    report
}

/// Reads through the cache, and keeps how it was answered.
async fn compare(
    world: &World,
    entry: &mut Watched,
    report: &mut Report,
    finding: impl FnOnce(&Watched, Answer) -> Stale,
) {
    let backend = world.layout().theme().backend();
    let _ = world.subject().miss();
    let (got, source) = world.subject().cached(&entry.read).await;
    entry.source = source;
    report.compared += 1;
    report.hits += u64::from(source == Source::Hit);
    let is_kept_too_long = entry.is_momentary && source == Source::Hit;
    if is_kept_too_long || !entry.read.agrees(backend, &got, &entry.truth) {
        let stale = finding(entry, got);
        report.stale.push(stale);
    }
}

fn finding(
    seed: u64,
    step: usize,
    write: &dyn ToString,
    world: &World,
    entry: &Watched,
    got: Answer,
) -> Stale {
    Stale {
        seed,
        step,
        write: write.to_string(),
        read: entry.read.to_string(),
        got,
        source: entry.source,
        expected: entry.truth.clone(),
        layout: world.layout().to_string(),
    }
}

/// Runs many seeds, on as many threads as there are cores; ends at the first seed with a stale read.
///
/// # Panics
///
/// If a seed does.
#[must_use]
pub fn run_all(seeds: Range<u64>, plan: Plan) -> Report {
    let _held = plan.backend.hold();
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be built");
        let mut report = Report::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || !report.stale.is_empty() {
                return report;
            }
            report.merge(runtime.block_on(run(seed, plan)));
            if !report.stale.is_empty() {
                next.store(seeds.end, Ordering::Relaxed);
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut total = Report::default();
    thread::scope(|scope| {
        // Unoptimised futures of generated code are large.
        let start = || thread::Builder::new().stack_size(32 << 20).spawn_scoped(scope, work);
        let workers: Vec<_> = (0..cores).map(|_| start().expect("a thread can be started")).collect();
        for worker in workers {
            match worker.join() {
                Ok(report) => total.merge(report),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    total
}
