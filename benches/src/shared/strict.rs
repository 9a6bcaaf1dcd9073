//! Strict hits in this process: only the log's head is asked for.

use std::hint::black_box;

use super::raw::SharedGet;
use super::values::noise;
use super::{CALLERS, POLICY, Rig, hit, key, marks, read};
use crate::table::{Bound, Table, ratio, time};
use crate::turns::{Call, Times, take};

/// Prints hits of one entry, by its size and by how many ask at once, beside callers who share GETs of something as small
/// as a head by hand.
pub async fn print(rig: &Rig, runtime: &str) {
    let mut table =
        Table::new(["", "ours", "raw GET", "a GET, shared", "ours / raw", "shared / raw", "bound"]);
    for bytes in [1 << 10, 4 << 10, 16 << 10] {
        for callers in CALLERS {
            let bound = match callers {
                1 => Bound::AtMost(1.05),
                // Twice the throughput.
                128 => Bound::AtMost(0.5),
                _ => Bound::None,
            };
            let times = measure(rig, callers, bytes).await;
            let [ours, raw, shared] = [0, 1, 2].map(|call| time(times.median(call)));
            let (to_raw, floor) = (times.ratio(0, 1), times.ratio(2, 1));
            let name = format!("{} KiB, {callers} callers", bytes >> 10);
            table.line([name, ours, raw, shared, ratio(to_raw), ratio(floor), bound.of(to_raw.median)]);
        }
    }
    table.print(&format!("strict hit in this process, {runtime}"));
}

async fn measure(rig: &Rig, callers: usize, bytes: usize) -> Times<3> {
    let (cache, raw) = (rig.cache("strict", "").await, rig.raw().await);
    let (key, value) = (key("strict", bytes), noise(bytes));
    read(&cache, key, &value, &marks(1, 10)).await;
    raw.set("raw", value.as_bytes()).await;
    let before = cache.stats();
    let asked = cache.clone();
    let ours = Call::new(move |_| {
        let cache = asked.clone();
        async move { drop(black_box(hit::<String>(&cache, key, &POLICY).await)) }
    });
    // As small as a head.
    raw.set("head", &[b'0'; 48]).await;
    let shared = SharedGet::start(raw.clone(), "head");
    let by_hand = Call::new(move |_| {
        let shared = shared.clone();
        async move { drop(black_box(shared.get().await)) }
    });
    let bare = Call::new(move |_| {
        let raw = raw.clone();
        async move { drop(black_box(raw.get("raw").await.unwrap())) }
    });
    let times = take(callers, &[ours, bare, by_hand]).await;
    let after = cache.stats();
    assert_eq!((after.store_hits, after.bypasses), (before.store_hits, 0), "{after:?}");
    times
}
