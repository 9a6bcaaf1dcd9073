//! Which SQLite database it is.

use std::path::Path;

use cache_core::Result;
use cache_core::session::Identity;
use sea_orm::{DatabaseConnection, DatabaseConnectionType};

/// sqlx gives every database in memory a name, which the clones of one pool share.
pub(super) fn of(db: &DatabaseConnection, file: &str) -> Result<Identity> {
    if file.is_empty() { Ok(Identity::in_memory(pool_name(db))) } else { Identity::of_file(Path::new(file)) }
}

fn pool_name(db: &DatabaseConnection) -> Option<String> {
    match &db.inner {
        DatabaseConnectionType::SqlxSqlitePoolConnection(_) => {
            let options = db.get_sqlite_connection_pool().connect_options();
            let file = options.get_filename().display().to_string();
            Some(file.strip_prefix("file:").map_or(file.clone(), str::to_owned))
        }
        #[allow(unreachable_patterns, reason = "SeaORM's features add drivers")]
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::identity;
    use super::*;
    use sea_orm::Database;

    #[tokio::test]
    async fn a_file_is_itself_by_every_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let url = |path: &Path| format!("sqlite:{}?mode=rwc", path.display());
        let one = Database::connect(url(&path)).await.unwrap();
        let other = Database::connect(url(&folder.path().join(".").join("a.db"))).await.unwrap();
        assert_eq!(identity(&one).await.unwrap().name(), identity(&other).await.unwrap().name());

        let second = Database::connect(url(&folder.path().join("b.db"))).await.unwrap();
        assert_ne!(identity(&one).await.unwrap().name(), identity(&second).await.unwrap().name());
    }

    #[tokio::test]
    async fn every_database_in_memory_is_one_of_its_own() {
        let one = Database::connect("sqlite::memory:").await.unwrap();
        let other = Database::connect("sqlite::memory:").await.unwrap();
        let first = identity(&one).await.unwrap();
        assert_eq!(first.name(), identity(&one.clone()).await.unwrap().name());
        assert_ne!(first.name(), identity(&other).await.unwrap().name());
    }

    #[tokio::test]
    async fn a_name_in_memory_that_is_used_again_is_another_database() {
        let url = "sqlite:file:again?mode=memory&cache=shared";
        let first = identity(&Database::connect(url).await.unwrap()).await.unwrap();
        let name = first.name().to_owned();
        drop(first);
        assert_ne!(name, identity(&Database::connect(url).await.unwrap()).await.unwrap().name());
    }
}
