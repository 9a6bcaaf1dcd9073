//! `cargo bench -p cache-benches --no-default-features --bench shared`: the shared cache, every figure beside what it is compared with.
//!
//! A word after `--` selects what is measured: `hits`, `strict`, `bounded`, `fills`, `publications`, `memory`,
//! `bootstrap`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]

use cache_benches::shared::{Rig, bootstrap, bounded, fills, hits, memory, publications, strict};
use tokio::runtime::{Builder, Runtime};

fn main() {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let two = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let one = Builder::new_current_thread().enable_all().build().unwrap();
    println!("times are medians; in parentheses the quartiles of the rounds' own ratios");
    for (runtime, name) in [(&two, "two workers"), (&one, "current thread")] {
        if wanted("hits") {
            on(runtime, async |rig| hits::print(rig, name).await);
        }
        if wanted("strict") {
            on(runtime, async |rig| strict::print(rig, name).await);
        }
        if wanted("fills") {
            on(runtime, async |rig| fills::print(rig, name).await);
        }
    }
    if wanted("bounded") {
        on(&two, bounded::print);
    }
    if wanted("publications") {
        on(&two, publications::print);
    }
    if wanted("memory") {
        on(&two, memory::print);
    }
    if wanted("bootstrap") {
        on(&two, bootstrap::print);
    }
}

/// Each subject has an empty server of its own.
fn on(runtime: &Runtime, measure: impl AsyncFn(&Rig)) {
    runtime.block_on(measure(&Rig::start()));
}
