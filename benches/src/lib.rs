//! Benchmarks whose figures are ratios: each subject is measured in one run beside what it is compared with.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]

pub mod blog;
pub mod ratios;
