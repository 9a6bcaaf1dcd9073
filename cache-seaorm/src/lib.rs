//! Cached SeaORM queries that invalidate themselves.
//!
//! Wrap the connection, add `.cached()` to the reads worth it, and write as before. Whatever commits through
//! the wrapped connection makes exactly the affected results miss.
//!
//! ```
//! use cache_seaorm::{Cache, CacheDeps, CacheExt, CachedConnection};
//! use sea_orm::{ActiveValue::Set, Database, DbErr, entity::*, query::*};
//!
//! mod article {
//!     use cache_seaorm::CacheDeps;
//!     use sea_orm::entity::prelude::*;
//!
//!     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, CacheDeps)]
//!     #[sea_orm(table_name = "article")]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i64,
//!         pub title: String,
//!         #[cache(scope)]
//!         pub category: String,
//!     }
//!
//!     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//!
//!     impl ActiveModelBehavior for ActiveModel {}
//! }
//! use article::{ActiveModel, Column, Entity as Article, Model};
//!
//! async fn titles(db: &CachedConnection, category: &str) -> Result<Vec<String>, DbErr> {
//!     let articles = Article::find().filter(Column::Category.eq(category)).cached().all(db).await?;
//!     Ok(articles.into_iter().map(|article| article.title).collect())
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cache = Cache::from_url("memory://")?;
//! let db = CachedConnection::new(Database::connect("sqlite::memory:").await?, cache).await?;
//! db.execute_unprepared("CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT, category TEXT)").await?;
//!
//! let article = ActiveModel { title: Set("Pins".into()), category: Set("rust".into()), ..Default::default() };
//! let article: Model = article.insert(&db).await?;
//! assert_eq!(titles(&db, "rust").await?, ["Pins"]);
//!
//! let mut article = article.into_active_model();
//! article.title = Set("Pins and needles".into());
//! article.update(&db).await?;
//! assert_eq!(titles(&db, "rust").await?, ["Pins and needles"]);
//! # Ok(())
//! # }
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | `connection`, `transaction`, `stream` | [`CachedConnection`], [`CachedTransaction`]: SeaORM's own traits |
//! | `statement`, `task` | the one way of every statement; writes that cannot be cut short |
//! | `query`, `block` | `.cached()` and tracked blocks |
//! | `codec` | models as the values of their columns, everything else by serde |
//! | `introspect`, `schema_watch` | reading the schema, and noticing when it changes |
//! | `values`, `rows` | SeaORM's values and rows as canonical values |
//! | `deps`, `scope_column` | what entities declare |
//! | `entity_deps` | dependencies by entity, for values put by hand |
//! | `changed`, `hooks`, `tripwire` | writes that the connection does not see |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod block;
mod changed;
mod codec;
mod connection;
mod deps;
mod entity_deps;
mod explain;
mod hooks;
mod introspect;
mod load;
mod query;
mod rows;
mod schema_watch;
mod scope_column;
mod statement;
mod stream;
mod task;
mod transaction;
mod tripwire;
mod values;

pub use block::{Block, CachedBlock, EitherBlock, TransactionBlock};
pub use cache_core::session::BeforeImages;
pub use cache_core::{Cache, Declaration, Dep, EntryKey, Error, ErrorKind, Policy, Skip};
pub use cache_derive::{CacheDeps, cached_query};
pub use changed::Changed;
pub use codec::{CacheEntity, CacheValue};
pub use connection::CachedConnection;
pub use deps::{CacheDeps, declaration};
pub use entity_deps::{EntityDeps, ScopeValues};
pub use explain::Explained;
pub use query::{
    CacheConnection, CacheExt, CacheLoad, CacheQuery, CacheRows, Cached, CachedCursor, CachedPaginator, Form,
    Owned, Shared,
};
pub use scope_column::ScopeColumn;
pub use stream::CachedStream;
pub use transaction::CachedTransaction;

/// `.cached()`, and dependencies by entity; import it as a whole.
pub mod prelude {
    pub use crate::{CacheExt as _, CacheLoad as _, EntityDeps as _};
}

/// What the cache tells: events, sources, numbers.
pub mod cache {
    pub use cache_core::cache::{Event, Inspection, MissReason, Reason, Source, Stats, Subscription};
    pub use cache_core::session::{Explanation, ReadExplanation, WriteExplanation};
}

/// Schemas declared by hand, for connections whose schema cannot be read.
pub mod schema {
    pub use cache_core::schema::*;
}

/// What the derives' output names.
#[doc(hidden)]
pub mod __private {
    pub use crate::hooks::{after_delete, after_save};
    pub use cache_core::entity::Registered;
    pub use {async_trait, inventory, sea_orm};
}
