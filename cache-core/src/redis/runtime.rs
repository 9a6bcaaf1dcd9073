//! Where tasks run: in the caller's runtime, or, for a caller who has none, in one of our own.

use std::future::{Future, pending};
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use std::thread;

use tokio::runtime::{Builder, Handle};

use crate::error::{Error, ErrorKind, Result};

/// Runs a task that nobody waits for.
pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    match handle() {
        Ok(runtime) => drop(runtime.spawn(task)),
        Err(error) => tracing::error!(%error, "a task of the cache cannot run"),
    }
}

/// Runs a future where timers and sockets work, wherever it is polled.
pub(super) async fn within<T: Send + 'static>(
    future: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    if Handle::try_current().is_ok() { future.await } else { as_task(future).await }
}

/// Runs a future as a task, so that it does not depend on the runtime of whoever happens to poll it.
pub(super) async fn as_task<T: Send + 'static>(
    future: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let ended = |error| Error::new(ErrorKind::Unavailable, "the task of a command ended").with_source(error);
    handle()?.spawn(future).await.unwrap_or_else(|error| Err(ended(error)))
}

fn handle() -> Result<Handle> {
    static OWN: OnceLock<Option<Handle>> = OnceLock::new();
    if let Ok(runtime) = Handle::try_current() {
        return Ok(runtime);
    }
    let own = OWN.get_or_init(start).clone();
    own.ok_or_else(|| Error::new(ErrorKind::Unavailable, "no thread can be started for the cache"))
}

fn start() -> Option<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let (send, receive) = sync_channel(1);
    let run = move || {
        let _ = send.send(runtime.handle().clone());
        runtime.block_on(pending::<()>());
    };
    thread::Builder::new().name("query-cache".to_owned()).spawn(run).ok()?;
    receive.recv().ok()
}
