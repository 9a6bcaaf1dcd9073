//! What only PostgreSQL has.

use cache_core::log::Fate;
use cache_core::session::{Identity, Reading};
use cache_core::{Result, Value, sync};
use diesel::associations::HasTable;
use diesel::connection::SimpleConnection;
use diesel::dsl::Update;
use diesel::expression::{MixedAggregates, ValidGrouping, is_aggregate};
use diesel::pg::{CopyFromQuery, GetPgMetadataCache, PgMetadataCache, TransactionBuilder};
use diesel::query_builder::{AsChangeset, IntoUpdateTarget};
use diesel::query_dsl::{LoadQuery, UpdateAndFetchResults};
use diesel::result::Error as DieselError;
use diesel::{ExecuteCopyFromDsl, PgConnection, QueryResult, RunQueryDsl, Table, sql_query};

use super::CachedConnection;
use super::cacheable::{Cacheable, rows};
use crate::backend::ask::Ask;
use crate::backend::postgres::catalog::{self, Transact};
use crate::observe::Text;

impl Cacheable for PgConnection {
    const BEGIN_EXCLUDING_WRITERS: &'static str = "BEGIN";

    fn identity(&mut self, _url: Option<&str>) -> Result<Identity> {
        sync::wait(catalog::identity(&mut Asked(self)))
    }

    fn is_replica(&mut self) -> Result<bool> {
        sync::wait(catalog::is_replica(&mut Asked(self)))
    }

    fn read_schema(&mut self) -> Result<Reading> {
        sync::wait(catalog::read(&mut Asked(self)))
    }

    fn schema_fingerprint(&mut self) -> Result<u64> {
        sync::wait(catalog::fingerprint(&mut Asked(self)))
    }

    fn transaction_number(&mut self) -> Option<String> {
        sync::wait(catalog::transaction(&mut Asked(self)))
    }

    fn fate(&mut self, number: u64) -> Option<Fate> {
        sync::wait(catalog::fate(&mut Asked(self), number))
    }
}

/// A connection that answers before it returns.
struct Asked<'a>(&'a mut PgConnection);

impl Ask for Asked<'_> {
    async fn rows(&mut self, query: &'static str) -> QueryResult<Vec<Vec<Value>>> {
        rows(self.0, sql_query(query))
    }
}

impl Transact for Asked<'_> {
    async fn again(&mut self, query: &'static str) -> QueryResult<Vec<Vec<Value>>> {
        rows(self.0, Text(query))
    }

    async fn once(&mut self, query: String) -> QueryResult<Vec<Vec<Value>>> {
        rows(self.0, sql_query(query))
    }

    async fn run(&mut self, sql: &'static str) -> QueryResult<()> {
        self.0.batch_execute(sql)
    }
}

impl CachedConnection<PgConnection> {
    /// Runs a transaction of a certain kind, as [`PgConnection::build_transaction`] does.
    ///
    /// ```no_run
    /// use cache_diesel::{Cache, CachedConnection};
    /// use diesel::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bare = PgConnection::establish("postgres://localhost/shop")?;
    /// let mut conn = CachedConnection::new(bare, Cache::from_url("memory://")?)?;
    /// let cakes = conn.build_transaction().serializable().run(|conn| {
    ///     diesel::sql_query("DELETE FROM cake WHERE is_eaten").execute(conn)
    /// })?;
    /// assert_eq!(cakes, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn build_transaction(&mut self) -> TransactionBuilder<'_, Self> {
        TransactionBuilder::new(self)
    }
}

impl GetPgMetadataCache for CachedConnection<PgConnection> {
    fn get_metadata_cache(&mut self) -> &mut PgMetadataCache {
        self.inner.get_metadata_cache()
    }
}

/// `COPY .. FROM`. Diesel does not show which table it fills before it does so: what it may have changed is found by its text.
impl<T, A> ExecuteCopyFromDsl<CachedConnection<PgConnection>> for CopyFromQuery<T, A>
where
    Self: ExecuteCopyFromDsl<PgConnection, Error: From<DieselError>>,
{
    type Error = <Self as ExecuteCopyFromDsl<PgConnection>>::Error;

    fn execute(self, conn: &mut CachedConnection<PgConnection>) -> Result<usize, Self::Error> {
        conn.ready()?;
        let watch = conn.watch.clone();
        let _expected = watch.expect();
        self.execute(conn.lend())
    }
}

/// `save_changes`. To forward it would run the statement on the connection inside.
impl<'b, Changes, Output> UpdateAndFetchResults<Changes, Output> for CachedConnection<PgConnection>
where
    Changes: Copy + AsChangeset<Target = <Changes as HasTable>::Table> + IntoUpdateTarget,
    Update<Changes, Changes>: LoadQuery<'b, Self, Output>,
    <Changes::Table as Table>::AllColumns: ValidGrouping<()>,
    <<Changes::Table as Table>::AllColumns as ValidGrouping<()>>::IsAggregate:
        MixedAggregates<is_aggregate::No, Output = is_aggregate::No>,
{
    fn update_and_fetch(&mut self, changeset: Changes) -> QueryResult<Output> {
        diesel::update(changeset).set(changeset).get_result(self)
    }
}
