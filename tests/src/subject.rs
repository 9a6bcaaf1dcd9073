//! The seam: the only place that knows the cache under test.

use cache_core::Declaration;
use sea_orm::{DatabaseConnection, DbErr};

use crate::gate::Gate;
use crate::read::{Answer, Order, Plain, Read};

/// The connection that writes go through.
pub type Connection = DatabaseConnection;

/// How a cached read was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// From the cache.
    Hit,
    /// From the database; the answer was stored.
    Miss,
    /// From the database; the answer could not be stored.
    Refused,
}

/// A wrapped connection with a cache of its own.
#[derive(Debug)]
pub struct Subject {
    connection: Connection,
}

impl Subject {
    /// Wraps a connection, with scopes registered by hand.
    ///
    /// # Errors
    ///
    /// If the schema cannot be read.
    pub async fn wrap(connection: DatabaseConnection, _declarations: &[Declaration]) -> Result<Self, DbErr> {
        Ok(Self { connection })
    }

    /// What writes go through.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Around the cache.
    #[must_use]
    pub fn untracked(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Runs a read through the cache.
    pub async fn cached(&self, read: &Read) -> (Answer, Source) {
        let outcome = match read.is_typed() {
            true => read.run(&Plain(&self.connection)).await,
            false => read.run_on(&self.connection).await,
        };
        (Answer::settle(outcome), Source::Refused)
    }

    /// Runs a read around the cache.
    pub async fn truth(&self, read: &Read) -> Answer {
        Answer::settle(read.run_on(self.untracked()).await)
    }

    /// Runs a read through the cache, in a block that stops at the gate after the read and before its end.
    pub async fn cached_behind(&self, read: &Read, gate: &Gate) -> (Answer, Source) {
        let outcome = read.run_on(&self.connection).await;
        gate.pass().await;
        (Answer::settle(outcome), Source::Refused)
    }

    /// Runs a block that holds a cached read, the gate, and another read.
    pub async fn cached_around(&self, inner: &Read, gate: &Gate, outer: &Read) -> (Answer, Source) {
        let inner = self.cached(inner).await.0;
        gate.pass().await;
        let outer = self.truth(outer).await;
        (Answer::of([inner.to_string(), outer.to_string()], Order::Total), Source::Refused)
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
        Ok(())
    }
}
