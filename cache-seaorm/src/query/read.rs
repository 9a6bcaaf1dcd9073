//! The way of a cached read.

use std::any::type_name;
use std::future::Future;
use std::sync::Arc;

use cache_core::cache::{Loaded, Request};
use cache_core::codec::Codec;
use cache_core::session::Tracker;
use cache_core::store::KeyBuilder;
use cache_core::{Cache, EntryKey};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::cached::Options;
use super::connection::{CacheConnection, Reader};
use crate::connection::CachedConnection;

/// One read: how it becomes a statement, and how it runs.
#[doc(hidden)]
pub trait Read: Send + Sized {
    /// Its result.
    type Output: Clone + Send + Sync + 'static;
    /// How the result becomes bytes.
    type Codec: Codec<Self::Output>;

    /// Adds to a key what decides the result: the statement and its values.
    ///
    /// # Errors
    /// If SeaORM cannot build the statement.
    fn identify(&mut self, backend: DbBackend, key: KeyBuilder) -> Result<KeyBuilder, DbErr>;

    /// Runs it.
    fn run<C: ConnectionTrait>(self, db: &C) -> impl Future<Output = Result<Self::Output, DbErr>> + Send;

    /// The codec, in the cache's format.
    fn codec(cache: &Cache) -> Self::Codec;
}

/// Serves the read from the cache, or from the database under a transaction.
pub(super) async fn fetch<R: Read, C: CacheConnection>(
    db: &C,
    options: Options,
    mut read: R,
) -> Result<Arc<R::Output>, DbErr> {
    let db = match db.reader() {
        Reader::Cached(db) => db,
        Reader::Bypass(transaction) => return read.run(transaction).await.map(Arc::new),
    };
    db.check_schema().await;
    let key = match options.key {
        // With a key of the user's own, a hit needs no statement.
        Some(key) => key,
        None => key_of(db, &mut read)?,
    };
    let (policy, codec) = (&options.policy, R::codec(db.cache()));
    let request = Request { key, policy, codec: &codec };
    let outcome = db
        .cache()
        .load(&request, async |_| {
            let tracker = Tracker::new();
            let value = read.run(&db.tracked(Arc::clone(&tracker))).await?;
            Ok::<_, DbErr>(Loaded { value, watched: tracker.finish(policy) })
        })
        .await?;
    if let Some(block) = db.session().tracker() {
        block.absorb(&outcome);
    }
    // A hit never waits, and a loop of hits would starve the other tasks of its thread.
    tokio::task::coop::consume_budget().await;
    Ok(outcome.value)
}

fn key_of<R: Read>(db: &CachedConnection, read: &mut R) -> Result<EntryKey, DbErr> {
    let key = KeyBuilder::new("sea-orm")
        .text(db.session().database().identity().as_str())
        .text(type_name::<R::Output>());
    Ok(read.identify(db.get_database_backend(), key)?.finish())
}

/// Adds a statement and its values to a key.
pub(super) fn add_statement(key: KeyBuilder, statement: &Statement) -> Result<KeyBuilder, DbErr> {
    let values = statement.values.as_ref().map_or(&[][..], |values| &values.0);
    key.text(&statement.sql).value(values).map_err(|error| DbErr::Custom(error.to_string()))
}
