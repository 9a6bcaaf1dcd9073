//! What is left to the runtime of the caller.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use cache_core::{Error, ErrorKind, Result, sync};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::Instrument;

/// Starts a task in the caller's runtime or, where it has none, in one of the caches' own.
///
/// # Errors
/// [`ErrorKind::Unavailable`] if there can be none. The task is dropped.
pub(super) fn start(task: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    let task = task.in_current_span();
    match Handle::try_current() {
        Ok(runtime) => {
            runtime.spawn(task);
            Ok(())
        }
        Err(_) => sync::spawn(task),
    }
}

/// Runs to its end, whoever goes away. So does a panic reach the caller.
///
/// # Errors
/// [`ErrorKind::Unavailable`] if the runtime ends first.
pub(super) async fn to_its_end<T: Send + 'static>(
    run: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    let (send, ended) = oneshot::channel();
    start(async move {
        let _ = send.send(AssertUnwindSafe(run).catch_unwind().await);
    })?;
    match ended.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => resume_unwind(panic),
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
