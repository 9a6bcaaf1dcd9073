//! Concurrent writers on a server: every read shows a moment between its start and its end, and nothing is stale
//! once all is quiet.
//!
//! `ORACLE_SEEDS=<count or a..b>` runs more.

use cache_tests::backend::Backend;
use cache_tests::burst::run::{Outcome, Plan, run};
use cache_tests::oracle::Settings;

fn reads_show_a_moment_between_their_start_and_their_end(backend: Backend) {
    let Settings { seeds, steps } = Settings::from_environment(1, 60);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let _held = backend.hold();
    let mut outcome = Outcome::default();
    for seed in seeds {
        outcome.merge(runtime.block_on(run(seed, Plan { backend, bursts: 4, acts: steps })));
    }
    println!("{}: {outcome}", backend.name());
    outcome.assert_true();
    assert!(outcome.hits > 0, "no read was a hit while others wrote");
}

#[test]
fn reads_on_mariadb_show_a_moment_between_their_start_and_their_end() {
    reads_show_a_moment_between_their_start_and_their_end(Backend::MariaDb);
}

#[test]
fn reads_on_postgres_show_a_moment_between_their_start_and_their_end() {
    reads_show_a_moment_between_their_start_and_their_end(Backend::Postgres);
}
