//! The connections that can be wrapped.

use cache_core::log::Fate;
use cache_core::session::{Identity, Reading};
#[cfg(feature = "sqlite")]
use cache_core::{Error, ErrorKind};
use cache_core::{Result, Value};
use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, Connection, LoadConnection};
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::row::Row;
use diesel::sql_types::Untyped;

use crate::backend::{CacheBackend, value_at};

/// A connection of Diesel's that can be cached.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be wrapped by `CachedConnection`",
    note = "Diesel's own `SqliteConnection`, `PgConnection` and `MysqlConnection` can, with the features `sqlite`, `postgres` and `mysql`",
    note = "let a pool hold cached connections instead of wrapping a pooled one"
)]
pub trait Cacheable:
    Connection<Backend: CacheBackend, TransactionManager = AnsiTransactionManager>
    + LoadConnection
    + private::Sealed
    + 'static
{
    /// Begins a transaction that no other writer can come into.
    #[doc(hidden)]
    const BEGIN_EXCLUDING_WRITERS: &'static str;

    /// Which database it is; the URL is that by which it was established, if it is known.
    #[doc(hidden)]
    fn identity(&mut self, url: Option<&str>) -> Result<Identity>;

    /// Whether its server follows another one, which it may lag behind, as far as the server tells.
    #[doc(hidden)]
    fn is_replica(&mut self) -> Result<bool> {
        Ok(false)
    }

    /// Reads the schema.
    #[doc(hidden)]
    fn read_schema(&mut self) -> Result<Reading>;

    /// Reads the fingerprint of the schema alone.
    #[doc(hidden)]
    fn schema_fingerprint(&mut self) -> Result<u64>;

    /// The number of the transaction that is open, if it has written and the database numbers them.
    #[doc(hidden)]
    fn transaction_number(&mut self) -> Option<String> {
        None
    }

    /// What became of the transaction of this number; none if the database does not know.
    #[doc(hidden)]
    fn fate(&mut self, number: u64) -> Option<Fate> {
        let _ = number;
        None
    }
}

/// All rows of a query.
pub(super) fn rows<C, T>(connection: &mut C, query: T) -> QueryResult<Vec<Vec<Value>>>
where
    C: Cacheable,
    T: Query<SqlType = Untyped> + QueryFragment<C::Backend> + QueryId,
{
    let rows = LoadConnection::load(connection, query)?;
    rows.map(|row| {
        let row = row?;
        Ok((0..row.field_count()).map(|place| value_at::<C::Backend, _>(&row, place)).collect())
    })
    .collect()
}

#[cfg(feature = "sqlite")]
pub(super) fn failed(error: diesel::result::Error) -> Error {
    Error::new(ErrorKind::Schema, "the schema of the database could not be read").with_source(error)
}

mod private {
    pub trait Sealed {}
    #[cfg(feature = "mysql")]
    impl Sealed for diesel::MysqlConnection {}
    #[cfg(feature = "postgres")]
    impl Sealed for diesel::PgConnection {}
    #[cfg(feature = "sqlite")]
    impl Sealed for diesel::SqliteConnection {}
}
