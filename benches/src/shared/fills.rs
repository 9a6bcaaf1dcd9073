//! Misses: looked for, loaded from nowhere, stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::values::{USUAL, noise};
use super::{CALLERS, Rig, key, marks, read};
use crate::table::{Table, ratio, time};
use crate::turns::{Call, Times, take};

/// Prints fills of new keys, by how many ask at once.
pub async fn print(rig: &Rig, runtime: &str) {
    let mut table = Table::new([
        "",
        "ours",
        "raw GET, SET",
        "by hand",
        "raw GET",
        "ours / raw GET, SET",
        "ours / by hand",
    ]);
    for callers in CALLERS {
        let times = measure(rig, callers).await;
        let [ours, raw, by_hand, get] = [0, 1, 2, 3].map(|call| time(times.median(call)));
        let ratios = [times.ratio(0, 1), times.ratio(0, 2)].map(ratio);
        let [to_raw, to_hand] = ratios;
        table.line([format!("{callers} callers"), ours, raw, by_hand, get, to_raw, to_hand]);
    }
    table.print(&format!("fill, {USUAL} bytes, 10 dependencies, {runtime}"));
}

async fn measure(rig: &Rig, callers: usize) -> Times<4> {
    let (cache, raw) = (rig.cache(&format!("fills{callers}"), "").await, rig.raw().await);
    let (value, marks) = (Arc::new(noise(USUAL)), marks(1, 10));
    let counter = AtomicUsize::new(0);
    let (filled, loaded) = (cache.clone(), Arc::clone(&value));
    let ours = Call::new(move |_| {
        let (cache, value, marks) = (filled.clone(), Arc::clone(&loaded), Arc::clone(&marks));
        let key = key("fill", counter.fetch_add(1, Ordering::Relaxed));
        async move { drop(read(&cache, key, &*value, &marks).await) }
    });
    let (client, loaded, next) = (raw.clone(), Arc::clone(&value), numbered("raw", callers));
    let bare = Call::new(move |_| {
        let (raw, value, key) = (client.clone(), Arc::clone(&loaded), next());
        async move {
            assert!(raw.get(&key).await.is_none());
            raw.set(&key, value.as_bytes()).await;
        }
    });
    let (client, next) = (raw.clone(), numbered("json", callers));
    let by_hand = Call::new(move |_| {
        let (raw, value, key) = (client.clone(), Arc::clone(&value), next());
        async move {
            assert!(raw.get_json::<String>(&key).await.is_none());
            raw.set_json(&key, &*value).await;
        }
    });
    let get = Call::new(move |_| {
        let raw = raw.clone();
        async move { drop(raw.get("nothing").await) }
    });
    let times = take(callers, &[ours, bare, by_hand, get]).await;
    let stats = cache.stats();
    assert_eq!((stats.fills, stats.bypasses), (stats.misses, 0), "{stats:?}");
    times
}

/// A new name at each call.
fn numbered(kind: &str, callers: usize) -> impl Fn() -> String + Send + Sync + 'static {
    let (kind, counter) = (format!("{kind}{callers}"), AtomicUsize::new(0));
    move || format!("{kind}:{:032x}", counter.fetch_add(1, Ordering::Relaxed))
}
