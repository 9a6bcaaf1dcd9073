//! The application under test: authors, their articles, tags.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache_seaorm::{Cache, CachedConnection};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

use crate::database::{self, Home};

pub mod author {
    use cache_seaorm::CacheDeps;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, CacheDeps)]
    #[sea_orm(table_name = "author")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::article::Entity")]
        Article,
    }

    impl Related<super::article::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Article.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod article {
    use cache_seaorm::CacheDeps;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, CacheDeps)]
    #[sea_orm(table_name = "article")]
    #[cache(scope(published, category))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub published: bool,
        pub category: String,
        pub score: f64,
        #[cache(scope)]
        pub author_id: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::author::Entity",
            from = "Column::AuthorId",
            to = "super::author::Column::Id"
        )]
        Author,
    }

    impl Related<super::author::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Author.def()
        }
    }

    impl Related<super::tag::Entity> for Entity {
        fn to() -> RelationDef {
            super::article_tag::Relation::Tag.def()
        }

        fn via() -> Option<RelationDef> {
            Some(super::article_tag::Relation::Article.def().rev())
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod tag {
    use cache_seaorm::CacheDeps;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, CacheDeps)]
    #[sea_orm(table_name = "tag")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub label: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod article_tag {
    use cache_seaorm::CacheDeps;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, CacheDeps)]
    #[sea_orm(table_name = "article_tag")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub article_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub tag_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::article::Entity",
            from = "Column::ArticleId",
            to = "super::article::Column::Id"
        )]
        Article,
        #[sea_orm(belongs_to = "super::tag::Entity", from = "Column::TagId", to = "super::tag::Column::Id")]
        Tag,
    }

    impl Related<super::article::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Article.def()
        }
    }

    impl Related<super::tag::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Tag.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub use crate::database::DDL;

/// A database of its own. Dereferences to its cached connection.
pub struct Shop {
    db: CachedConnection,
    /// The same database by another pool, unseen.
    pub unseen: DatabaseConnection,
    selects: Arc<AtomicUsize>,
    pub url: String,
    _home: Home,
}

impl Deref for Shop {
    type Target = CachedConnection;

    fn deref(&self) -> &CachedConnection {
        &self.db
    }
}

impl Shop {
    /// How many SELECTs have reached the database since the last call.
    pub fn selects(&self) -> usize {
        self.selects.swap(0, Ordering::SeqCst)
    }
}

/// Of each pool, at most.
pub const CONNECTIONS: u32 = 4;

pub async fn connect(url: &str) -> DatabaseConnection {
    connect_by(url, CONNECTIONS).await
}

async fn connect_by(url: &str, connections: u32) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).sqlx_logging(false);
    database::prepare(&mut options);
    Database::connect(options).await.unwrap()
}

/// The shop without a cache.
pub async fn plain() -> (DatabaseConnection, Home) {
    let (url, home) = database::create().await;
    let db = connect(&url).await;
    db.execute_unprepared(DDL).await.unwrap();
    (db, home)
}

pub async fn shop() -> Shop {
    shop_with(Cache::from_url("memory://?private").unwrap()).await
}

/// A pool of one connection: who gets it comes after whatever was left on it.
pub async fn narrow_shop() -> Shop {
    open(Cache::from_url("memory://?private").unwrap(), 1).await
}

pub async fn shop_with(cache: Cache) -> Shop {
    open(cache, 4).await
}

async fn open(cache: Cache, connections: u32) -> Shop {
    let (url, home) = database::create().await;
    let unseen = connect(&url).await;
    unseen.execute_unprepared(DDL).await.unwrap();
    let mut inner = connect_by(&url, connections).await;
    let selects = Arc::new(AtomicUsize::new(0));
    let count = selects.clone();
    inner.set_metric_callback(move |info| {
        let sql = &info.statement.sql;
        let is_of_catalog =
            ["sqlite_master", "pragma_", "pg_", "information_schema"].iter().any(|part| sql.contains(part));
        if sql.starts_with("SELECT") && !is_of_catalog {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let db = CachedConnection::new(inner, cache).await.unwrap();
    selects.store(0, Ordering::SeqCst);
    Shop { db, unseen, selects, url, _home: home }
}
