//! The databases that the tests run on.

use cache_core::schema::postgres;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use tempfile::TempDir;

use crate::servers::PostgresServer;

/// A kind of database. Whatever differs between them in the tests is asked of this.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Backend {
    /// A file.
    #[default]
    Sqlite,
    /// A database of a server that the process shares.
    Postgres,
}

/// How many connections the pool has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pool {
    /// One: whoever gets it knows that everybody before has finished with it.
    One,
    /// Several, which lock each other out as the database does.
    Several(u32),
}

/// What has to live as long as a connection is used.
#[derive(Debug)]
pub enum Home {
    /// The folder of a file.
    Folder(TempDir),
    /// A server that lives as long as the process.
    Server,
}

impl Backend {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Sqlite, Self::Postgres];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// A connection to a new, empty database.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub async fn open(self, pool: Pool) -> Result<(Home, DatabaseConnection), DbErr> {
        match self {
            Self::Sqlite => file(pool).await,
            Self::Postgres => Ok((Home::Server, PostgresServer::shared().database(pool.size()).await?)),
        }
    }

    /// Whether a statement only looks whether the schema has changed, which is nobody's read.
    #[must_use]
    pub fn looks_at_schema(sql: &str) -> bool {
        sql.starts_with("PRAGMA")
            || sql == postgres::queries::FINGERPRINT
            || sql == postgres::queries::SEARCH_PATH
    }
}

impl Pool {
    fn size(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Several(count) => count,
        }
    }
}

async fn file(pool: Pool) -> Result<(Home, DatabaseConnection), DbErr> {
    let folder = tempfile::tempdir().map_err(|error| DbErr::Custom(error.to_string()))?;
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("world.sqlite").display());
    let mut options = ConnectOptions::new(url);
    options.min_connections(1).max_connections(pool.size()).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|options| options.busy_timeout(std::time::Duration::from_millis(300)));
    let connection = Database::connect(options).await?;
    // What a crash of the machine would lose is no part of these tests.
    let journal = if pool.size() > 1 { "WAL" } else { "MEMORY" };
    connection
        .execute_unprepared(&format!("PRAGMA journal_mode = {journal}; PRAGMA synchronous = OFF"))
        .await?;
    Ok((Home::Folder(folder), connection))
}
