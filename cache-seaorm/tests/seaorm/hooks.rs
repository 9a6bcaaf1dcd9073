//! `#[cache(hooks)]` on a connection that is not wrapped.

use std::time::Duration;

use cache_seaorm::{Cache, CacheExt, CachedConnection};
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DatabaseConnection, IntoActiveModel, TransactionTrait, entity::*, query::*};
use tokio::time::sleep;

use crate::shop::connect;

mod hooked {
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

/// The framework's connection, and a cached one to the same file.
async fn connections() -> (DatabaseConnection, CachedConnection, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("hooked.db").display());
    let owned = connect(&url).await;
    let ddl = "CREATE TABLE hooked (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL)";
    owned.execute_unprepared(ddl).await.unwrap();
    owned.execute_unprepared("INSERT INTO hooked VALUES (1, 'one', 'a'), (2, 'two', 'b')").await.unwrap();
    let cache = Cache::from_url("memory://?private").unwrap();
    let cached = CachedConnection::new(connect(&url).await, cache).await.unwrap();
    (owned, cached, folder)
}

async fn names(db: &CachedConnection, kind: &str) -> Vec<String> {
    let rows = hooked::Entity::find().filter(hooked::Column::Kind.eq(kind)).cached().all(db).await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

async fn one<C: ConnectionTrait>(db: &C) -> hooked::ActiveModel {
    hooked::Entity::find_by_id(1).one(db).await.unwrap().unwrap().into_active_model()
}

#[tokio::test]
async fn saves_and_deletes_invalidate() {
    let (owned, cached, _folder) = connections().await;
    assert_eq!(names(&cached, "a").await, ["one"]);
    let mut model = one(&owned).await;
    model.name = Set("uno".into());
    model.update(&owned).await.unwrap();
    assert_eq!(names(&cached, "a").await, ["uno"]);

    let three =
        hooked::ActiveModel { name: Set("three".into()), kind: Set("a".into()), ..Default::default() };
    let three = three.insert(&owned).await.unwrap();
    assert_eq!(names(&cached, "a").await, ["uno", "three"]);
    three.delete(&owned).await.unwrap();
    assert_eq!(names(&cached, "a").await, ["uno"]);

    assert_eq!(names(&cached, "b").await, ["two"]);
    let mut model = one(&owned).await;
    model.kind = Set("b".into());
    model.update(&owned).await.unwrap();
    assert_eq!(names(&cached, "a").await, [] as [&str; 0]);
    assert_eq!(names(&cached, "b").await, ["uno", "two"]);
}

#[tokio::test]
async fn a_read_between_hook_and_commit_is_forgotten_soon_after() {
    let (owned, cached, _folder) = connections().await;
    let tx = owned.begin().await.unwrap();
    let mut model = one(&tx).await;
    model.name = Set("uno".into());
    model.update(&tx).await.unwrap();
    assert_eq!(names(&cached, "a").await, ["one"]);
    tx.commit().await.unwrap();
    for _ in 0..400 {
        if names(&cached, "a").await == ["uno"] {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("stale for two seconds");
}

#[tokio::test]
async fn a_wrapped_connection_knows_more_than_its_hooks() {
    let (_owned, cached, _folder) = connections().await;
    names(&cached, "b").await;
    let before = cached.cache().stats();
    let mut model = one(&cached).await;
    model.name = Set("uno".into());
    model.update(&cached).await.unwrap();
    names(&cached, "b").await;
    let after = cached.cache().stats();
    assert_eq!((after.misses, after.hits), (before.misses, before.hits + 1), "the list of b is untouched");
}
