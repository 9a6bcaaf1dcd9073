//! A database of each kind, made for the directed cases.

use std::sync::Arc;

use cache_core::Declaration;
use cache_diesel::{Cache, CachedConnection};
use cache_tests::backend::Backend;
use cache_tests::case::scopes;
use cache_tests::directed;
use cache_tests::servers::{MariaDb, PostgresServer};
use cache_tests::wrapped::{Sql, Wrapped};
use diesel::connection::SimpleConnection;
use diesel::{Connection, MysqlConnection, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// A database, and who keeps it.
pub(crate) enum Site {
    Sqlite(TempDir),
    Postgres(String),
    MariaDb { url: String, _server: Arc<MariaDb> },
}

/// Connections to it that share a cache.
pub(crate) struct Caches<'s> {
    site: &'s Site,
    pub(crate) cache: Cache,
}

impl Site {
    pub(crate) fn open(backend: Backend) -> Self {
        let site = match backend {
            Backend::Sqlite => Self::Sqlite(tempfile::tempdir().unwrap()),
            Backend::Postgres => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let server = PostgresServer::shared();
                Self::Postgres(server.url(&runtime.block_on(server.create()).unwrap()))
            }
            Backend::MariaDb => {
                let server = MariaDb::shared();
                let url = server.url(&server.database());
                Self::MariaDb { url, _server: server }
            }
        };
        let mut bare = site.bare();
        directed::schema(backend).iter().for_each(|statement| bare.batch(statement).unwrap());
        site
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
            Self::MariaDb { .. } => Backend::MariaDb,
        }
    }

    /// The rows are as they were in the beginning.
    pub(crate) fn reset(&self) {
        let mut bare = self.bare();
        directed::rows(self.backend()).for_each(|statement| bare.batch(statement).unwrap());
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => folder.path().join("site.db").display().to_string(),
            Self::Postgres(url) | Self::MariaDb { url, .. } => url.clone(),
        }
    }

    /// A connection without a cache.
    pub(crate) fn bare(&self) -> Box<dyn Sql> {
        match self {
            Self::Sqlite(_) => Box::new(self.sqlite()),
            Self::Postgres(url) => Box::new(PgConnection::establish(url).unwrap()),
            Self::MariaDb { url, .. } => Box::new(MysqlConnection::establish(url).unwrap()),
        }
    }

    /// A connection with a cache of its own.
    pub(crate) fn connect(&self) -> Box<dyn Wrapped> {
        self.caches().connect()
    }

    pub(crate) fn caches(&self) -> Caches<'_> {
        Caches { site: self, cache: Cache::from_url("memory://?private").unwrap() }
    }

    fn sqlite(&self) -> SqliteConnection {
        let mut bare = SqliteConnection::establish(&self.url()).unwrap();
        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; \
                        PRAGMA busy_timeout = 10000";
        bare.batch_execute(settings).unwrap();
        bare
    }
}

impl Caches<'_> {
    pub(crate) fn connect(&self) -> Box<dyn Wrapped> {
        match self.site {
            Site::Sqlite(_) => self.wrap(self.site.sqlite()),
            Site::Postgres(url) => self.wrap(PgConnection::establish(url).unwrap()),
            Site::MariaDb { url, .. } => self.wrap(MysqlConnection::establish(url).unwrap()),
        }
    }

    fn wrap<C: cache_diesel::Cacheable>(&self, bare: C) -> Box<dyn Wrapped>
    where
        CachedConnection<C>: Wrapped,
    {
        let mut conn = CachedConnection::new(bare, self.cache.clone()).unwrap();
        let declarations: [Declaration; 2] =
            [scopes("article", &[&["category"]]), scopes("author", &[&["region"]])];
        conn.declare(declarations).unwrap();
        Box::new(conn)
    }
}
