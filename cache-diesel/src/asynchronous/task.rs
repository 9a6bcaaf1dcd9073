//! What is left to the runtime of the caller.

use std::future::{Future, pending};
use std::time::Duration;

use cache_core::{Error, ErrorKind, Result};
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
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

/// A timer of the runtime that it is polled in. Without one it never ends.
pub(super) fn sleep(duration: Duration) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        match Handle::try_current() {
            Ok(_) => tokio::time::sleep(duration).await,
            Err(_) => pending().await,
        }
    })
}
