//! The adapter on real SQLite files.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(unreachable_pub, reason = "entities look as users write them")]

mod blocks;
mod by_hand;
mod cancellation;
mod database;
mod deferred;
mod disabled;
mod entity_deps;
mod failures;
mod hooks;
mod reads;
mod savepoints;
mod schema;
mod shop;
mod stretched;
mod transactions;
mod transparency;
mod tripwire;
mod writes;
