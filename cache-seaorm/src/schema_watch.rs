//! Keeping the known schema that of the database.

use std::time::Duration;

use cache_core::Result;

use crate::connection::CachedConnection;
use crate::introspect::Introspection;

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
    /// that did are noticed at once, and others within a second. Between a `BEGIN` and a `COMMIT` that are run as statements
    /// it is forgotten, and read afterwards.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](cache_core::ErrorKind::Schema) if the schema cannot be read.
    pub async fn refresh_schema(&self) -> Result<()> {
        if self.schema_source() != SchemaSource::Introspected {
            return Ok(());
        }
        if self.session().is_open_by_hand() {
            self.session().database().put_off_reading().await;
            return Ok(());
        }
        self.session().database().refresh(&mut Introspection(self.inner())).await
    }

    /// Notices a schema change that others made: once a second, and in each new epoch, one statement asks the
    /// database.
    pub(crate) async fn check_schema(&self) {
        if self.schema_source() != SchemaSource::Introspected
            || self.session().is_open_by_hand()
            || !self.session().database().schema_check_due()
        {
            return;
        }
        let db = self.clone();
        let check = tokio::spawn(async move {
            db.session().database().check(&mut Introspection(db.inner())).await;
        });
        let _ = tokio::time::timeout(PATIENCE, check).await;
    }

    /// Reads the schema after it has changed, unless what is declared is believed. Reading it takes a transaction, for
    /// which there must be none that a statement began.
    pub(crate) async fn reread_schema(&self) {
        let database = self.session().database();
        match self.schema_source() {
            SchemaSource::Declared | SchemaSource::Unread => {}
            SchemaSource::Introspected if self.session().is_open_by_hand() => {
                database.put_off_reading().await
            }
            SchemaSource::Introspected => database.reread(&mut Introspection(self.inner())).await,
        }
    }
}
