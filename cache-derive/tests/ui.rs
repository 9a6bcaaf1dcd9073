//! Every misuse of the macros is an error that says how to mend it. What compiles is in the other tests.

use std::process::Command;

/// Whose words the expectations in `ui/fail/rustc` are.
const RUSTC: &str = "rustc 1.95.";

#[test]
fn misuse_is_an_error_that_says_what_to_do() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/fail/deps/*.rs");
    cases.compile_fail("tests/ui/fail/cached_query/*.rs");
    if version_of_rustc().starts_with(RUSTC) {
        cases.compile_fail("tests/ui/fail/rustc/*.rs");
    }
}

fn version_of_rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
