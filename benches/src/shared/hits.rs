//! Hits in the store: this process has no typed value, and the server sends the entry.

use std::hint::black_box;
use std::sync::Arc;

use cache_core::codec::Codec;
use cache_core::{Cache, Marks};

use super::raw::Raw;
use super::values::{USUAL, noise, rows};
use super::{CALLERS, Cached, POLICY, Rig, hit, key, marks, read};
use crate::table::{Bound, Table, ratio, time};
use crate::turns::{Call, Times, take};

/// A process that keeps no typed values, so that each of its hits comes from the store.
const NO_VALUES: &str = "max=1";

/// Prints hits of a text, by its dependencies and by how many ask at once, and of a list. The bound is on what a raw
/// GET of the same bytes takes, those of the entry with its dependencies.
pub async fn print(rig: &Rig, runtime: &str) {
    let columns = [
        "",
        "ours",
        "raw GET, entry",
        "raw GET, value",
        "by hand",
        "ours / raw, entry",
        "ours / raw, value",
        "by hand / raw, value",
        "bound",
    ];
    let mut table = Table::new(columns);
    for callers in CALLERS {
        for dependencies in [1, 10, 100, 1_000] {
            let bound = match dependencies {
                1 | 10 => Bound::AtMost(1.10),
                1_000 => Bound::AtMost(1.50),
                _ => Bound::None,
            };
            let name = format!("{dependencies} dependencies, {callers} callers");
            line(&mut table, name, &measure(rig, callers, dependencies, &noise(USUAL)).await, bound);
        }
        let name = format!("a list, 10 dependencies, {callers} callers");
        line(&mut table, name, &measure(rig, callers, 10, &rows()).await, Bound::None);
    }
    table.print(&format!("hit in the store, {USUAL} bytes, {runtime}"));
}

fn line(table: &mut Table, name: String, times: &Times<4>, bound: Bound) {
    let [ours, entry, raw, by_hand] = [0, 1, 2, 3].map(|call| time(times.median(call)));
    let to_entry = times.ratio(0, 1);
    let [entry_ratio, raw_ratio, other] = [to_entry, times.ratio(0, 2), times.ratio(3, 2)].map(ratio);
    let bound = bound.of(to_entry.median);
    table.line([name, ours, entry, raw, by_hand, entry_ratio, raw_ratio, other, bound]);
}

async fn measure<T: Cached>(rig: &Rig, callers: usize, dependencies: usize, value: &T) -> Times<4> {
    let cache = rig.cache("hits", NO_VALUES).await;
    let raw = rig.raw().await;
    let kind = format!("{dependencies} {}", std::any::type_name::<T>());
    // Callers of one key would share its flight, and none of the others does.
    for caller in 0..callers {
        let key = key(&kind, caller);
        read(&cache, key, value, &marks(caller as u64, dependencies)).await;
        raw.set(&name("same", caller), &raw.get(&format!("hits:e:{key}")).await.unwrap()).await;
        raw.set(&name("raw", caller), &cache.codec::<T>().encode(value).unwrap()).await;
        raw.set_json(&name("json", caller), value).await;
    }
    // Entries with nothing published since are valid at a glance; those of an application seldom are.
    cache.publish(Marks::clone(&marks(u64::MAX, 1)), None).await.unwrap();
    let calls = [ours::<T>(&cache, kind), bare(&raw, "same"), bare(&raw, "raw"), by_hand::<T>(&raw)];
    let times = take(callers, &calls).await;
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.joined, stats.bypasses), (0, 0, 0), "{stats:?}");
    times
}

fn ours<T: Cached>(cache: &Cache, kind: String) -> Call {
    let keys: Arc<[_]> = (0..128).map(|caller| key(&kind, caller)).collect();
    let cache = cache.clone();
    Call::new(move |caller| {
        let (cache, key) = (cache.clone(), keys[caller]);
        async move { drop(black_box(hit::<T>(&cache, key, &POLICY).await)) }
    })
}

fn bare(raw: &Raw, kind: &'static str) -> Call {
    let raw = raw.clone();
    Call::new(move |caller| {
        let raw = raw.clone();
        async move { drop(black_box(raw.get(&name(kind, caller)).await.unwrap())) }
    })
}

fn by_hand<T: Cached>(raw: &Raw) -> Call {
    let raw = raw.clone();
    Call::new(move |caller| {
        let raw = raw.clone();
        async move { drop(black_box(raw.get_json::<T>(&name("json", caller)).await.unwrap())) }
    })
}

/// As long as the name of an entry.
fn name(kind: &str, caller: usize) -> String {
    format!("{kind}:{caller:032x}")
}
