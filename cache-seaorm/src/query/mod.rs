//! Cached reads.
//!
//! `.cached()` keeps SeaORM's builders as they are. What it returns runs the same statement on the same
//! connection, with a tracker that notes what the result depends on.
//!
//! | module | what it is for |
//! |---|---|
//! | `cached` | [`Cached`]: how one query is cached, in which form its result is handed out |
//! | `connection` | [`CacheConnection`]: what it runs on |
//! | `run` | the calls that run it |
//! | `read` | the one way of all of them through the cache |
//! | `probe`, `ask` | the statement of a query, which is its key |
//! | `select`, `groups`, `paginator`, `cursor`, `loader` | SeaORM's kinds of queries |

mod ask;
mod cached;
mod connection;
mod cursor;
mod groups;
mod loader;
mod paginator;
mod probe;
mod read;
mod run;
mod select;

pub use cached::{Cached, Form, Owned, Shared};
pub use connection::CacheConnection;
pub(crate) use connection::Reader;
pub use cursor::CachedCursor;
pub use loader::CacheLoad;
pub use paginator::CachedPaginator;
pub use select::{CacheQuery, CacheRows};

/// `.cached()` on queries.
pub trait CacheExt: CacheQuery {
    /// Reads through the cache.
    fn cached(self) -> Cached<Self> {
        Cached::new(self)
    }
}

impl<Q: CacheQuery> CacheExt for Q {}
