//! Bounded hits in this process: nobody is asked.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use cache_core::cache::{Consistency, Policy};
use cache_core::{Cache, EntryKey};
use futures_util::future::FutureExt;
use tokio::runtime::Builder;

use super::values::{USUAL, noise};
use super::{POLICY, Rig, hit, key, marks, read};
use crate::table::{Bound, Table, time};
use crate::turns::{Times, nanoseconds};

const ROUNDS: usize = 300;
const CALLS: u32 = 1_000;

/// Prints hits of one entry by an explicit key, by one thread and by two.
pub async fn print(rig: &Rig) {
    let columns = ["", "load", "get", "memory://, load", "clock, get, clone", "quick_cache", "bound"];
    let mut table = Table::new(columns);
    for threads in [1, 2] {
        let times = measure(rig, threads).await;
        let [load, get, memory, floor, quick] = [0, 1, 2, 3, 4].map(|call| time(times.median(call)));
        let name = format!("{threads} threads");
        table.line([name, load, get, memory, floor, quick, Bound::AtMost(100.0).of_time(times.median(0))]);
    }
    table.print("bounded hit in this process, explicit key, head unchanged");
}

/// What no bounded hit can do without, by hand: a look at the clock, an entry that says when it ends, and its value.
#[derive(Clone)]
struct Held {
    value: Arc<String>,
    ends: Instant,
}

async fn measure(rig: &Rig, threads: usize) -> Times<5> {
    let bounded = Policy::new().consistency(Consistency::Bounded(Duration::from_secs(60)));
    let (key, value) = (key("bounded", 0), noise(USUAL));
    let cache = rig.cache("bounded", "").await.with_policy(bounded.clone());
    let memory = Cache::from_url("memory://?private").unwrap();
    read(&cache, key, &value, &marks(1, 10)).await;
    read(&memory, key, &value, &marks(1, 10)).await;
    confirmed(&cache, key, &bounded).await;
    let quick = quick_cache::sync::Cache::<u128, Arc<String>>::new(1_000);
    quick.insert(7, Arc::new(value.clone()));
    let held = quick_cache::sync::Cache::<u128, Arc<Held>>::new(1_000);
    held.insert(
        7,
        Arc::new(Held { value: Arc::new(value), ends: Instant::now() + Duration::from_secs(600) }),
    );
    let by_hand = || {
        let (now, held) = (Instant::now(), held.get(black_box(&7)).unwrap());
        (now < held.ends).then(|| (Arc::clone(&held.value), held))
    };

    let before = cache.stats();
    let times = in_threads(threads, async |start| {
        [
            repeat(start, async || drop(black_box(hit::<String>(&cache, black_box(key), &bounded).await)))
                .await,
            repeat(start, async || drop(black_box(cache.get::<String>(black_box(key)).await.unwrap()))).await,
            repeat(start, async || drop(black_box(hit::<String>(&memory, black_box(key), &POLICY).await)))
                .await,
            repeat(start, async || drop(black_box(by_hand()))).await,
            repeat(start, async || drop(black_box(quick.get(black_box(&7))))).await,
        ]
    });
    let after = cache.stats();
    let calls = u64::from(CALLS) * 2 * (ROUNDS * threads) as u64;
    assert_eq!(after.hits - before.hits, calls, "{after:?}");
    times
}

/// Waits until the log's head is known without asking: until then, a hit waits for the server, which may happen to
/// have answered the fetch of another.
async fn confirmed(cache: &Cache, key: EntryKey, policy: &Policy) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !(0..CALLS).all(|_| hit::<String>(cache, key, policy).now_or_never().is_some()) {
        assert!(Instant::now() < deadline, "the tail does not confirm the head");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What one call takes, in nanoseconds, while all threads make the same one.
async fn repeat(begin: &Barrier, call: impl AsyncFn()) -> f64 {
    begin.wait();
    let start = Instant::now();
    for _ in 0..CALLS {
        call().await;
    }
    nanoseconds(start.elapsed()) / f64::from(CALLS)
}

/// The rounds of all threads.
fn in_threads<const N: usize>(threads: usize, round: impl AsyncFn(&Barrier) -> [f64; N] + Sync) -> Times<N> {
    let barrier = Barrier::new(threads);
    let rounds = || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        (0..ROUNDS).map(|_| runtime.block_on(round(&barrier))).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(rounds)).collect();
        Times::new(threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect())
    })
}
