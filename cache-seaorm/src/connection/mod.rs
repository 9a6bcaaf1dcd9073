//! The wrapped connection.

mod inherent;
mod traits;

use std::sync::Arc;

use cache_core::schema::{Dialect, Schema};
use cache_core::session::{
    Aftermath, BeforeImages, Database, DatabaseId, Explainer, Identity, Session, Step, Tracker,
};
use cache_core::{Cache, Declaration, Result};
use sea_orm::{DatabaseConnection, DbErr};

use crate::introspect::{self, Opening};
use crate::schema_watch::SchemaSource;
use crate::statement::{self, Call};
use crate::task::{self, InPlace};
use crate::tripwire::Tripwire;
use crate::{hooks, rows};

/// A connection whose writes invalidate what the cache holds, and on which reads can be `.cached()`.
///
/// It implements SeaORM's own traits, so entities, active models, loaders and raw statements work on it
/// unchanged. Clones are handles of the same connection. It is deliberately no `Deref` to the
/// [`DatabaseConnection`]: writes through that would go unseen. [`untracked`](Self::untracked) is the way
/// around.
///
/// Writes run in a task of their own (`tokio::spawn`), or in one as soon as their caller goes away or does not go on with
/// them for some 20 milliseconds, so that nobody can separate them from their publication. Where they are announced, they
/// return before that is in the log, and who reads meets the announcement until it is: close the cache before the
/// runtime ends.
#[derive(Clone)]
pub struct CachedConnection {
    shared: Arc<Shared>,
    session: Session,
}

struct Shared {
    inner: DatabaseConnection,
    untracked: DatabaseConnection,
    tripwire: Arc<Tripwire>,
    schema: SchemaSource,
    in_place: Arc<InPlace>,
    _identity: Option<Identity>,
}

impl CachedConnection {
    /// Wraps a connection: reads the database's schema, unless another connection to it already has.
    ///
    /// ```
    /// use cache_seaorm::{Cache, CachedConnection};
    /// use sea_orm::{ConnectionTrait, Database};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::from_url("memory://")?;
    /// let db = CachedConnection::new(Database::connect("sqlite::memory:").await?, cache).await?;
    /// db.execute_unprepared("CREATE TABLE cake (id INTEGER PRIMARY KEY, name TEXT)").await?;
    /// let done = db.execute_unprepared("INSERT INTO cake (name) VALUES ('cheese')").await?;
    /// assert_eq!(done.rows_affected(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A PostgreSQL server that follows another one is a [replica](Self::on_replica), also if its connection is wrapped
    /// here: what is read there is not kept.
    ///
    /// With [`Cache::disabled`] no schema is read: every statement goes to any database as it is, and every
    /// cached read too.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](cache_core::ErrorKind::Schema) if the schema cannot be read; for a mock, a proxy
    /// or a database without introspection use [`with_schema`](Self::with_schema).
    pub async fn new(inner: DatabaseConnection, cache: Cache) -> Result<Self> {
        if cache.is_disabled() {
            return Self::passing_through(inner, cache).await;
        }
        let identity = introspect::identity(&inner).await?;
        let database = Database::open(&cache, identity.id(), &mut Opening(&inner)).await?;
        if introspect::is_replica(&inner).await? {
            // Its schema may lag behind too.
            let db = Self::attached(inner.clone(), database, SchemaSource::Declared, Some(identity));
            return Ok(db.on_replica(inner));
        }
        if let Some(ask) = introspect::ask_fate(&inner) {
            database.set_ask_fate(ask);
        }
        Ok(Self::attached(inner, database, SchemaSource::Introspected, Some(identity)))
    }

    /// Wraps a connection whose schema cannot be read: a mock, a proxy. The schema is believed, and
    /// [`refresh_schema`](Self::refresh_schema) does nothing.
    ///
    /// `database` names the database: connections with equal names see each other's writes and entries.
    ///
    /// # Errors
    /// If the cache's log does not answer.
    pub async fn with_schema(
        inner: DatabaseConnection,
        cache: Cache,
        database: impl AsRef<str>,
        schema: Schema,
    ) -> Result<Self> {
        let id = DatabaseId::new(format!("declared:{}", database.as_ref()));
        let database = Database::attach(&cache, id, schema, Vec::new()).await?;
        Ok(Self::attached(inner, database, SchemaSource::Declared, None))
    }

    async fn passing_through(inner: DatabaseConnection, cache: Cache) -> Result<Self> {
        let schema = introspect::unread(&inner)?;
        let id = DatabaseId::new(format!("unread:{:?}", schema.dialect()));
        let database = Database::attach(&cache, id, schema, Vec::new()).await?;
        Ok(Self::attached(inner, database, SchemaSource::Unread, None))
    }

    fn attached(
        inner: DatabaseConnection,
        database: Arc<Database>,
        schema: SchemaSource,
        identity: Option<Identity>,
    ) -> Self {
        hooks::register(&database);
        database.cache().set_timer(|duration| Box::pin(tokio::time::sleep(duration)));
        let session = Session::of_pool(database);
        let (mut untracked, tripwire) = (inner.clone(), Arc::<Tripwire>::default());
        tripwire.install(&mut untracked, &session);
        let in_place = Arc::default();
        let shared = Shared { inner, untracked, tripwire, schema, in_place, _identity: identity };
        Self { shared: Arc::new(shared), session }
    }

    /// The connection itself, for what needs a [`DatabaseConnection`] (migrations, another library). Reads
    /// are not cached; a statement that writes is reported by a warning and invalidates what it may touch, but only as it is
    /// run: a read between it and its COMMIT may leave an old result behind, for which nobody answers. What is run by
    /// `execute_unprepared` is not seen at all, for which SeaORM calls nobody.
    ///
    /// Run migrations on the connection before it is wrapped. Follow later ones by
    /// [`refresh_schema`](Self::refresh_schema), and by [`Cache::clear`] if they change rows. A block that asks for it is
    /// not kept.
    #[must_use]
    pub fn untracked(&self) -> &DatabaseConnection {
        if let Some(tracker) = self.session.tracker() {
            tracker.refuse("it may have read through the connection without the cache");
        }
        &self.shared.untracked
    }

    /// Reports writes through another handle of this database, as for [`untracked`](Self::untracked). It
    /// takes the place of that handle's metric callback and follows its later clones and transactions.
    pub fn watch(&self, other: &mut DatabaseConnection) {
        self.shared.tripwire.install(other, &self.session);
    }

    /// How many writes went around the wrapper, as far as [`untracked`](Self::untracked) and the handles that
    /// are [watched](Self::watch) have seen them.
    #[must_use]
    pub fn writes_around(&self) -> u64 {
        self.shared.tripwire.writes()
    }

    /// The same database on a replica that may lag behind. `.cached()` reads there go to the replica each time and leave
    /// nothing in the cache: a replica that has not seen a write yet would leave what it replaced. Write through this
    /// connection, not through the replica.
    #[must_use]
    pub fn on_replica(&self, replica: DatabaseConnection) -> Self {
        let session = self.session.on_replica();
        let (mut untracked, tripwire) = (replica.clone(), Arc::<Tripwire>::default());
        tripwire.install(&mut untracked, &session);
        let schema = SchemaSource::Declared;
        let in_place = Arc::default();
        let shared = Shared { inner: replica, untracked, tripwire, schema, in_place, _identity: None };
        Self { shared: Arc::new(shared), session }
    }

    /// Declares scopes by hand, for entities without the derive. If any is new, all entries end.
    ///
    /// # Errors
    /// If the cache's log does not answer.
    pub async fn declare(&self, declarations: impl IntoIterator<Item = Declaration>) -> Result<()> {
        self.session.database().declare(declarations.into_iter().collect()).await
    }

    /// Sets which writes are preceded by a query of the rows that they are about to change, for all
    /// connections to this database.
    ///
    /// A statement that moves a row to another scope does not say which it leaves; without the query, every
    /// count and page that uses the column ends. By default writes by key look first, in a transaction of
    /// their own that begins `IMMEDIATE`; inside a transaction only after its first write, where nobody can
    /// come between.
    pub fn set_before_images(&self, mode: BeforeImages) {
        self.session.database().set_before_images(mode);
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        self.session.cache()
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn schema_source(&self) -> SchemaSource {
        self.shared.schema
    }

    pub(crate) fn inner(&self) -> &DatabaseConnection {
        &self.shared.inner
    }

    /// The same connection, telling this tracker what is read.
    pub(crate) fn tracked(&self, tracker: Arc<Tracker>) -> Self {
        Self { shared: Arc::clone(&self.shared), session: self.session.tracked(tracker) }
    }

    /// The same connection, telling this explainer what runs.
    pub(crate) fn explained(&self, explainer: Arc<Explainer>) -> Self {
        Self { shared: Arc::clone(&self.shared), session: self.session.explained(explainer) }
    }

    async fn statement<K: Call>(&self, call: K) -> Result<K::Answer, DbErr> {
        let step = self.step(&call).await;
        self.run(call, step).await
    }

    /// Plans the call and arms its guard, under the schema that there is now.
    pub(crate) async fn step<K: Call>(&self, call: &K) -> Step {
        let part = self.session.part();
        self.check_schema().await;
        let step = statement::begin(&self.session, call);
        part.hand_over();
        step
    }

    /// A write outside of a transaction runs to its end and is published, even if the caller goes away.
    pub(crate) async fn run<K: Call>(&self, call: K, step: Step) -> Result<K::Answer, DbErr> {
        if !step.is_write() {
            return statement::run(self.inner(), call, step).await.0;
        }
        let looks = rows::are_shown_by(self.inner()) && step.before_query().is_some();
        match (looks, step.writes_rows()) {
            (true, _) => task::finish(Box::pin(self.clone().look_and_write(call, step))).await,
            (false, None) => task::finish(Box::pin(self.clone().write(call, step))).await,
            (false, Some(_)) => {
                let in_place = Arc::clone(&self.shared.in_place);
                in_place.finish(Box::pin(self.clone().write(call, step))).await
            }
        }
    }

    async fn write<K: Call>(self, call: K, step: Step) -> Result<K::Answer, DbErr> {
        let (answer, aftermath) = statement::run_announced(self.inner(), call, step).await;
        self.follow(aftermath).await;
        answer
    }

    async fn look_and_write<K: Call>(self, call: K, mut step: Step) -> Result<K::Answer, DbErr> {
        // PostgreSQL's query before a write shows whose write it is, which the announcement then says.
        if step.dialect() != Dialect::Postgres
            && let Err(error) = step.announce().await
        {
            step.give_up();
            return Err(task::refused(error));
        }
        let (answer, aftermath) = statement::run_excluding_writers(self.inner(), call, step).await;
        self.follow(aftermath).await;
        answer
    }

    async fn follow(&self, aftermath: Aftermath) {
        if aftermath == Aftermath::SchemaChanged {
            Box::pin(self.reread_schema()).await;
        }
    }
}

impl std::fmt::Debug for CachedConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CachedConnection")
            .field("inner", &self.shared.inner)
            .field("cache", self.cache())
            .finish_non_exhaustive()
    }
}
