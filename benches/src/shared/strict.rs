//! Strict hits in this process: only the log's head is asked for.

use std::hint::black_box;

use super::values::noise;
use super::{CALLERS, POLICY, Rig, hit, key, marks, read};
use crate::table::{Bound, Table, ratio, time};
use crate::turns::{Call, Times, take};

/// Prints hits of one entry, by its size and by how many ask at once.
pub async fn print(rig: &Rig, runtime: &str) {
    let mut table = Table::new(["", "ours", "raw GET", "ours / raw", "bound"]);
    for bytes in [1 << 10, 4 << 10, 16 << 10] {
        for callers in CALLERS {
            let bound = match callers {
                1 => Bound::AtMost(1.05),
                // Twice the throughput.
                128 => Bound::AtMost(0.5),
                _ => Bound::None,
            };
            let times = measure(rig, callers, bytes).await;
            let [ours, raw] = [0, 1].map(|call| time(times.median(call)));
            let to_raw = times.ratio(0, 1);
            let name = format!("{} KiB, {callers} callers", bytes >> 10);
            table.line([name, ours, raw, ratio(to_raw), bound.of(to_raw.median)]);
        }
    }
    table.print(&format!("strict hit in this process, {runtime}"));
}

async fn measure(rig: &Rig, callers: usize, bytes: usize) -> Times<2> {
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
    let bare = Call::new(move |_| {
        let raw = raw.clone();
        async move { drop(black_box(raw.get("raw").await.unwrap())) }
    });
    let times = take(callers, &[ours, bare]).await;
    let after = cache.stats();
    assert_eq!((after.store_hits, after.bypasses), (before.store_hits, 0), "{after:?}");
    times
}
