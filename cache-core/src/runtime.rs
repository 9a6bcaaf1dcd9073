//! Where tasks run: in the caller's runtime, or, for a caller who has none, in one of our own.

use std::future::{Future, pending};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

#[cfg(feature = "redis")]
use futures_util::FutureExt;
use tokio::runtime::{Builder, Handle, RuntimeFlavor};

use crate::error::{Error, ErrorKind, Result};

/// Whether a caller of this process blocks its thread while it waits. The runtime of that thread may then be the
/// one that would have to go on, so nothing is left to callers' runtimes.
static CALLERS_BLOCK: AtomicBool = AtomicBool::new(false);

/// From now on everything runs in a runtime of our own.
#[cfg(feature = "sync")]
pub(crate) fn keep_apart() {
    CALLERS_BLOCK.store(true, Ordering::Release);
}

/// Whether nothing is left to callers' runtimes.
pub(crate) fn is_apart() -> bool {
    CALLERS_BLOCK.load(Ordering::Acquire)
}

/// Whether timers and sockets work right here.
#[cfg(feature = "redis")]
pub(crate) fn is_here() -> bool {
    callers_runtime().is_some()
}

/// Runs a task that nobody waits for.
#[cfg(feature = "redis")]
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    match handle() {
        Ok(runtime) => drop(runtime.spawn(task)),
        Err(error) => tracing::error!(%error, "a task of the cache cannot run"),
    }
}

/// Runs a future where timers and sockets work, wherever it is polled. It is called where it is polled first.
#[cfg(feature = "redis")]
pub(crate) fn within<T: Send + 'static>(
    future: impl Future<Output = Result<T>> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send + 'static {
    // An async function would be as large as both together.
    if is_here() { future.left_future() } else { as_task(future).right_future() }
}

/// Runs a future as a task, so that it does not depend on the runtime of whoever happens to poll it: one that runs only
/// while a caller blocks on it may stand still before the task has ended.
pub(crate) async fn as_task<T: Send + 'static>(
    future: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let ended = |error| Error::new(ErrorKind::Unavailable, "the task of a command ended").with_source(error);
    let goes_on = |runtime: &Handle| runtime.runtime_flavor() != RuntimeFlavor::CurrentThread;
    let runtime = match callers_runtime().filter(goes_on) {
        Some(runtime) => runtime,
        None => own()?.clone(),
    };
    runtime.spawn(future).await.unwrap_or_else(|error| Err(ended(error)))
}

/// Whether tasks can run where no caller can hold them up.
#[cfg(feature = "redis")]
pub(crate) fn has_own() -> bool {
    own().is_ok()
}

/// Runs a task where no caller can hold it up.
#[cfg(any(feature = "redis", feature = "sync"))]
pub(crate) fn spawn_apart(task: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    own().map(|runtime| drop(runtime.spawn(task)))
}

#[cfg(feature = "redis")]
fn handle() -> Result<Handle> {
    match callers_runtime() {
        Some(runtime) => Ok(runtime),
        None => own().cloned(),
    }
}

fn own() -> Result<&'static Handle> {
    static OWN: OnceLock<Option<Handle>> = OnceLock::new();
    let own = OWN.get_or_init(start).as_ref();
    own.ok_or_else(|| Error::new(ErrorKind::Unavailable, "no thread can be started for the cache"))
}

fn callers_runtime() -> Option<Handle> {
    if is_apart() { None } else { Handle::try_current().ok() }
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
