//! The engine of a query cache that invalidates itself. It knows no ORM.
//!
//! Data flows one way through the rooms; each uses only those above it.
//!
//! | room | what it is for |
//! |---|---|
//! | [`mark`] | the narrow waist: 64-bit marks |
//! | [`value`] | canonical values |
//! | [`schema`] | what the database looks like |
//! | [`entity`] | what the user declared |
//! | [`sql`] | text to plan |
//! | [`deps`] | plan, values and rows to watches and touches, and those to marks |
//! | [`log`] | positions, records, the index |
//! | [`store`] | bytes by key |
//! | `redis` | the log and the store that processes share (feature `redis`) |
//! | [`codec`] | values to bytes and back |
//! | [`cache`] | the front door |
//! | [`session`] | one statement's and one transaction's way |
//! | `runtime`, `duty` | where tasks run; what one of them does for all |
//! | `sync` | the cache for callers who block (feature `sync`) |

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod cache;
pub mod codec;
pub mod deps;
mod duty;
pub mod entity;
pub mod error;
pub mod log;
pub mod mark;
#[cfg_attr(not(feature = "mutations"), allow(unreachable_pub))]
#[cfg(not(feature = "mutations"))]
mod mutation;
#[cfg(feature = "mutations")]
pub mod mutation;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "redis", feature = "sync"))]
mod runtime;
pub mod schema;
pub mod session;
pub mod sql;
pub mod store;
#[cfg(feature = "sync")]
pub mod sync;
pub mod value;

pub use cache::{Cache, Policy, Skip};
pub use deps::Dep;
pub use entity::Declaration;
pub use error::{Error, ErrorKind, Result};
pub use mark::{Declared, Mark, Marks};
pub use store::EntryKey;
pub use value::Value;
