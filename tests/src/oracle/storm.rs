//! Readers and writers at once, on several threads and connections; once all is quiet nothing may be stale.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::others::Others;
use super::plan::Plan;
use super::report::{Report, Stale};
use crate::read::Read;
use crate::rng::Rng;
use crate::world::{Pool, World};
use crate::write::Step;

const WRITERS: usize = 3;
const READERS: usize = 3;

/// How long a write that nobody waits for may take to be published.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs one seed: the plan's steps are divided among the writers.
///
/// # Panics
///
/// If the database fails, or the seed's schema is wrong.
pub async fn storm(seed: u64, plan: Plan) -> Report {
    let mut rng = Rng::new(seed);
    let layout = plan.layout(&mut rng);
    let theme = layout.theme().clone();
    // What a connection did last differs between the connections of a pool.
    let of_a_connection = |read: &Read| {
        let text = read.to_string();
        text.contains("last_insert_rowid") || text.contains("changes(")
    };
    let reads = plan.reads(&theme, &mut rng).into_iter().filter(|read| !of_a_connection(read));
    let reads: Arc<Vec<Read>> = Arc::new(reads.collect());
    let pool = Pool::Several((WRITERS + READERS) as u32);
    let world = World::open(layout, pool, plan.caches, &mut rng).await.expect("the layout is valid");
    let world = Arc::new(world.reading_as(plan.life.policy()));

    let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
    for _ in 0..WRITERS {
        let (world, reads) = (Arc::clone(&world), Arc::clone(&reads));
        let (theme, mut rng) = (theme.clone(), rng.fork());
        writers.spawn(async move {
            let others = Others::new(&world, reads.iter(), 0);
            for _ in 0..plan.steps / WRITERS {
                // Writers lock each other out; who gives up has written nothing.
                let step = Step::random(plan.mix, &theme, &mut rng);
                let _ = step.run(world.subject().connection(), &others).await;
            }
        });
    }
    let done = Arc::new(AtomicBool::new(false));
    for _ in 0..READERS {
        let (world, reads, done, mut rng) =
            (Arc::clone(&world), Arc::clone(&reads), Arc::clone(&done), rng.fork());
        readers.spawn(async move {
            while !done.load(Ordering::Relaxed) {
                world.subject().cached(&reads[rng.below(reads.len())]).await;
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.expect("a writer does not panic");
    }
    done.store(true, Ordering::Relaxed);
    while let Some(reader) = readers.join_next().await {
        reader.expect("a reader does not panic");
    }

    let mut report = Report { seeds: 1, ..Report::default() };
    for read in reads.iter() {
        report.compared += 1;
        report.stale.extend(check(seed, &world, read).await);
    }
    report
}

/// A difference that lasts is stale; one that goes was a write on its way that nobody waited for.
async fn check(seed: u64, world: &World, read: &Read) -> Option<Stale> {
    let backend = world.layout().theme().backend();
    let wait = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    loop {
        let expected = world.subject().truth(read).await;
        let (got, source) = world.subject().cached(read).await;
        if read.agrees(backend, &got, &expected) {
            return None;
        }
        if waited >= PATIENCE {
            let (read, layout) = (read.to_string(), world.layout().to_string());
            let write = "the storm".to_owned();
            return Some(Stale { seed, step: 0, write, read, got, source, expected, layout });
        }
        tokio::time::sleep(wait).await;
        waited += wait;
    }
}
