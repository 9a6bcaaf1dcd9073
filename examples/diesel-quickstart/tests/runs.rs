//! The program as it is started by hand.

use std::process::Command;

#[test]
fn the_example_runs_to_its_end() {
    let ended = Command::new(env!("CARGO_BIN_EXE_diesel-quickstart")).status();
    assert!(ended.is_ok_and(|status| status.success()));
}
