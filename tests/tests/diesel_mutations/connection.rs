//! Connections of Diesel, to whichever database.

use cache_diesel::{CacheExt, CachedConnection, Policy};
use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::result::Error;
use diesel::{MysqlConnection, PgConnection, QueryResult, RunQueryDsl, SqliteConnection, sql_query};

use crate::cells::Cells;

/// Who runs texts.
pub(crate) trait Sql: Send {
    /// Its rows; in some order of their own if the text does not say which.
    fn read(&mut self, text: &str) -> QueryResult<Vec<Cells>>;
    fn write(&mut self, text: &str) -> QueryResult<usize>;
    fn batch(&mut self, text: &str) -> QueryResult<()>;
}

/// What is run in a block or a transaction.
pub(crate) type Body<'b, T> = &'b mut dyn FnMut(&mut dyn Wrapped) -> QueryResult<T>;

/// One that is wrapped.
pub(crate) trait Wrapped: Sql {
    fn cached_as(&mut self, text: &str, policy: Policy) -> QueryResult<Vec<Cells>>;
    fn block(&mut self, policy: Policy, body: Body<'_, Vec<Cells>>) -> QueryResult<Vec<Cells>>;
    fn transaction(&mut self, body: Body<'_, ()>) -> QueryResult<()>;
    /// From now on its user's instrumentation panics when a statement has been run.
    fn panic_after_statements(&mut self);

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
