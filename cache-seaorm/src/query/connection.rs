//! What `.cached()` reads run on.

use sea_orm::ConnectionTrait;

use crate::connection::CachedConnection;
use crate::transaction::CachedTransaction;

/// A connection that `.cached()` reads run on: [`CachedConnection`], or [`CachedTransaction`], in which they
/// bypass the cache.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no cache",
    label = "a cached read needs a `CachedConnection` or a `CachedTransaction`",
    note = "wrap the connection: `CachedConnection::new(connection, cache).await?`"
)]
pub trait CacheConnection: ConnectionTrait + Send + private::Sealed {
    #[doc(hidden)]
    fn reader(&self) -> Reader<'_>;
}

/// Where a cached read goes.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// Through the cache.
    Cached(&'a CachedConnection),
    /// To the database: a transaction may see what no other reader may.
    Bypass(&'a CachedTransaction),
}

impl CacheConnection for CachedConnection {
    fn reader(&self) -> Reader<'_> {
        Reader::Cached(self)
    }
}

impl CacheConnection for CachedTransaction {
    fn reader(&self) -> Reader<'_> {
        Reader::Bypass(self)
    }
}

mod private {
    pub trait Sealed {}
    impl Sealed for crate::connection::CachedConnection {}
    impl Sealed for crate::transaction::CachedTransaction {}
}
