//! What the tests are made with does what it says.
//!
//! They stand apart from the library, which would be built a second time with them, and is the longest to build.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

mod bursts;
mod histories;
mod hostile;
mod literal;
mod reads;
mod record;
mod rng;
mod settings;
mod writes;
