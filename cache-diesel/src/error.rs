//! The cache's refusals in Diesel's terms, and the database's in the cache's.

use cache_core::schema::Dialect;
use cache_core::session::Outcome;
use cache_core::{Error, ErrorKind};
use diesel::result::DatabaseErrorKind::{self, *};
use diesel::result::Error as DieselError;

use crate::backend::CacheBackend;

/// What a caller is told whose statement was not run because of the cache.
pub(crate) fn refused(error: Error) -> DieselError {
    DieselError::QueryBuilderError(Box::new(error))
}

/// What a caller is told who attaches a connection in a transaction.
pub(crate) fn transaction_is_open() -> Error {
    let message =
        "a transaction is open; attach the connection to a cache before its beginning or after its end";
    Error::new(ErrorKind::Configuration, message)
}

/// What came of a statement that failed with this error.
pub(crate) fn failure<DB: CacheBackend>(error: &DieselError) -> Outcome<'static> {
    match error {
        DieselError::DatabaseError(kind, _) => {
            code(DB::DIALECT, kind).map_or(Outcome::Failed, Outcome::Refused)
        }
        _ => Outcome::Failed,
    }
}

/// A code for which the database says this, if it has one with which it refuses a statement: Diesel keeps no others.
fn code(dialect: Dialect, kind: &DatabaseErrorKind) -> Option<&'static str> {
    match (dialect, kind) {
        (Dialect::Sqlite, UniqueViolation) => Some("2067"),
        (Dialect::Sqlite, ForeignKeyViolation) => Some("787"),
        (Dialect::Sqlite, NotNullViolation) => Some("1299"),
        (Dialect::Sqlite, CheckViolation) => Some("275"),
        (Dialect::Postgres, RestrictViolation | ExclusionViolation) => Some("23000"),
        (Dialect::Postgres, ReadOnlyTransaction) => Some("25006"),
        (Dialect::Postgres, SerializationFailure) => Some("40001"),
        (
            Dialect::Postgres | Dialect::MySql,
            UniqueViolation | ForeignKeyViolation | NotNullViolation | CheckViolation,
        ) => Some("23000"),
        _ => None,
    }
}
