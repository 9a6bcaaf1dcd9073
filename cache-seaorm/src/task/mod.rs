//! Work that its caller cannot cut short.

mod in_place;

use std::future::Future;

use cache_core::Error;
use sea_orm::{DbErr, RuntimeErr};
use tokio::task::JoinError;
use tracing::Instrument;

pub(crate) use in_place::InPlace;

/// Runs the future to its end even if the caller goes away or does not go on: a write that reached the database is
/// published.
///
/// The caller's tracing span goes along, and so does a panic.
pub(crate) async fn finish<T: Send + 'static>(
    future: impl Future<Output = Result<T, DbErr>> + Send + 'static,
) -> Result<T, DbErr> {
    ended(tokio::spawn(future.in_current_span()).await)
}

fn ended<T>(result: Result<Result<T, DbErr>, JoinError>) -> Result<T, DbErr> {
    result.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(DbErr::Custom("the runtime is shutting down".to_owned())),
    })
}

/// What a caller is told whose write was not made, because the cache server could not be told.
pub(crate) fn refused(error: Error) -> DbErr {
    let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
    DbErr::Exec(RuntimeErr::Internal(format!("{error}{source}")))
}
