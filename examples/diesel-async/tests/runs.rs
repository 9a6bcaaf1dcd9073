//! The program as it is started by hand, on servers that it starts itself.

use std::process::Command;

#[test]
fn the_example_runs_to_its_end() {
    let mut example = Command::new(env!("CARGO_BIN_EXE_diesel-async-example"));
    let ended = example.env_remove("DATABASE_URL").env_remove("CACHE_URL").status();
    assert!(ended.is_ok_and(|status| status.success()));
}
