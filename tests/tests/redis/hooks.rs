//! Hook mode with a cache that processes share: writes on a connection that nobody has wrapped.

use std::time::{Duration, Instant};

use cache_core::log::MAX_FENCE;
use cache_seaorm::{Cache, CacheExt, CachedConnection};
use cache_tests::backend::{Backend, Home, Pool};
use cache_tests::servers::RedisServer;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, IntoActiveModel,
    QueryFilter, TransactionTrait,
};

mod hooked {
    #![allow(unreachable_pub, reason = "an entity looks as users write it")]

    use cache_seaorm::CacheDeps;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, CacheDeps)]
    #[sea_orm(table_name = "hooked")]
    #[cache(hooks)]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        #[cache(scope)]
        pub kind: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

const SCHEMA: &str = "
    CREATE TABLE hooked (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
    INSERT INTO hooked VALUES (1, 'one', 'a'), (2, 'two', 'b')";

/// The framework's connection, and cached ones of two processes.
async fn connections(server: &RedisServer) -> (DatabaseConnection, [CachedConnection; 2], Home) {
    let (home, owned) = Backend::Sqlite.open(Pool::Several(4)).await.unwrap();
    owned.execute_unprepared(SCHEMA).await.unwrap();
    let process = async || {
        let url = format!("redis://{}/0?prefix=hooks&private", server.address());
        CachedConnection::new(owned.clone(), Cache::from_url(&url).unwrap()).await.unwrap()
    };
    let processes = [process().await, process().await];
    (owned, processes, home)
}

async fn names(db: &CachedConnection, kind: &str) -> String {
    let rows = hooked::Entity::find().filter(hooked::Column::Kind.eq(kind)).cached().all(db).await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

async fn rename<C: ConnectionTrait>(db: &C, name: &str) {
    let model = hooked::Entity::find_by_id(1).one(db).await.unwrap().unwrap();
    let mut model = model.into_active_model();
    model.name = Set(name.to_owned());
    model.update(db).await.unwrap();
}

/// Waits until the list is a hit.
async fn warm(db: &CachedConnection, kind: &str) {
    let hits = || db.cache().stats().hits;
    let (deadline, before) = (Instant::now() + Duration::from_secs(30), hits());
    while hits() == before {
        assert!(Instant::now() < deadline, "{kind} is never kept");
        names(db, kind).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_between_hook_and_commit_leaves_nothing_behind_in_any_process() {
    let server = RedisServer::start();
    let (owned, processes, _home) = connections(&server).await;
    for (old, new) in [("one", "uno"), ("uno", "eins")] {
        for db in &processes {
            warm(db, "a").await;
        }
        let transaction = owned.begin().await.unwrap();
        rename(&transaction, new).await;
        for db in &processes {
            assert_eq!(names(db, "a").await, old);
        }
        transaction.commit().await.unwrap();
        for db in &processes {
            assert_eq!(names(db, "a").await, new, "at once, not soon after");
        }
        tokio::time::sleep(MAX_FENCE + Duration::from_millis(100)).await;
        for db in &processes {
            assert_eq!(names(db, "a").await, new);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_save_without_a_transaction_is_seen_at_once_in_every_process() {
    let server = RedisServer::start();
    let (owned, processes, _home) = connections(&server).await;
    for db in &processes {
        warm(db, "a").await;
    }
    for name in ["uno", "eins", "un"] {
        rename(&owned, name).await;
        for db in &processes {
            assert_eq!(names(db, "a").await, name);
        }
    }
}
