//! SeaORM and Diesel on one database and one cache server, and callers who block. Each private cache here stands for a
//! process of its own.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

mod histories;
mod misleading;
mod precision;
mod sqlite;
