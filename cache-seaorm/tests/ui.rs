//! What a user can forget says how to mend it.

use std::process::Command;

/// Whose words the expectations are.
const RUSTC: &str = "rustc 1.95.";

#[test]
fn mistakes_say_how_to_mend_them() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    if String::from_utf8_lossy(&version.stdout).starts_with(RUSTC) {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    }
}
