//! The connections of diesel-async that can be wrapped.

use std::future::Future;
use std::sync::Arc;

use cache_core::{Cache, Result};
use diesel::connection::CacheSize;
use diesel_async::{AnsiTransactionManager, AsyncConnection, AsyncConnectionCore};

use super::attached::Attached;
use super::turns::Turns;
use crate::backend::CacheBackend;

/// A connection of diesel-async that can be cached.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be wrapped by `AsyncCachedConnection`",
    note = "diesel-async's own `AsyncPgConnection` and `AsyncMysqlConnection` can, with the features `async-postgres` and `async-mysql`",
    note = "let a pool hold cached connections instead of wrapping a pooled one"
)]
pub trait AsyncCacheable:
    AsyncConnection<TransactionManager = AnsiTransactionManager>
    + AsyncConnectionCore<Backend: CacheBackend>
    + private::Sealed
    + 'static
{
    /// How it is held by all that runs on it.
    #[doc(hidden)]
    type Held: Send + Sync + 'static;

    #[doc(hidden)]
    fn hold(self) -> Self::Held;

    /// What it has when it is attached to this cache. What is being read of the schema is read to its end.
    #[doc(hidden)]
    fn attach(
        held: &Arc<Self::Held>,
        turns: &Turns,
        cache: &Cache,
    ) -> impl Future<Output = Result<Attached>> + Send;

    /// Reads the schema if it has changed.
    #[doc(hidden)]
    fn keep_up(
        held: &Arc<Self::Held>,
        turns: &Turns,
        attached: &Arc<Attached>,
    ) -> impl Future<Output = ()> + Send;

    /// Reads the schema, whatever is known of it.
    #[doc(hidden)]
    fn refresh(
        held: &Arc<Self::Held>,
        turns: &Turns,
        attached: &Arc<Attached>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// How many prepared statements it keeps. To be called when nothing runs on it.
    #[doc(hidden)]
    fn resize(held: &mut Self::Held, size: CacheSize);

    /// Whether nothing can be run on it any more. To be called when nothing runs on it.
    #[doc(hidden)]
    #[cfg(any(feature = "deadpool", feature = "bb8"))]
    fn is_broken(held: &mut Self::Held) -> bool;
}

mod private {
    pub trait Sealed {}
    #[cfg(feature = "async-mysql")]
    impl Sealed for diesel_async::AsyncMysqlConnection {}
    #[cfg(feature = "async-postgres")]
    impl Sealed for diesel_async::AsyncPgConnection {}
}
