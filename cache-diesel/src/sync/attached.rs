//! What a connection has that is attached to a cache.

use cache_core::log::Fate;
use cache_core::schema::{Dialect, Schema};
use cache_core::session::{
    Aftermath, Database, DatabaseId, Identity, Introspect, Outcome, Reading, TextSession, TextStep,
};
use cache_core::{Cache, Error, ErrorKind, Result, sync};
use std::sync::Arc;

use super::cacheable::Cacheable;
use super::watch::{Sight, Watch};
use crate::backend::CacheBackend;
use crate::known::Known;

/// The session of a connection, and its schema.
pub(super) struct Attached {
    session: TextSession,
    pub(super) known: Known,
    schema: SchemaSource,
    _identity: Option<Identity>,
}

/// Where the schema comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SchemaSource {
    /// It is read from the database, again and again.
    Introspected,
    /// It has changed since it was read.
    Changed,
    /// It is not read here: the cache is disabled, or a replica has one that may be old.
    Unread,
}

impl Attached {
    pub(super) fn open<C: Cacheable>(inner: &mut C, cache: &Cache, url: Option<&str>) -> Result<Self> {
        if cache.is_disabled() {
            let dialect = <C::Backend as CacheBackend>::DIALECT;
            let id = DatabaseId::new(format!("unread:{dialect:?}"));
            let schema = Schema::new(dialect, [], [])?;
            let database = sync::wait(Database::attach(cache, id, schema, Vec::new()))?;
            return Ok(Self {
                session: TextSession::new(database),
                known: Known::default(),
                schema: SchemaSource::Unread,
                _identity: None,
            });
        }
        let identity = inner.identity(url)?;
        let database = sync::wait(Database::open(cache, identity.id(), &mut Introspection(inner)))?;
        if inner.is_replica()? {
            return Ok(Self { _identity: Some(identity), ..Self::on_replica(database) });
        }
        database.ask_in_passing();
        Ok(Self {
            session: TextSession::new(database),
            known: Known::default(),
            schema: SchemaSource::Introspected,
            _identity: Some(identity),
        })
    }

    pub(super) fn on_replica(database: Arc<Database>) -> Self {
        Self {
            session: TextSession::on_replica(database),
            known: Known::default(),
            schema: SchemaSource::Unread,
            _identity: None,
        }
    }

    pub(super) fn session(&self) -> &TextSession {
        &self.session
    }

    pub(super) fn session_mut(&mut self) -> &mut TextSession {
        &mut self.session
    }

    pub(super) fn cache(&self) -> &Cache {
        self.session.session().cache()
    }

    /// Notes what came of a statement.
    pub(super) fn finish(&mut self, step: TextStep, outcome: Outcome<'_>) {
        let aftermath = sync::wait(self.session.finish(step, outcome));
        self.follow(aftermath);
    }

    /// The same for what was prepared: of several statements in one text SQLite prepares the first, so that the others
    /// have neither begun nor ended anything.
    pub(super) fn finish_one(&mut self, step: TextStep, outcome: Outcome<'_>) {
        let is_cut = step.controls_among_others() && self.dialect() == Dialect::Sqlite;
        self.finish(step, outcome);
        if is_cut {
            self.session.lose_sight();
        }
    }

    fn dialect(&self) -> Dialect {
        self.session.session().database().catalog().schema().dialect()
    }

    fn follow(&mut self, aftermath: Aftermath) {
        if aftermath == Aftermath::SchemaChanged && self.schema == SchemaSource::Introspected {
            self.schema = SchemaSource::Changed;
        }
    }

    /// Takes up what was done on the connection inside.
    pub(super) fn catch_up(&mut self, sight: Sight) {
        match sight {
            Sight::Kept(aftermath) => self.follow(aftermath),
            Sight::Lost => {
                tracing::warn!(
                    "what is done on the connection inside cannot be seen: set its instrumentation on `CachedConnection`"
                );
                self.session.lose_sight();
            }
        }
    }

    /// Reads the schema if it has changed: at once if that was through this connection, within a second otherwise. Asks
    /// about transactions that others wait for.
    pub(super) fn keep_up<C: Cacheable>(&mut self, inner: &mut C, watch: &Watch) {
        self.reread_if_changed(inner, watch);
        let session = self.session.session();
        if self.schema != SchemaSource::Introspected || session.is_in_transaction() {
            return;
        }
        let database = session.database();
        if database.schema_check_due() {
            let _announced = watch.announce();
            sync::wait(database.check(&mut Introspection(inner)));
        }
        let doubts = database.doubts();
        if !doubts.is_empty() {
            let _announced = watch.announce();
            sync::wait(database.ask(doubts, &mut Introspection(inner)));
        }
    }

    pub(super) fn reread_if_changed<C: Cacheable>(&mut self, inner: &mut C, watch: &Watch) {
        let session = self.session.session();
        if self.schema == SchemaSource::Changed && !session.is_in_transaction() {
            let _announced = watch.announce();
            sync::wait(session.database().reread(&mut Introspection(inner)));
            self.schema = SchemaSource::Introspected;
        }
    }

    pub(super) fn refresh<C: Cacheable>(&mut self, inner: &mut C) -> Result<()> {
        if self.schema == SchemaSource::Unread {
            return Ok(());
        }
        if self.session.session().is_in_transaction()
            && <C::Backend as CacheBackend>::DIALECT != Dialect::Sqlite
        {
            let message = "the schema cannot be read in a transaction; refresh it before or after";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        let database = Arc::clone(self.session.session().database());
        sync::wait(database.refresh(&mut Introspection(inner)))?;
        self.schema = SchemaSource::Introspected;
        Ok(())
    }
}

/// The introspection of a connection.
struct Introspection<'a, C>(&'a mut C);

impl<C: Cacheable> Introspect for Introspection<'_, C> {
    async fn read(&mut self) -> Result<Reading> {
        self.0.read_schema()
    }

    async fn fingerprint(&mut self) -> Result<u64> {
        self.0.schema_fingerprint()
    }

    async fn fate(&mut self, number: u64) -> Option<Fate> {
        self.0.fate(number)
    }
}
