//! Cached Diesel queries that invalidate themselves.
//!
//! Wrap the connection, add `.cached()` to the reads worth it, and write as before. Whatever commits through the
//! wrapped connection makes exactly the affected results miss.
//!
//! ```
//! use cache_diesel::{Cache, CacheDeps, CacheExt, CachedConnection};
//! use diesel::connection::SimpleConnection;
//! use diesel::prelude::*;
//! use serde::{Deserialize, Serialize};
//!
//! diesel::table! { article (id) { id -> BigInt, title -> Text, category -> Text, } }
//!
//! #[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, Serialize, Deserialize, CacheDeps)]
//! #[diesel(table_name = article)]
//! struct Article {
//!     id: i64,
//!     title: String,
//!     #[cache(scope)]
//!     category: String,
//! }
//!
//! fn titles(conn: &mut CachedConnection<SqliteConnection>, category: &str) -> QueryResult<Vec<String>> {
//!     let articles = article::table.filter(article::category.eq(category)).select(Article::as_select());
//!     let articles = articles.cached().load::<Article, _>(conn)?;
//!     Ok(articles.into_iter().map(|article| article.title).collect())
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cache = Cache::from_url("memory://")?;
//! let mut conn = CachedConnection::new(SqliteConnection::establish(":memory:")?, cache)?;
//! conn.batch_execute("CREATE TABLE article (id BIGINT PRIMARY KEY, title TEXT NOT NULL, category TEXT NOT NULL)")?;
//!
//! let pins = Article { id: 1, title: "Pins".into(), category: "rust".into() };
//! diesel::insert_into(article::table).values(&pins).execute(&mut conn)?;
//! assert_eq!(titles(&mut conn, "rust")?, ["Pins"]);
//!
//! diesel::update(article::table.find(1)).set(article::title.eq("Pins and needles")).execute(&mut conn)?;
//! assert_eq!(titles(&mut conn, "rust")?, ["Pins and needles"]);
//! # Ok(())
//! # }
//! ```
//!
//! What the cache itself does is asynchronous; [`wait`] runs it on this thread: `wait(cache.invalidate(Dep::row("article",
//! [7])))`, `wait(cache.close())` at the end of the program.
//!
//! | module | what it is for |
//! |---|---|
//! | `sync` | [`CachedConnection`]: Diesel's own traits, for callers who block |
//! | `asynchronous` | [`AsyncCachedConnection`]: diesel-async's traits, for callers who do not (features `async-postgres`, `async-mysql`) |
//! | `backend` | bound values and returned rows of each backend as canonical values |
//! | `observe`, `rows` | statements and rows, seen on their way |
//! | `known` | statements that are known by their type or text |
//! | `query`, `value` | `.cached()`, and what can be cached |
//! | `deps` | what models declare |
//! | `explain`, `error` | explanations; refusals, the cache's and the database's |
//!
//! # What is prepared
//!
//! The wrapper shares the connection's prepared statements. Diesel prepares anew, each time, what may have any number of
//! texts: every UPDATE, and what holds a list of values. On SQLite, and on PostgreSQL if it returns no rows, the wrapper
//! prepares such a write once if its text comes again, and no more than 64 of them on each connection.
//! `set_prepared_statement_cache_size(CacheSize::Disabled)` ends both.
//!
//! # What Diesel has and the wrapper has not
//!
//! Diesel hard-wires two things to its own connection types. Run them on
//! [`inner_mut`](CachedConnection::inner_mut), which finds their writes by the text:
//!
//! - on SQLite, a batch insert whose rows have defaults and are returned (`get_results` of a `Vec` of values);
//! - on PostgreSQL, `copy_to(..).load(..)`.
//!
//! What belongs to a connection of one kind is called on `inner_mut` too: SQLite's functions and aggregates
//! (`register_impl`), `register_collation` and `serialize_database_to_buffer`, PostgreSQL's `notifications_iter` (`LISTEN`
//! and `NOTIFY` go through the wrapper). `deserialize_readonly_database_from_buffer` makes another database of the
//! connection: call it before the connection is wrapped. Instrumentation is set on the wrapper.
//!
//! Diesel's `TestCustomizer` begins its transaction before the connection is attached, which is refused: call
//! [`AttachTo`]'s `on_acquire` in a customizer of your own, and then `begin_test_transaction`.
//!
//! An [`AsyncCachedConnection`] keeps the connection inside to itself. Take its `cancel_token` before it is wrapped, and
//! `LISTEN` on another. On SQLite, diesel-async's `SyncConnectionWrapper` runs a [`CachedConnection`]: what is written
//! through it counts, and reads are cached in its `spawn_blocking`.
//!
//! On MariaDB and MySQL Diesel does not tell the number that the database chose for a row: an insert without its key is
//! one of an unknown key. The view `query.load(&mut conn.cached())` is not there. `ROW_COUNT()` and `FOUND_ROWS()` are those
//! of the last statement on the connection, which may be the wrapper's own; `LAST_INSERT_ID()` is as ever. Through
//! diesel-async a result is read to its end before its first row is handed out.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "sqlite", feature = "postgres-backend", feature = "mysql-backend")))]
compile_error!(
    "no database is chosen: add the feature `sqlite`, `postgres`, `mysql`, `async-postgres` or `async-mysql`"
);

#[cfg(any(feature = "async-mysql", feature = "async-postgres"))]
mod asynchronous;
mod backend;
mod deps;
mod error;
mod explain;
mod known;
mod observe;
mod query;
mod rows;
mod sync;
mod value;

#[cfg(all(
    any(feature = "deadpool", feature = "bb8"),
    any(feature = "async-mysql", feature = "async-postgres")
))]
pub use asynchronous::attach_to;
#[cfg(any(feature = "async-mysql", feature = "async-postgres"))]
pub use asynchronous::{AsyncBlock, AsyncCacheable, AsyncCachedConnection};
#[cfg(feature = "async-postgres")]
pub use asynchronous::{AsyncTransactionBuilder, AsyncView};
pub use backend::CacheBackend;
#[cfg(any(feature = "postgres", feature = "async-postgres"))]
pub use backend::postgres::wire::{StoredField, StoredRow};
pub use cache_core::session::BeforeImages;
pub use cache_core::sync::wait;
pub use cache_core::{Cache, Declaration, Dep, EntryKey, Error, ErrorKind, Policy, Result, Skip};
pub use cache_derive::{CacheDeps, cached_query};
pub use deps::{CacheDeps, ScopeColumn};
pub use explain::Explained;
#[cfg(any(feature = "async-mysql", feature = "async-postgres"))]
pub use query::{AsyncCacheExt, Awaited};
pub use query::{Blocking, CacheExt, Cached, Form, Owned, Shared};
#[cfg(feature = "r2d2")]
pub use sync::AttachTo;
#[cfg(feature = "postgres")]
pub use sync::View;
pub use sync::{Block, Cacheable, CachedBlock, CachedConnection, Cursor};
pub use value::CacheValue;

/// What the cache tells: events, sources, numbers.
pub mod cache {
    pub use cache_core::cache::{Event, Inspection, MissReason, Reason, Source, Stats, Subscription};
    pub use cache_core::session::{Explanation, ReadExplanation, WriteExplanation};
}

/// What the derives' output names.
#[doc(hidden)]
pub mod __private {
    pub use crate::deps::table_name;
    pub use cache_core::entity::Registered;
    pub use {diesel, inventory};
}
