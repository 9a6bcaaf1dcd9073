//! Keeping the known schema that of the database.

use std::time::Duration;

use cache_core::Result;
use cache_core::schema::Schema;

use crate::connection::CachedConnection;
use crate::introspect;

/// Where the schema comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SchemaSource {
    /// It is read from the database, again and again.
    Introspected,
    /// The user declared it, and is believed.
    Declared,
    /// Nobody needs it: the cache is disabled.
    Unread,
}

/// How long a statement waits for the check that it happened to start. All connections of the pool may be
/// taken, perhaps by the very task that waits; the check then ends later.
const PATIENCE: Duration = Duration::from_millis(100);

impl CachedConnection {
    /// Reads the schema again: after migrations that did not run through this connection. Schema changes
    /// that did are noticed at once, and others within a second.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](cache_core::ErrorKind::Schema) if the schema cannot be read.
    pub async fn refresh_schema(&self) -> Result<()> {
        if self.schema_source() != SchemaSource::Introspected {
            return Ok(());
        }
        let epoch = self.cache().epoch().await;
        let reading = introspect::read(self.inner()).await?;
        self.session().database().take_up(reading.schema, reading.fingerprint, epoch).await
    }

    /// Notices a schema change that others made: once a second, and in each new epoch, one statement asks the
    /// database.
    pub(crate) async fn check_schema(&self) {
        if self.schema_source() != SchemaSource::Introspected || !self.session().database().schema_check_due()
        {
            return;
        }
        let db = self.clone();
        let check = tokio::spawn(async move {
            let database = db.session().database();
            let epoch = db.cache().epoch().await;
            match introspect::fingerprint(db.inner()).await {
                Ok(fingerprint) if Some(fingerprint) == database.fingerprint() => {
                    database.note_reading(fingerprint, epoch);
                }
                // Without an answer nothing can be said, and the statement that waits will fail by itself.
                Err(_) => {}
                Ok(_) => db.reread_schema().await,
            }
        });
        let _ = tokio::time::timeout(PATIENCE, check).await;
    }

    /// Reads the schema after it has changed. If that fails, nothing is known of any table until it works:
    /// reads are not cached, and writes invalidate everything. The fingerprint stays old, so the next check
    /// tries again.
    pub(crate) async fn reread_schema(&self) {
        if let Err(error) = self.refresh_schema().await {
            tracing::warn!(%error, "the changed schema could not be read; nothing is cached until it can");
            let database = self.session().database();
            let dialect = database.catalog().schema().dialect();
            if let Ok(nothing) = Schema::new(dialect, [], []) {
                // Without a log nothing is served from the cache either.
                let _ = database.set_schema(nothing).await;
            }
        }
    }
}
