//! What a user of the crate can rely on, on real SQLite files.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod around;
mod blocks;
#[allow(dead_code, reason = "a module that other tests share")]
mod database;
#[cfg(feature = "r2d2")]
mod documented;
mod failures;
mod functions;
#[cfg(feature = "r2d2")]
mod pools;
mod queries;
mod reads;
mod schema;
mod shop;
mod threads;
mod transactions;
mod transparency;
mod writes;
