//! Cached SeaORM queries that invalidate themselves.

mod codec;
mod connection;
mod introspect;
mod query;
mod rows;
mod scope_column;
mod schema_watch;
mod statement;
mod stream;
mod task;
mod transaction;
mod tripwire;
mod values;

pub use cache_core::Cache;
pub use codec::{CacheEntity, CacheValue};
pub use connection::CachedConnection;
pub use query::{
    CacheConnection, CacheExt, CacheLoad, CacheQuery, CacheRows, Cached, CachedPaginator, Form, Owned, Shared,
};
pub use stream::CachedStream;
pub use transaction::CachedTransaction;
pub use scope_column::ScopeColumn;
