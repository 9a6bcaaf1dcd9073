//! The way of a cached read.

use std::any::type_name;
use std::future::Future;
use std::sync::Arc;

use cache_core::Cache;
use cache_core::codec::Codec;
use cache_core::store::KeyBuilder;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::cached::Options;
use super::connection::{CacheConnection, Reader};
use crate::connection::CachedConnection;
use crate::load::{Attached, Entry, Once, load, refresh};

/// One read: how it becomes a statement, and how it runs.
#[doc(hidden)]
pub trait Read: Send + Sized {
    /// Its result.
    type Output: Clone + Send + Sync + 'static;
    /// How the result becomes bytes.
    type Codec: Codec<Self::Output> + 'static;

    /// Adds to a key what decides the result: the statement and its values.
    ///
    /// # Errors
    /// If SeaORM cannot build the statement.
    fn identify(&mut self, backend: DbBackend, key: KeyBuilder) -> Result<Identified, DbErr>;

    /// The same read, owning what it needs to run in a task of its own.
    type Owned: Read<Output = Self::Output, Codec = Self::Codec> + 'static;

    /// The same read, owning what it needs.
    fn into_owned(self) -> Self::Owned;

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
        Reader::Bypass(transaction) => {
            transaction.session().note_bypass();
            return read.run(transaction).await.map(Arc::new);
        }
    };
    let (key, sql) = match options.key {
        // With a key of the user's own, a hit needs no statement.
        Some(key) if db.session().explainer().is_none() => (key, String::new()),
        own => {
            let Identified { key, sql } = identify(db, &mut read)?;
            (own.unwrap_or_else(|| key.finish()), sql)
        }
    };
    let codec = R::codec(db.cache());
    let entry = Entry { key, policy: &options.policy, codec: &codec, sql: &sql };
    if !options.policy.refreshes() {
        let run = async |db: &CachedConnection| read.run(db).await;
        return load(db, entry, run, None::<Attached<_>>).await;
    }
    let read = Once::new(read);
    let detach = |due| {
        let (read, policy) = (read.take().into_owned(), options.policy.clone());
        refresh(db, policy, R::codec(db.cache()), due, |db| async move { read.run(&db).await });
    };
    load(db, entry, async |db: &CachedConnection| read.take().run(db).await, Some(detach)).await
}

/// A key under way, and the statement that is in it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Identified {
    pub(super) key: KeyBuilder,
    pub(super) sql: String,
}

fn identify<R: Read>(db: &CachedConnection, read: &mut R) -> Result<Identified, DbErr> {
    let identity = db.session().database().identity();
    let key =
        KeyBuilder::new("sea-orm").text(identity.as_str()).text(identity.session()).text(type_name::<R>());
    read.identify(db.get_database_backend(), key)
}

/// Adds a statement and its values to a key.
pub(super) fn add_statement(key: KeyBuilder, statement: &Statement) -> Result<Identified, DbErr> {
    let values = statement.values.as_ref().map_or(&[][..], |values| &values.0);
    let key = key.text(&statement.sql).value(values).map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(Identified { key, sql: statement.sql.clone() })
}
