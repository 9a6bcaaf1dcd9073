//! The seam: the only place that knows the cache under test.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_core::Declaration;
use cache_core::session::Database;
use cache_seaorm::{Cache, CacheExt, CachedConnection};
use sea_orm::{DatabaseConnection, DbErr, FromQueryResult, QueryResult, SelectorRaw, Statement};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::cached::ThroughCache;
use crate::gate::Gate;
use crate::read::{Answer, Order, Read, cells};

/// The connection that writes go through.
pub type Connection = CachedConnection;

/// How a cached read was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Without a question to the database.
    Hit,
    /// From the database.
    Miss,
}

/// A wrapped connection with a cache of its own.
#[derive(Debug)]
pub struct Subject {
    connection: Connection,
    statements: Arc<AtomicU64>,
}

impl Subject {
    /// Wraps a connection, with scopes registered by hand.
    ///
    /// # Errors
    ///
    /// If the schema cannot be read.
    pub async fn wrap(connection: DatabaseConnection, declarations: &[Declaration]) -> Result<Self, DbErr> {
        Self::wrap_with(connection, declarations, "memory://?private").await
    }

    /// The same, with the cache of this URL.
    ///
    /// # Errors
    ///
    /// If the schema cannot be read.
    pub async fn wrap_with(
        mut connection: DatabaseConnection,
        declarations: &[Declaration],
        url: &str,
    ) -> Result<Self, DbErr> {
        let statements = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&statements);
        connection.set_metric_callback(move |info| {
            // The look at the schema's version is nobody's read.
            if !info.statement.sql.starts_with("PRAGMA") {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let cache = Cache::from_url(url).map_err(custom)?;
        let connection = CachedConnection::new(connection, cache).await.map_err(custom)?;
        for resolver in connection.cache().resolvers() {
            let any: Arc<dyn Any + Send + Sync> = resolver;
            if let Ok(database) = any.downcast::<Database>() {
                database.declare(declarations.to_vec()).await.map_err(custom)?;
            }
        }
        Ok(Self { connection, statements })
    }

    /// What writes go through.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Around the cache.
    #[must_use]
    pub fn untracked(&self) -> &DatabaseConnection {
        self.connection.untracked()
    }

    /// Runs a read through the cache.
    pub async fn cached(&self, read: &Read) -> (Answer, Source) {
        let before = self.statements.load(Ordering::Relaxed);
        let outcome = match read {
            Read::Text(text, sql) => self.cached_text(text.order, sql.statement()).await,
            read if read.is_typed() => read.run(&ThroughCache(&self.connection)).await,
            read => read.run_on(&self.connection).await,
        };
        let asked = self.statements.load(Ordering::Relaxed) > before;
        (Answer::settle(outcome), if asked { Source::Miss } else { Source::Hit })
    }

    async fn cached_text(&self, order: Order, statement: Statement) -> Result<Answer, DbErr> {
        let rows = SelectorRaw::<sea_orm::SelectModel<Cells>>::from_statement::<Cells>(statement);
        Ok(Answer::of(rows.cached().all(&self.connection).await?, order))
    }

    /// Runs a read around the cache.
    pub async fn truth(&self, read: &Read) -> Answer {
        Answer::settle(read.run_on(self.untracked()).await)
    }

    /// Runs a read through the cache, in a block that stops at the gate after the read and before its end.
    pub async fn cached_behind(&self, read: &Read, gate: &Gate) -> (Answer, Source) {
        let outcome = read.run_on(&self.connection).await;
        gate.pass().await;
        (Answer::settle(outcome), Source::Miss)
    }

    /// Runs a block that holds a cached read, the gate, and another read.
    pub async fn cached_around(&self, inner: &Read, gate: &Gate, outer: &Read) -> (Answer, Source) {
        let inner = self.cached(inner).await.0;
        gate.pass().await;
        let outer = self.truth(outer).await;
        (Answer::of([inner.to_string(), outer.to_string()], Order::Total), Source::Miss)
    }

    /// What [`cached_around`](Self::cached_around) should answer.
    pub async fn truth_around(&self, inner: &Read, outer: &Read) -> Answer {
        let answers = [self.truth(inner).await.to_string(), self.truth(outer).await.to_string()];
        Answer::of(answers, Order::Total)
    }

    /// Reads the schema again, as after a migration around the wrapper.
    ///
    /// # Errors
    ///
    /// If the schema cannot be read.
    pub async fn refresh_schema(&self) -> Result<(), DbErr> {
        self.connection.refresh_schema().await.map_err(custom)
    }
}

fn custom(error: impl ToString) -> DbErr {
    DbErr::Custom(error.to_string())
}

/// A row of any shape.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cells(Vec<Json>);

impl FromQueryResult for Cells {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        cells(row).map(Self)
    }
}
