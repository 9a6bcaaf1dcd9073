//! What a new process waits for: a connection, and the log's records.

use std::hint::black_box;
use std::time::Instant;

use cache_core::{Cache, Marks};
use redis::{Value, cmd};

use super::raw::Raw;
use super::values::{USUAL, noise};
use super::{POLICY, Rig, hit, key, marks, read};
use crate::table::{Table, ratio, time};
use crate::turns::{Times, nanoseconds};

const RECORDS: [usize; 3] = [0, 1_000, 16_000];
/// Writes touch what was touched before: an index that has to forget marks makes old entries misses.
const TOUCHED: u64 = 1_000;
const ROUNDS: usize = 15;

/// Prints how long a new process takes to connect, and to serve an entry that is older than these records.
pub async fn print(rig: &Rig) {
    for records in RECORDS {
        prepare(rig, records).await;
    }
    let raw = rig.raw().await;
    let mut rounds = [const { Vec::new() }; RECORDS.len()];
    for _ in 0..ROUNDS {
        for (rounds, records) in rounds.iter_mut().zip(RECORDS) {
            rounds.push(measure(rig, &raw, records).await);
        }
    }
    let mut table = Table::new(["", "connect", "first read", "raw XRANGE of all", "first read / raw"]);
    for (rounds, records) in rounds.into_iter().zip(RECORDS) {
        let times = Times::new(rounds);
        let [connect, first, range] = [0, 1, 2].map(|call| time(times.median(call)));
        let name = format!("{records} records of ten marks");
        table.line([name, connect, first, range, ratio(times.ratio(1, 2))]);
    }
    table.print("a new process, whose first read is a hit on an entry older than the records");
}

fn prefix(records: usize) -> String {
    format!("bootstrap{records}")
}

async fn prepare(rig: &Rig, records: usize) {
    let cache = rig.cache(&prefix(records), "").await;
    // Records before the entry, so that there is a log in any case.
    publish(&cache, 1).await;
    read(&cache, key("bootstrap", 0), &noise(USUAL), &marks(0, 10)).await;
    publish(&cache, records).await;
}

/// One after the other: publications at the same time would share a record.
async fn publish(cache: &Cache, count: usize) {
    for number in 1..=count as u64 {
        cache.publish(Marks::clone(&marks(1 + number % TOUCHED, 10)), None).await.unwrap();
    }
}

/// Connecting, the first read, and what the bare client takes for the same records.
async fn measure(rig: &Rig, raw: &Raw, records: usize) -> [f64; 3] {
    let cache = rig.open(&prefix(records), "");
    let start = Instant::now();
    cache.connect().await.unwrap();
    let connected = start.elapsed();
    let start = Instant::now();
    drop(black_box(hit::<String>(&cache, key("bootstrap", 0), &POLICY).await));
    let first = start.elapsed();
    assert_eq!(cache.stats().store_hits, 1);
    let start = Instant::now();
    let log = format!("{}:log", prefix(records));
    drop(black_box(raw.ask::<Value>(cmd("XRANGE").arg(log).arg("-").arg("+")).await));
    [connected, first, start.elapsed()].map(nanoseconds)
}
