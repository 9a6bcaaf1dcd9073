//! The seam: the only place that knows the cache under test.

use cache_core::Declaration;
use sea_orm::{DatabaseConnection, DbErr};

use crate::read::{Answer, Plain, Read};

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
}
