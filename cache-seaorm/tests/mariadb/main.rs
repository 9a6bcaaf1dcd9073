//! The adapter on MariaDB: what it promises on SQLite it promises here.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(unreachable_pub, reason = "entities look as users write them")]

#[path = "../seaorm/blocks.rs"]
mod blocks;
#[path = "../seaorm/by_hand.rs"]
mod by_hand;
mod database;
mod failures;
#[path = "../seaorm/reads.rs"]
mod reads;
#[path = "../seaorm/savepoints.rs"]
mod savepoints;
#[allow(dead_code, reason = "the tests of SQLite use more of it")]
#[path = "../seaorm/shop.rs"]
mod shop;
#[path = "../seaorm/transactions.rs"]
mod transactions;
#[path = "../seaorm/transparency.rs"]
mod transparency;
#[path = "../seaorm/writes.rs"]
mod writes;
