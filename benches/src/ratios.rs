//! Figures that criterion wrote, side by side.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// The median time of one benchmark in nanoseconds.
fn median(folder: &Path, group: &str, name: &str) -> Option<f64> {
    let file = folder.join(group).join(name).join("new").join("estimates.json");
    let estimates: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
    estimates.get("median")?.get("point_estimate")?.as_f64()
}

/// Prints a table: each benchmark of the group with its median and its ratio to the first.
pub fn print(folder: &Path, group: &str, names: &[&str]) {
    let Some(base) = names.first().and_then(|name| median(folder, group, name)) else { return };
    println!("\n{group}");
    for name in names {
        if let Some(time) = median(folder, group, name) {
            println!("  {name:<44} {:>12} {:>10.3}x", duration(time), time / base);
        }
    }
}

/// What a call leaves to be done after it has returned is paid by the next one: by one of its own kind.
async fn second<T>(call: &impl AsyncFn() -> T) -> Duration {
    black_box(call().await);
    let start = Instant::now();
    black_box(call().await);
    start.elapsed()
}

/// Times two calls in turn, so that both meet the machine in the same mood, and prints their medians.
pub async fn paired<T, U>(name: &str, one: impl AsyncFn() -> T, other: impl AsyncFn() -> U) {
    const ROUNDS: usize = 3_000;
    const ENOUGH: Duration = Duration::from_secs(4);
    let (mut ones, mut others) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    let began = Instant::now();
    while ones.len() < ROUNDS && began.elapsed() < ENOUGH {
        ones.push(second(&one).await);
        others.push(second(&other).await);
    }
    ones.sort_unstable();
    others.sort_unstable();
    let nanoseconds = |times: &[Duration]| times[times.len() / 2].as_nanos() as f64;
    let (one, other) = (nanoseconds(&ones), nanoseconds(&others));
    println!("  {name:<36} bare {:>10}  wrapped {:>10}  {:.3}x", duration(one), duration(other), other / one);
}

pub(crate) fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        time if time < 1e3 => format!("{time:.0} ns"),
        time if time < 1e6 => format!("{:.2} us", time / 1e3),
        time => format!("{:.2} ms", time / 1e6),
    }
}
