//! Connections of Diesel to whichever database, which run texts.

mod cells;
pub mod misleading;

use cache_diesel::{CacheExt, CachedConnection, Policy};
use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::result::Error;
use diesel::{MysqlConnection, PgConnection, QueryResult, RunQueryDsl, SqliteConnection, sql_query};

pub use cells::Cells;

/// Who runs texts.
pub trait Sql: Send {
    /// Its rows, in an order of their own if the text does not say which.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn read(&mut self, text: &str) -> QueryResult<Vec<Cells>>;
    /// Runs one statement.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn write(&mut self, text: &str) -> QueryResult<usize>;
    /// Runs one or several, which are not prepared.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn batch(&mut self, text: &str) -> QueryResult<()>;
}

/// What is run in a block or a transaction.
pub type Body<'b, T> = &'b mut dyn FnMut(&mut dyn Wrapped) -> QueryResult<T>;

/// One that is wrapped.
pub trait Wrapped: Sql {
    /// Its rows through the cache.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn cached_as(&mut self, text: &str, policy: Policy) -> QueryResult<Vec<Cells>>;
    /// Runs a block through the cache. All have one key.
    ///
    /// # Errors
    ///
    /// What the block returns.
    fn block(&mut self, policy: Policy, body: Body<'_, Vec<Cells>>) -> QueryResult<Vec<Cells>>;
    /// Runs a transaction, or a savepoint in one.
    ///
    /// # Errors
    ///
    /// What it returns.
    fn transaction(&mut self, body: Body<'_, ()>) -> QueryResult<()>;
    /// From now on its user's instrumentation panics when a statement has been run.
    fn panic_after_statements(&mut self);

    /// Reads the schema again, as after a migration around the wrapper.
    fn refresh_schema(&mut self);

    /// Its rows through the cache.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn cached(&mut self, text: &str) -> QueryResult<Vec<Cells>> {
        self.cached_as(text, Policy::new())
    }
}

fn in_order(text: &str, mut rows: Vec<Cells>) -> Vec<Cells> {
    if !text.contains("ORDER BY") {
        rows.sort();
    }
    rows
}

macro_rules! connections {
    ($($connection:ty),*) => {$(
        connections! { sql $connection }
        connections! { sql CachedConnection<$connection> }

        impl Wrapped for CachedConnection<$connection> {
            fn cached_as(&mut self, text: &str, policy: Policy) -> QueryResult<Vec<Cells>> {
                Ok(in_order(text, sql_query(text).cached().policy(policy).load(self)?))
            }

            fn block(&mut self, policy: Policy, body: Body<'_, Vec<Cells>>) -> QueryResult<Vec<Cells>> {
                self.cached_query("the block").policy(policy).run(|conn| body(conn))
            }

            fn transaction(&mut self, body: Body<'_, ()>) -> QueryResult<()> {
                Connection::transaction::<_, Error, _>(self, |conn| body(conn))
            }

            fn refresh_schema(&mut self) {
                Self::refresh_schema(self).unwrap();
            }

            fn panic_after_statements(&mut self) {
                self.set_instrumentation(|event: InstrumentationEvent<'_>| {
                    assert!(!matches!(event, InstrumentationEvent::FinishQuery { .. }), "it was asked for");
                });
            }
        }
    )*};
    (sql $connection:ty) => {
        impl Sql for $connection {
            fn read(&mut self, text: &str) -> QueryResult<Vec<Cells>> {
                Ok(in_order(text, sql_query(text).load(self)?))
            }

            fn write(&mut self, text: &str) -> QueryResult<usize> {
                sql_query(text).execute(self)
            }

            fn batch(&mut self, text: &str) -> QueryResult<()> {
                self.batch_execute(text)
            }
        }
    };
}

connections! { SqliteConnection, PgConnection, MysqlConnection }
