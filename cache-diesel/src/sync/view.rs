//! A connection through which every read is cached, as the server sent it.

use std::vec;

use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, DefaultLoadingMode, Instrumentation, LoadConnection,
    SimpleConnection,
};
use diesel::expression::QueryMetadata;
use diesel::internal::derives::multiconnection::ConnectionSealed;
use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::ConnectionError;
use diesel::{ConnectionResult, PgConnection, QueryResult};

use super::CachedConnection;
use super::read::fetch_as;
use crate::backend::postgres::wire::{Answer, AsSent, StoredRow};
use crate::query::Cached;

/// A view of a connection: whatever is read through it is cached. Made by [`CachedConnection::cached`].
#[derive(Debug)]
pub struct View<'c> {
    conn: &'c mut CachedConnection<PgConnection>,
}

impl CachedConnection<PgConnection> {
    /// A connection through which every read is cached: `query.load::<T>(&mut conn.cached())`. The rows are kept as the
    /// server sent them, so `T` needs neither `Clone` nor serde, and every method of Diesel's that loads works; each hit
    /// reads its rows anew out of those bytes, where [`.cached()`](crate::CacheExt::cached) on the query hands out the values
    /// themselves. All results of one statement are one entry, whatever `T` is.
    ///
    /// Writes go through, and are never cached. So are reads in a transaction.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use cache_diesel::{Cache, CachedConnection};
    /// use diesel::prelude::*;
    ///
    /// diesel::table! { cake (id) { id -> BigInt, name -> Text, } }
    ///
    /// #[derive(Queryable)]
    /// struct Cake(i64, String);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bare = PgConnection::establish("postgres://localhost/shop")?;
    /// let mut conn = CachedConnection::new(bare, Cache::from_url("memory://")?)?;
    /// let cakes: Vec<Cake> = cake::table.load(&mut conn.cached())?;
    /// let again: Vec<Cake> = cake::table.load(&mut conn.cached().ttl(Duration::from_secs(60)))?;
    /// assert_eq!(cakes.len(), again.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn cached(&mut self) -> Cached<View<'_>> {
        Cached::new(View { conn: self })
    }
}

impl SimpleConnection for Cached<View<'_>> {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.query.conn.batch_execute(query)
    }
}

impl ConnectionSealed for Cached<View<'_>> {}

impl Connection for Cached<View<'_>> {
    type Backend = Pg;
    type TransactionManager = AnsiTransactionManager;

    /// A view is one of a connection, and cannot be established without.
    fn establish(_database_url: &str) -> ConnectionResult<Self> {
        let message = "a view of a connection cannot be established: call `cached()` on a `CachedConnection`";
        Err(ConnectionError::BadConnection(message.to_owned()))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        self.query.conn.execute_returning_count(source)
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        self.query.conn.transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.query.conn.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.query.conn.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.query.conn.set_prepared_statement_cache_size(size);
    }
}

impl LoadConnection for Cached<View<'_>> {
    type Cursor<'conn, 'query>
        = vec::IntoIter<QueryResult<StoredRow>>
    where
        Self: 'conn;
    type Row<'conn, 'query>
        = StoredRow
    where
        Self: 'conn;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        let conn = &mut *self.query.conn;
        let run = |source: T, conn: &mut CachedConnection<PgConnection>| {
            let mut answer = Answer::new();
            for row in LoadConnection::<DefaultLoadingMode>::load(conn, source)? {
                let row = row?;
                answer.push(&row);
            }
            Ok(answer)
        };
        let answer = fetch_as(conn, source, &self.options, |_| AsSent, run)?;
        Ok(answer.into_rows().map(Ok).collect::<Vec<_>>().into_iter())
    }
}
