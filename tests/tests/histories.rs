//! Several processes read and write at once; every read was true at some moment between its start and its end.

use std::path::Path;
use std::time::Duration;

use cache_tests::history::run::apart;
use cache_tests::history::worker::Caching;

const SECONDS: Duration = Duration::from_secs(2);

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_history_worker"))
}

#[test]
fn without_a_cache_every_read_is_true() {
    let outcome = apart(program(), 1, &Caching::Off, SECONDS);
    println!("{outcome}");
    outcome.assert_true();
    assert!(outcome.verdict.reads > 100, "{outcome}");
}

#[test]
fn processes_that_share_no_log_are_caught() {
    let outcome = apart(program(), 1, &Caching::Url("memory://".to_owned()), SECONDS);
    println!("{outcome}");
    assert!(!outcome.verdict.violations.is_empty(), "{outcome}");
}
