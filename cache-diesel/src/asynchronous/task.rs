//! What must not be cut short.

use std::future::Future;

use cache_core::{Error, ErrorKind, Result};
use tracing::Instrument;

/// Runs to its end, whoever goes away.
pub(super) async fn to_its_end<T: Send + 'static>(
    run: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    match tokio::spawn(run.in_current_span()).await {
        Ok(value) => Ok(value),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => {
            let message = "the runtime is shutting down: what was begun on the connection has not ended";
            Err(Error::new(ErrorKind::Unavailable, message))
        }
    }
}
