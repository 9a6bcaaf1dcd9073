//! What is read of the schema, and when.

use std::sync::Arc;

use cache_core::schema::{Dialect, Schema};
use cache_core::session::{Database, DatabaseId, Introspect, Reading, TextSession};
use cache_core::{Cache, Result, Value};
use diesel::mysql::Mysql;
use diesel::row::Row;
use diesel::{QueryResult, sql_query};
use diesel_async::{AsyncConnectionCore, AsyncMysqlConnection};
use futures_util::TryStreamExt;

use crate::asynchronous::attached::{Attached, SchemaSource};
use crate::backend::ask::Ask;
use crate::backend::mysql::catalog;
use crate::backend::value_at;

/// What a connection has that is attached to a disabled cache.
pub(super) async fn unread(cache: &Cache) -> Result<Attached> {
    let id = DatabaseId::new(format!("unread:{:?}", Dialect::MySql));
    let database = Database::attach(cache, id, Schema::new(Dialect::MySql, [], [])?, Vec::new()).await?;
    Ok(Attached::new(TextSession::new(database), SchemaSource::Unread))
}

pub(super) async fn attach(db: &mut AsyncMysqlConnection, cache: &Cache) -> Result<Attached> {
    let mut db = Asked(db);
    let identity = catalog::identity(&mut db).await?;
    let database = Database::open(cache, identity.id(), &mut db).await?;
    Ok(Attached::new(TextSession::new(database), SchemaSource::Introspected))
}

/// Whether the schema has changed, or somebody has to see whether it has: who is told so does it.
pub(super) fn is_due(attached: &Attached) -> bool {
    let session = attached.session();
    if attached.is(SchemaSource::Unread) || session.is_in_transaction() {
        return false;
    }
    let is_due = session.database().schema_check_due();
    is_due || attached.is(SchemaSource::Changed)
}

/// Reads the schema if it has changed.
pub(super) async fn keep_up(db: &mut AsyncMysqlConnection, attached: &Attached) {
    let (session, mut db) = (attached.session(), Asked(db));
    if session.is_in_transaction() {
        return;
    }
    if attached.is(SchemaSource::Changed) {
        session.database().reread(&mut db).await;
        *attached.schema() = SchemaSource::Introspected;
    } else {
        session.database().check(&mut db).await;
    }
}

/// Reads the schema, whatever is known of it.
pub(super) async fn refresh(db: &mut AsyncMysqlConnection, attached: &Arc<Attached>) -> Result<()> {
    attached.session().database().refresh(&mut Asked(db)).await?;
    *attached.schema() = SchemaSource::Introspected;
    Ok(())
}

/// A connection that nobody else uses.
struct Asked<'a>(&'a mut AsyncMysqlConnection);

impl Ask for Asked<'_> {
    async fn rows(&mut self, query: &'static str) -> QueryResult<Vec<Vec<Value>>> {
        let rows = AsyncConnectionCore::load(self.0, sql_query(query)).await?;
        rows.map_ok(|row| (0..row.field_count()).map(|place| value_at::<Mysql, _>(&row, place)).collect())
            .try_collect()
            .await
    }
}

impl Introspect for Asked<'_> {
    async fn read(&mut self) -> Result<Reading> {
        catalog::read(self).await
    }

    async fn fingerprint(&mut self) -> Result<u64> {
        catalog::fingerprint(self).await
    }
}
