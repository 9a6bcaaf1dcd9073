//! Reading a database's schema, and keeping up with it.

use std::future::{Future, ready};
use std::sync::Arc;

use super::database::{Database, Doubt};
use super::known::{Known, Source};
use crate::cache::Cache;
use crate::deps::DatabaseId;
use crate::error::Result;
use crate::log::Fate;
use crate::schema::Schema;
use crate::sql::read_bodies;

/// What was read of a database, at once.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The schema.
    pub schema: Schema,
    /// Differs from that of every other schema that the database had.
    pub fingerprint: u64,
}

/// A connection through which the schema can be read. Adapters have one for each kind of connection.
pub trait Introspect: Send {
    /// Reads the schema.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the database does not answer or cannot be introspected.
    fn read(&mut self) -> impl Future<Output = Result<Reading>> + Send;

    /// Reads the fingerprint alone, which is cheap.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn fingerprint(&mut self) -> impl Future<Output = Result<u64>> + Send;

    /// Asks what became of the transaction of this number; none if the database does not know. One that cannot be asked
    /// about may be in progress.
    fn fate(&mut self, number: u64) -> impl Future<Output = Option<Fate>> + Send {
        let _ = number;
        ready(None)
    }
}

impl Database {
    /// The attached database of this identity. Without one, the schema is read and attached.
    ///
    /// # Errors
    /// Those of [`Cache::connect`] and of reading the schema.
    pub async fn open(
        cache: &Cache,
        identity: DatabaseId,
        connection: &mut impl Introspect,
    ) -> Result<Arc<Self>> {
        if let Some(database) = Self::attached(cache, &identity) {
            return Ok(database);
        }
        cache.connect().await?;
        let epoch = cache.epoch().await;
        let Reading { schema, fingerprint } = connection.read().await?;
        let source = Source::Read { fingerprint, epoch };
        let known = |identity: &_| Known::new(identity, read_bodies(schema), Vec::new(), source);
        match Self::attach_first(cache, identity, known) {
            Ok(database) => Ok(database),
            Err(database) => {
                // Somebody else has read it meanwhile: before a change that was seen here, or after one that was not.
                if !database.confirm(fingerprint, epoch) {
                    database.refresh(connection).await?;
                }
                Ok(database)
            }
        }
    }

    /// Reads the schema again.
    ///
    /// # Errors
    /// Those of reading the schema; and if it has changed and the log does not answer.
    pub async fn refresh(&self, connection: &mut impl Introspect) -> Result<()> {
        let epoch = self.cache().epoch().await;
        let number = self.readings().begin();
        let Reading { schema, fingerprint } = connection.read().await?;
        let hides = schema.hides();
        self.take_up(read_bodies(schema), fingerprint, epoch).await?;
        if !hides {
            self.readings().found_nothing_hidden(number);
        }
        Ok(())
    }

    /// Reads the schema after it has changed. If that fails, nothing is known of any table until it works: reads are
    /// not cached, and writes invalidate everything. There is no fingerprint, so the next check tries again.
    pub async fn reread(&self, connection: &mut impl Introspect) {
        if let Err(error) = self.refresh(connection).await {
            tracing::warn!(%error, "the changed schema could not be read; nothing is cached until it can");
            // Without a log nothing is served from the cache either.
            let _ = self.forget_schema().await;
        }
    }

    /// Puts the reading of a schema that has changed off until the next check, which is due at once. Meanwhile nothing is
    /// known of any table.
    pub async fn put_off_reading(&self) {
        // Without a log nothing is served from the cache either.
        let _ = self.forget_schema().await;
        self.check_at_once();
    }

    /// Asks what became of transactions that others [wait for](Self::doubts), one after the other.
    ///
    /// # Cancel safety
    /// Those that were not asked about stay in doubt, and are asked about later.
    pub async fn ask(&self, doubts: Vec<Doubt>, connection: &mut impl Introspect) {
        for doubt in doubts {
            let fate = connection.fate(doubt.number).await;
            self.settle(&doubt, fate);
        }
    }

    /// Looks for a change that others made, when one is [due](Self::schema_check_due).
    pub async fn check(&self, connection: &mut impl Introspect) {
        let epoch = self.cache().epoch().await;
        match connection.fingerprint().await {
            Ok(fingerprint) if self.confirm(fingerprint, epoch) => {}
            // Without an answer nothing can be said, and the statement that waits will fail by itself.
            Err(_) => {}
            Ok(_) => self.reread(connection).await,
        }
    }
}
