//! Publications: what a write pays, by how many entries depend on what it touches.

use std::sync::Arc;
use std::time::Instant;

use cache_core::{Cache, Marks};
use futures_util::stream::{self, StreamExt};

use super::raw::Raw;
use super::values::{USUAL, noise};
use super::{CALLERS, Rig, key, marks, read};
use crate::table::{Bound, Table, ratio, time};
use crate::turns::{Call, Times, nanoseconds, take};

const DEPENDENTS: [usize; 3] = [1, 100, 10_000];
const ROUNDS: usize = 25;
/// Those of one seed depend on one mark.
const SEED: u64 = 1;
const OTHER: u64 = 2;

/// Prints publications by the number of dependents, and by how many publish at once.
pub async fn print(rig: &Rig) {
    print_by_dependents(rig).await;
    print_by_callers(rig).await;
}

async fn print_by_dependents(rig: &Rig) {
    let (ours, by_hand) = measure_dependents(rig).await;
    let mut table =
        Table::new(["", "ours", "by hand, DEL", "ours / with one", "by hand / with one", "bound"]);
    for (place, dependents) in DEPENDENTS.into_iter().enumerate() {
        let (our_ratio, their_ratio) = (ours.ratio(place, 0), by_hand.ratio(place, 0));
        let times = [&ours, &by_hand].map(|times| time(times.median(place)));
        let [our_time, their_time] = times;
        let bound = Bound::AtMost(1.2).of(our_ratio.median);
        let name = format!("{dependents} dependents");
        table.line([name, our_time, their_time, ratio(our_ratio), ratio(their_ratio), bound]);
    }
    table.print("publication of one mark, every dependent stored and valid");
}

async fn print_by_callers(rig: &Rig) {
    let (cache, raw) = (rig.cache("publishers", "").await, rig.raw().await);
    let mut table = Table::new(["", "ours", "raw SET", "ours / raw"]);
    for callers in CALLERS {
        let times = measure_callers(&cache, &raw, callers).await;
        let [ours, bare] = [0, 1].map(|call| time(times.median(call)));
        table.line([format!("{callers} callers"), ours, bare, ratio(times.ratio(0, 1))]);
    }
    table.print("publication of ten marks");
}

async fn measure_callers(cache: &Cache, raw: &Raw, callers: usize) -> Times<2> {
    let cache = cache.clone();
    let touched: Arc<[_]> = (0..callers as u64).map(|caller| marks(caller, 10)).collect();
    let ours = Call::new(move |caller| {
        let (cache, marks) = (cache.clone(), Marks::clone(&touched[caller]));
        async move {
            cache.publish(marks, None).await.unwrap();
        }
    });
    let raw = raw.clone();
    let bare = Call::new(move |caller| {
        let raw = raw.clone();
        async move { raw.set(&format!("publication:{caller}"), &[7; 100]).await }
    });
    take(callers, &[ours, bare]).await
}

/// Each round stores the dependents anew, and then times the end of each group, in turn.
async fn measure_dependents(rig: &Rig) -> (Times<3>, Times<3>) {
    let raw = rig.raw().await;
    let value = noise(USUAL);
    let groups = groups(rig).await;
    let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (cache, keys) in &groups {
            fill(cache, keys.len(), &value).await;
            set(&raw, keys, value.as_bytes()).await;
        }
        let (mut published, mut deleted) = ([0.0; 3], [0.0; 3]);
        for turn in 0..groups.len() {
            let place = (round + turn) % groups.len();
            let (cache, keys) = &groups[place];
            published[place] = time_publication(cache).await;
            deleted[place] = time_deletion(&raw, keys).await;
        }
        ours.push(published);
        by_hand.push(deleted);
    }
    (Times::new(ours), Times::new(by_hand))
}

async fn groups(rig: &Rig) -> Vec<(Cache, Vec<String>)> {
    let group = async |count| {
        let names = (0..count).map(|number| format!("dependent:{count}:{number:024x}"));
        (rig.cache(&format!("publication{count}"), "max=1").await, names.collect())
    };
    stream::iter(DEPENDENTS).then(group).collect().await
}

/// A publication of something else comes first, so that connection and script are as warm for each group.
async fn time_publication(cache: &Cache) -> f64 {
    cache.publish(Marks::clone(&marks(OTHER, 1)), None).await.unwrap();
    let touched = Marks::clone(&marks(SEED, 1));
    let start = Instant::now();
    cache.publish(touched, None).await.unwrap();
    nanoseconds(start.elapsed())
}

async fn time_deletion(raw: &Raw, keys: &[String]) -> f64 {
    raw.delete(&["something else".to_owned()]).await;
    let start = Instant::now();
    raw.delete(keys).await;
    nanoseconds(start.elapsed())
}

async fn fill(cache: &Cache, count: usize, value: &String) {
    let marks = marks(SEED, 1);
    let store = |number| read(cache, key("dependent", number), value, &marks);
    let before = cache.stats().fills;
    stream::iter(0..count).map(store).buffer_unordered(256).for_each(|outcome| async { drop(outcome) }).await;
    assert_eq!(cache.stats().fills - before, count as u64);
}

async fn set(raw: &Raw, keys: &[String], value: &[u8]) {
    stream::iter(keys).for_each_concurrent(256, |key| raw.set(key, value)).await;
}
