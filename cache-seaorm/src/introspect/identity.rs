//! Which SQLite database it is.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use cache_core::{Error, ErrorKind, Result};
use sea_orm::{DatabaseConnection, DatabaseConnectionType};

use super::Identity;

/// A file is itself, by whatever path: its canonical path, and its place in the file system in case the path
/// is given to another file. A database in memory is a life of its own.
pub(super) fn of(db: &DatabaseConnection, file: &str) -> Result<Identity> {
    if file.is_empty() { Ok(in_memory(db)) } else { in_file(Path::new(file)) }
}

fn in_file(file: &Path) -> Result<Identity> {
    let name = |path: &Path| -> std::io::Result<String> {
        let metadata = path.metadata()?;
        Ok(format!("sqlite:{}#{}", path.canonicalize()?.display(), inode(&metadata)))
    };
    let name = name(file).map_err(|source| {
        let message = format!("the database file {} cannot be examined", file.display());
        Error::new(ErrorKind::Schema, message).with_source(source)
    })?;
    Ok(Identity { name, session: String::new(), _life: Arc::default() })
}

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{}:{}", metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn inode(_metadata: &std::fs::Metadata) -> String {
    String::new()
}

/// The lives of databases in memory, by name.
static LIVES: LazyLock<Mutex<HashMap<String, Life>>> = LazyLock::new(Mutex::default);

struct Life {
    id: u64,
    holders: Weak<()>,
}

/// sqlx gives every database in memory a name, which the clones of one pool share. Without one (another
/// driver) every connection counts as a database.
fn in_memory(db: &DatabaseConnection) -> Identity {
    let mut lives = LIVES.lock().unwrap_or_else(PoisonError::into_inner);
    lives.retain(|_, life| life.holders.strong_count() > 0);
    let name = pool_name(db);
    let known = name.as_ref().and_then(|name| lives.get(name));
    if let Some((id, life)) = known.and_then(|life| Some((life.id, life.holders.upgrade()?))) {
        return named(id, life);
    }
    let (id, life) = (random(), Arc::default());
    if let Some(name) = name {
        lives.insert(name, Life { id, holders: Arc::downgrade(&life) });
    }
    named(id, life)
}

fn named(id: u64, life: Arc<()>) -> Identity {
    Identity { name: format!("sqlite:memory:{id:016x}"), session: String::new(), _life: life }
}

fn pool_name(db: &DatabaseConnection) -> Option<String> {
    match &db.inner {
        DatabaseConnectionType::SqlxSqlitePoolConnection(_) => {
            let options = db.get_sqlite_connection_pool().connect_options();
            Some(options.get_filename().display().to_string())
        }
        #[allow(unreachable_patterns, reason = "SeaORM's features add drivers")]
        _ => None,
    }
}

fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
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
        assert_eq!(identity(&one).await.unwrap().name, identity(&other).await.unwrap().name);

        let second = Database::connect(url(&folder.path().join("b.db"))).await.unwrap();
        assert_ne!(identity(&one).await.unwrap().name, identity(&second).await.unwrap().name);
    }

    #[tokio::test]
    async fn every_database_in_memory_is_one_of_its_own() {
        let one = Database::connect("sqlite::memory:").await.unwrap();
        let other = Database::connect("sqlite::memory:").await.unwrap();
        let first = identity(&one).await.unwrap();
        assert_eq!(first.name, identity(&one.clone()).await.unwrap().name);
        assert_ne!(first.name, identity(&other).await.unwrap().name);
    }

    #[tokio::test]
    async fn a_name_in_memory_that_is_used_again_is_another_database() {
        let url = "sqlite:file:again?mode=memory&cache=shared";
        let first = identity(&Database::connect(url).await.unwrap()).await.unwrap();
        let name = first.name.clone();
        drop(first);
        assert_ne!(name, identity(&Database::connect(url).await.unwrap()).await.unwrap().name);
    }
}
