//! The database that the benchmarks read and write: a blog in a SQLite file.

use cache_seaorm::{Cache, CacheDeps, CachedConnection};
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, Set};
use tempfile::TempDir;

/// An article.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, CacheDeps)]
#[sea_orm(table_name = "article")]
pub struct Model {
    /// Its key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it is about.
    #[cache(scope)]
    pub category: String,
    /// Its title.
    pub title: String,
    /// How often it was read.
    pub views: i64,
}

/// Articles refer to nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One connection, bare and wrapped.
pub struct Blog {
    /// SeaORM's own connection.
    pub bare: DatabaseConnection,
    /// The same, wrapped, with a cache of its own.
    pub db: CachedConnection,
    _folder: TempDir,
}

impl std::fmt::Debug for Blog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blog")
    }
}

impl Blog {
    /// A blog with this many articles in each category: `c1`, `c10`, `c100` and `c1000` have as many as they say.
    pub async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("blog.sqlite").display());
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let bare = Database::connect(options).await.unwrap();
        bare.execute_unprepared("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF").await.unwrap();
        bare.execute_unprepared(
            "CREATE TABLE article (id INTEGER PRIMARY KEY, category TEXT NOT NULL, title TEXT NOT NULL, \
             views INTEGER NOT NULL); CREATE INDEX by_category ON article (category)",
        )
        .await
        .unwrap();
        for size in [1, 10, 100, 1_000] {
            let rows = (0..size).map(|number| ActiveModel {
                category: Set(format!("c{size}")),
                title: Set(format!("The title of article number {number}")),
                views: Set(0),
                ..Default::default()
            });
            Entity::insert_many(rows).exec(&bare).await.unwrap();
        }
        let cache = Cache::from_url("memory://?private").unwrap();
        // One thread of SQLite's serves both: which of two is the one that has to be woken would decide the ratio.
        let db = CachedConnection::new(bare.clone(), cache).await.unwrap();
        Self { bare, db, _folder: folder }
    }
}
