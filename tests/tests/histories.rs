//! Several processes read and write at once while things break; every read was true at some moment between its start
//! and its end.
//!
//! `HISTORY_FAULTS=<count>` and `HISTORY_SECONDS=<count>` run longer, `HISTORY_SEED=<number>` draws other faults.

use std::path::Path;
use std::time::Duration;

use cache_tests::history::check::{Fence, Writes};
use cache_tests::history::fault::Fault;
use cache_tests::history::run::{Outcome, Plan, Reads, apart};
use cache_tests::history::worker::Caching;

const BOUND: Duration = Duration::from_millis(200);

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_history_worker"))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn assert_true(outcome: &Outcome) {
    println!("{outcome}");
    outcome.assert_true();
    assert!(outcome.verdict.counts.hits > 100, "nothing is shown by a cache that never hits: {outcome}");
}

/// That a fault of the cache is found is as important as that none is.
fn assert_caught(outcome: &Outcome) {
    println!("{outcome}");
    assert!(!outcome.verdict.violations.is_empty(), "{outcome}");
}

#[test]
fn strict_reads_are_true_whatever_breaks() {
    assert_true(&Plan::from_environment(1, 20, seconds(30)).run(program()));
}

#[test]
fn bounded_reads_are_no_older_than_the_bound_whatever_breaks() {
    let plan = Plan::from_environment(2, 10, seconds(10));
    assert_true(&Plan { reads: Reads::Bounded(BOUND), ..plan }.run(program()));
}

#[test]
fn strict_writes_are_seen_whatever_breaks() {
    let plan = Plan::from_environment(3, 10, seconds(10));
    assert_true(&Plan { writes: Writes::Strict, ..plan }.run(program()));
}

#[test]
fn without_a_cache_every_read_is_true() {
    let outcome = apart(program(), 1, &Caching::Off, seconds(2));
    println!("{outcome}");
    outcome.assert_true();
    assert!(outcome.verdict.reads > 100, "{outcome}");
}

#[test]
fn processes_that_share_no_log_are_caught() {
    assert_caught(&apart(program(), 1, &Caching::Url("memory://".to_owned()), seconds(2)));
}

#[test]
fn a_server_whose_data_goes_back_in_time_unnoticed_is_caught() {
    let plan = Plan {
        kinds: &[Fault::Failover, Fault::RestartWithOldData],
        options: "&identity=trust",
        ..Plan::short(4, 6)
    };
    assert_caught(&plan.run(program()));
}

#[test]
fn bounded_reads_are_caught_where_strict_ones_are_promised() {
    let reads = Reads::Bounded(BOUND);
    let plan = Plan { kinds: &[Fault::Slow], reads, fence: Fence::Off, ..Plan::short(5, 10) };
    let (faults, mut history) = plan.history(program());
    history.rules.bound = 0;
    assert_caught(&Outcome { seed: plan.seed, faults, verdict: history.check() });
}

#[test]
fn writers_that_die_without_a_fence_are_caught() {
    let options = "&fence=nobody";
    assert_caught(
        &Plan { kinds: &[Fault::KillBeforePublication], options, ..Plan::short(6, 6) }.run(program()),
    );
}
