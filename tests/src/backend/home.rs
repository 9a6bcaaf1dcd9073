//! An empty database of any kind, and what has to live as long as a connection to it.

use std::sync::Arc;
use std::time::Duration;

use cache_core::schema::{mysql, postgres};
use sea_orm::sqlx::mysql::MySqlPoolOptions;
use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::sqlx::sqlite::SqlitePoolOptions;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, SqlxMySqlConnector,
    SqlxPostgresConnector, SqlxSqliteConnector,
};
use tempfile::TempDir;

use super::Backend;
use crate::servers::{MariaDb, PostgresServer};

/// How many connections the pool has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pool {
    /// One: whoever gets it knows that everybody before has finished with it.
    One,
    /// Several, which lock each other out as the database does.
    Several(u32),
}

impl Pool {
    fn size(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Several(count) => count,
        }
    }
}

/// What has to live as long as a connection is used.
#[derive(Debug)]
pub enum Home {
    /// The folder of a file.
    Folder(TempDir),
    /// A server that lives as long as the process.
    Server,
    /// A server that lives as long as any of those who share it.
    Shared(Arc<MariaDb>),
}

impl Backend {
    /// A connection to a new, empty database.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub async fn open(self, pool: Pool) -> Result<(Home, DatabaseConnection), DbErr> {
        match self {
            Self::Sqlite => file(pool).await,
            Self::Postgres => Ok((Home::Server, PostgresServer::shared().database(pool.size()).await?)),
            Self::MariaDb => {
                let server = MariaDb::shared();
                let options = options(server.url(&server.database()), pool);
                Ok((Home::Shared(server), Database::connect(options).await?))
            }
        }
    }

    /// What keeps a server from ending between two databases, where it ends with the last of those who share it.
    #[must_use]
    pub fn hold(self) -> Option<Home> {
        (self == Self::MariaDb).then(|| Home::Shared(MariaDb::shared()))
    }

    /// Whether a statement only looks whether the schema has changed, which is nobody's read.
    #[must_use]
    pub fn looks_at_schema(sql: &str) -> bool {
        sql.starts_with("PRAGMA")
            || sql == mysql::queries::FINGERPRINT
            || sql == postgres::queries::FINGERPRINT
            || sql == postgres::queries::SEARCH_PATH
    }
}

/// Another pool, of one connection, to the database of this one.
///
/// # Errors
///
/// If the database cannot be reached.
pub async fn another(of: &DatabaseConnection) -> Result<DatabaseConnection, DbErr> {
    macro_rules! one {
        ($pool:ident, $options:ident, $connector:ident, $from:ident) => {{
            let options = of.$pool().connect_options().as_ref().clone();
            let pool = $options::new().max_connections(1).connect_with(options).await;
            Ok($connector::$from(pool.map_err(|error| DbErr::Custom(error.to_string()))?))
        }};
    }
    match of.get_database_backend() {
        DbBackend::Sqlite => {
            one!(get_sqlite_connection_pool, SqlitePoolOptions, SqlxSqliteConnector, from_sqlx_sqlite_pool)
        }
        DbBackend::Postgres => {
            one!(get_postgres_connection_pool, PgPoolOptions, SqlxPostgresConnector, from_sqlx_postgres_pool)
        }
        DbBackend::MySql => {
            one!(get_mysql_connection_pool, MySqlPoolOptions, SqlxMySqlConnector, from_sqlx_mysql_pool)
        }
        other => Err(DbErr::Custom(format!("no tests run on {other:?}"))),
    }
}

fn options(url: String, pool: Pool) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.min_connections(1).max_connections(pool.size()).sqlx_logging(false);
    options
}

async fn file(pool: Pool) -> Result<(Home, DatabaseConnection), DbErr> {
    let folder = tempfile::tempdir().map_err(|error| DbErr::Custom(error.to_string()))?;
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("world.sqlite").display());
    let mut options = options(url, pool);
    options.map_sqlx_sqlite_opts(|options| options.busy_timeout(Duration::from_millis(300)));
    let connection = Database::connect(options).await?;
    // What a crash of the machine would lose is no part of these tests.
    let journal = if pool.size() > 1 { "WAL" } else { "MEMORY" };
    connection
        .execute_unprepared(&format!("PRAGMA journal_mode = {journal}; PRAGMA synchronous = OFF"))
        .await?;
    Ok((Home::Folder(folder), connection))
}
