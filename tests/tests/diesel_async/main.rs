//! What a user of diesel-async can rely on, on a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod cancelled;
mod database;
mod documented;
mod everywhere;
mod functions;
mod kills;
mod known;
mod looked;
#[path = "../diesel_postgres/mood.rs"]
mod mood;
mod pipelined;
mod pools;
mod promises;
mod random;
mod replicas;
mod shop;
mod values;
mod view;
