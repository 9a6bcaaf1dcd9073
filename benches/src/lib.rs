//! Benchmarks whose figures are ratios: each subject is measured in one run beside what it is compared with.
//!
//! | part | what it is for |
//! |---|---|
//! | `blog` (feature `orms`), [`ratios`] | a cache in one process, against the database: `--bench ratios` |
//! | [`turns`], [`table`] | calls timed in turn; how their times are shown beside their bounds |
//! | [`shared`] | a cache in Redis, against the bare client: `--bench shared` |

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]

#[cfg(feature = "orms")]
pub mod blog;
pub mod ratios;
pub mod shared;
pub mod table;
pub mod turns;
