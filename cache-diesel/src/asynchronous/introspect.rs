//! Reading the schema through a connection.
//!
//! It takes a transaction, which must not be left open by a caller who goes away, and into which no other statement may
//! come: it runs in a task of its own, in a turn of its own.

use std::sync::Arc;

use cache_core::log::Fate;
use cache_core::schema::{Dialect, Schema};
use cache_core::session::{Database, DatabaseId, Introspect, Reading, TextSession};
use cache_core::{Cache, Result, Value};
use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::row::Row;
use diesel::{QueryResult, sql_query};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::TryStreamExt;

use super::attached::{Attached, SchemaSource};
use super::task::to_its_end;
use super::turns::{Company, Turns};
use crate::backend::ask::Ask;
use crate::backend::postgres::catalog::{self, Transact};
use crate::backend::value_at;
use crate::observe::Text;

/// What a connection has that is attached to this cache.
///
/// # Cancel safety
/// What is being read is read to its end.
pub(super) async fn attach(inner: &Arc<AsyncPgConnection>, turns: &Turns, cache: &Cache) -> Result<Attached> {
    if cache.is_disabled() {
        let id = DatabaseId::new(format!("unread:{:?}", Dialect::Postgres));
        let schema = Schema::new(Dialect::Postgres, [], [])?;
        let database = Database::attach(cache, id, schema, Vec::new()).await?;
        return Ok(Attached::new(TextSession::new(database), SchemaSource::Unread));
    }
    let (cache, mut connection) = (cache.clone(), Introspection::new(inner, turns));
    let opened = to_its_end(async move {
        let identity = catalog::identity(&mut connection).await?;
        let database = Database::open(&cache, identity.id(), &mut connection).await?;
        Ok((database, catalog::is_replica(&mut connection).await?))
    });
    let (database, is_replica) = opened.await??;
    if is_replica {
        return Ok(Attached::on_replica(database));
    }
    database.ask_in_passing();
    Ok(Attached::new(TextSession::new(database), SchemaSource::Introspected))
}

/// The introspection of a connection.
pub(super) struct Introspection {
    inner: Arc<AsyncPgConnection>,
    turns: Turns,
}

impl Introspection {
    pub(super) fn new(inner: &Arc<AsyncPgConnection>, turns: &Turns) -> Self {
        Self { inner: Arc::clone(inner), turns: turns.clone() }
    }

    async fn load(
        &mut self,
        query: impl QueryFragment<Pg> + QueryId + Query,
    ) -> QueryResult<Vec<Vec<Value>>> {
        let rows = AsyncConnectionCore::load(&mut &*self.inner, query).await?;
        rows.map_ok(|row| (0..row.field_count()).map(|place| value_at::<Pg, _>(&row, place)).collect())
            .try_collect()
            .await
    }
}

impl Introspect for Introspection {
    async fn read(&mut self) -> Result<Reading> {
        let _turn = self.turns.take(Company::Alone).await;
        catalog::read(self).await
    }

    async fn fingerprint(&mut self) -> Result<u64> {
        let _turn = self.turns.take(Company::Shared).await;
        catalog::fingerprint(self).await
    }

    async fn fate(&mut self, number: u64) -> Option<Fate> {
        let _turn = self.turns.take(Company::Shared).await;
        catalog::fate(self, number).await
    }
}

impl Ask for Introspection {
    async fn rows(&mut self, query: &'static str) -> QueryResult<Vec<Vec<Value>>> {
        self.load(sql_query(query)).await
    }
}

impl Transact for Introspection {
    async fn again(&mut self, query: &'static str) -> QueryResult<Vec<Vec<Value>>> {
        self.load(Text(query)).await
    }

    async fn once(&mut self, query: String) -> QueryResult<Vec<Vec<Value>>> {
        self.load(sql_query(query)).await
    }

    async fn run(&mut self, sql: &'static str) -> QueryResult<()> {
        (&mut &*self.inner).batch_execute(sql).await
    }
}
