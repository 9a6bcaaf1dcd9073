//! The statement of a query, before it runs.
//!
//! SeaORM's selectors, paginators and cursors show neither their statement nor can they be cloned. So they are
//! run once on a connection that answers nothing and notes what it is asked: that is exactly the text that
//! the database would get, with its values.

use std::cell::Cell;
use std::future::Future;

use async_trait::async_trait;
use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};

/// A connection that notes what it is asked.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Probe(DbBackend);

thread_local! {
    static ASKED: Cell<Option<Statement>> = const { Cell::new(None) };
}

impl Probe {
    /// The probe of this database.
    pub(super) fn of(backend: DbBackend) -> &'static Self {
        match backend {
            DbBackend::MySql => &Probe(DbBackend::MySql),
            DbBackend::Postgres => &Probe(DbBackend::Postgres),
            _ => &Probe(DbBackend::Sqlite),
        }
    }
}

/// What the future asks of the probe that it was made with.
///
/// # Errors
/// What the future returns; an error too if it asks nothing.
pub(super) fn statement_of<T>(asking: impl Future<Output = Result<T, DbErr>>) -> Result<Statement, DbErr> {
    ASKED.take();
    // The probe never waits, so one poll on this thread is the whole run.
    let answered = asking.now_or_never();
    let asked = ASKED.take();
    if let Some(Err(error)) = answered {
        return Err(error);
    }
    asked.ok_or_else(|| DbErr::Custom("the query has no statement of its own".to_owned()))
}

fn refused() -> DbErr {
    DbErr::Custom("only a query can be cached".to_owned())
}

#[async_trait]
impl ConnectionTrait for Probe {
    fn get_database_backend(&self) -> DbBackend {
        self.0
    }

    async fn execute_raw(&self, _statement: Statement) -> Result<ExecResult, DbErr> {
        Err(refused())
    }

    async fn execute_unprepared(&self, _sql: &str) -> Result<ExecResult, DbErr> {
        Err(refused())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        ASKED.set(Some(statement));
        Ok(None)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        ASKED.set(Some(statement));
        Ok(Vec::new())
    }
}
