//! A web service on PostgreSQL and Redis whose pages are cached and invalidate themselves.
//!
//! | module | what it is for |
//! |---|---|
//! | [`entity`] | the tables, and which columns select what a page shows |
//! | [`reads`], [`pages`] | what a page reads, and how it looks |
//! | [`writes`] | what readers and editors write |
//! | [`app`], [`failure`] | the routes, the connection, the answers without a page |
//! | [`monitor`] | what `/status` knows: hits, misses, what ended entries, statements at the database |
//! | [`database`], [`servers`] | tables and articles to begin with; servers of one's own |
//! | [`load`] | the same load with and without the cache, side by side |
//!
//! The first four are what an application is made of. No line of them invalidates anything.

#![allow(unreachable_pub, reason = "entities are public, as SeaORM writes them")]
#![allow(missing_docs, reason = "an application")]

pub mod app;
pub mod database;
pub mod entity;
pub mod failure;
pub mod load;
pub mod monitor;
pub mod pages;
pub mod reads;
pub mod servers;
pub mod writes;

/// Whatever can go wrong before there is a page to answer with.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
