//! Programs that must not compile, and what the compiler says of them.
//!
//! A program is compiled with the very crates that its test was compiled with, so nothing is built for it: `trybuild`
//! builds all dependencies anew, which takes longer than most of the other tests together.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

mod words;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates of the test that calls it.
pub use cache_ui_flags::crates;

/// Set to `overwrite`, accepts what the compiler says.
const ACCEPT: &str = "UI";

/// Whether the compiler is the one in whose words expectations are that quote it.
#[must_use]
pub fn is_rustc(version: &str) -> bool {
    let output = Command::new(rustc()).arg("--version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).starts_with(&format!("rustc {version}."))
}

/// Compiles each program of a folder of the calling package with `crates`, and compares what the compiler says with the
/// file beside it.
///
/// # Panics
///
/// If one of them compiles, or the compiler says something else.
pub fn assert_refused(crates: &[&str], folder: &str) {
    let mut programs: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    programs.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    programs.sort();
    assert!(!programs.is_empty(), "no programs in {folder}");
    let wrong: Vec<String> = programs.iter().filter_map(|program| complaint(crates, program)).collect();
    assert!(wrong.is_empty(), "{}\nUI=overwrite accepts what the compiler says", wrong.join("\n"));
}

/// What is wrong with one program.
fn complaint(crates: &[&str], program: &Path) -> Option<String> {
    let output = Command::new(rustc())
        .arg(program)
        .args([
            "--edition=2024",
            "--crate-type=bin",
            "--emit=metadata",
            "-Awarnings",
            "--diagnostic-width=140",
        ])
        .arg("--out-dir")
        .arg(env::temp_dir())
        .args(crates)
        .output()
        .unwrap();
    let name = program.display();
    if output.status.success() {
        return Some(format!("{name} compiles"));
    }
    let said = words::normal(&String::from_utf8_lossy(&output.stderr), &name.to_string());
    let expectation = program.with_extension("stderr");
    if env::var_os(ACCEPT).is_some_and(|value| value == "overwrite") {
        fs::write(&expectation, &said).unwrap();
    }
    let expected = fs::read_to_string(&expectation).unwrap_or_default();
    (said != expected).then(|| format!("{name}: expected\n{expected}\nthe compiler says\n{said}"))
}

fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}
