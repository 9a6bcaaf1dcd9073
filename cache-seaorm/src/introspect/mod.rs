//! Reading the schema, its change fingerprint and the identity of the database behind a connection.

#[cfg(feature = "sqlite")]
mod identity;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod sqlite_tests;

use cache_core::schema::{Dialect, Schema};
use cache_core::session::{AskFate, Identity, Introspect, Reading};
use cache_core::{Error, ErrorKind, Result};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr};

/// The databases that can be introspected.
enum Readable {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
    #[cfg(feature = "mysql")]
    MySql,
}

/// What a database that is not looked at has: no tables.
///
/// # Errors
/// [`ErrorKind::Schema`] if the connection is not connected to any.
pub(crate) fn unread(db: &DatabaseConnection) -> Result<Schema> {
    connected(db)?;
    // A database without a dialect of ours is not understood, and needs not be.
    Schema::new(dialect(db.get_database_backend()).unwrap_or(Dialect::Sqlite), [], [])
}

/// The dialect that a backend speaks, if it is a known one.
pub(crate) fn dialect(backend: DbBackend) -> Option<Dialect> {
    match backend {
        DbBackend::Sqlite => Some(Dialect::Sqlite),
        DbBackend::Postgres => Some(Dialect::Postgres),
        DbBackend::MySql => Some(Dialect::MySql),
        _ => None,
    }
}

fn connected(db: &DatabaseConnection) -> Result<()> {
    if matches!(db.inner, DatabaseConnectionType::Disconnected) {
        return Err(Error::new(ErrorKind::Schema, "the connection is not connected; connect it first"));
    }
    Ok(())
}

fn readable(db: &DatabaseConnection) -> Result<Readable> {
    connected(db)?;
    let what = match db.get_database_backend() {
        _ if db.is_mock_connection() => "a mock connection",
        #[cfg(feature = "sqlite")]
        DbBackend::Sqlite => return Ok(Readable::Sqlite),
        #[cfg(not(feature = "sqlite"))]
        DbBackend::Sqlite => "SQLite without the feature `sqlite`",
        #[cfg(feature = "postgres")]
        DbBackend::Postgres => return Ok(Readable::Postgres),
        #[cfg(not(feature = "postgres"))]
        DbBackend::Postgres => "PostgreSQL without the feature `postgres`",
        #[cfg(feature = "mysql")]
        DbBackend::MySql => return Ok(Readable::MySql),
        #[cfg(not(feature = "mysql"))]
        DbBackend::MySql => "MySQL without the feature `mysql`",
        _ => "this database",
    };
    let message =
        format!("the schema of {what} cannot be read; declare it with `CachedConnection::with_schema`");
    Err(Error::new(ErrorKind::Schema, message))
}

/// Reads the schema.
///
/// # Errors
/// [`ErrorKind::Schema`] if the database does not answer or cannot be introspected.
async fn read(db: &DatabaseConnection) -> Result<Reading> {
    match readable(db)? {
        #[cfg(feature = "sqlite")]
        Readable::Sqlite => sqlite::read(db).await,
        #[cfg(feature = "postgres")]
        Readable::Postgres => postgres::read(db).await,
        #[cfg(feature = "mysql")]
        Readable::MySql => mysql::read(db).await,
    }
}

/// Reads the fingerprint alone, which is cheap.
///
/// # Errors
/// As [`read`].
async fn fingerprint(db: &DatabaseConnection) -> Result<u64> {
    match readable(db)? {
        #[cfg(feature = "sqlite")]
        Readable::Sqlite => sqlite::fingerprint(db).await.map_err(failed),
        #[cfg(feature = "postgres")]
        Readable::Postgres => postgres::fingerprint(db).await.map_err(failed),
        #[cfg(feature = "mysql")]
        Readable::MySql => mysql::fingerprint(db).await,
    }
}

/// Which database it is.
///
/// # Errors
/// As [`read`].
pub(crate) async fn identity(db: &DatabaseConnection) -> Result<Identity> {
    match readable(db)? {
        #[cfg(feature = "sqlite")]
        Readable::Sqlite => {
            let seen_by = sqlite::seen_by(db).await?;
            Ok(identity::of(db, &sqlite::file(db).await.map_err(failed)?)?.seen_by(seen_by))
        }
        #[cfg(feature = "postgres")]
        Readable::Postgres => postgres::identity(db).await,
        #[cfg(feature = "mysql")]
        Readable::MySql => mysql::identity(db).await,
    }
}

/// Whether the server follows another one, which it may lag behind, as far as it says so.
///
/// # Errors
/// As [`read`].
pub(crate) async fn is_replica(db: &DatabaseConnection) -> Result<bool> {
    match readable(db)? {
        #[cfg(feature = "postgres")]
        Readable::Postgres => postgres::is_replica(db).await,
        #[allow(unreachable_patterns, reason = "PostgreSQL may be the only one")]
        _ => Ok(false),
    }
}

/// How the database is asked what became of its transactions, if it can be.
pub(crate) fn ask_fate(db: &DatabaseConnection) -> Option<AskFate> {
    match readable(db).ok()? {
        #[cfg(feature = "postgres")]
        Readable::Postgres => {
            let db = db.clone();
            Some(Box::new(move |number| {
                let db = db.clone();
                Box::pin(async move { postgres::fate(&db, number).await })
            }))
        }
        #[allow(unreachable_patterns, reason = "PostgreSQL may be the only one")]
        _ => None,
    }
}

/// The number of the transaction that is open on a connection, if it has written and the database numbers them.
pub(crate) async fn transaction(db: &impl ConnectionTrait) -> Option<String> {
    match db.get_database_backend() {
        #[cfg(feature = "postgres")]
        DbBackend::Postgres => postgres::transaction(db).await,
        _ => None,
    }
}

#[cfg_attr(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")), allow(dead_code))]
fn failed(error: DbErr) -> Error {
    Error::new(ErrorKind::Schema, "the schema of the database could not be read").with_source(error)
}

/// The introspection of a connection when it is wrapped.
pub(crate) struct Opening<'a>(pub(crate) &'a DatabaseConnection);

impl Introspect for Opening<'_> {
    async fn read(&mut self) -> Result<Reading> {
        read(self.0).await
    }

    async fn fingerprint(&mut self) -> Result<u64> {
        fingerprint(self.0).await
    }
}

/// The introspection of a connection that was wrapped as that of a primary server.
pub(crate) struct Introspection<'a>(pub(crate) &'a DatabaseConnection);

impl Introspect for Introspection<'_> {
    /// What a server shows that has begun to follow another one may be older than what is kept.
    async fn read(&mut self) -> Result<Reading> {
        if is_replica(self.0).await? {
            let message =
                "the server follows another one now; connect to that, or wrap this with `on_replica`";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        read(self.0).await
    }

    async fn fingerprint(&mut self) -> Result<u64> {
        fingerprint(self.0).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::MockDatabase;

    #[tokio::test]
    async fn what_cannot_be_introspected_says_what_to_do() {
        let mock = MockDatabase::new(DbBackend::Sqlite).into_connection();
        let error = read(&mock).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the schema of a mock connection cannot be read; declare it with `CachedConnection::with_schema`"
        );
        let error = read(&DatabaseConnection::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "the connection is not connected; connect it first");
    }
}
