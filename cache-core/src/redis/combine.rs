//! Callers that arrive while a request is in flight share the next one.
//!
//! A caller may share only a request that is sent after the caller arrived: an answer from before may not show
//! what the caller has a right to see. So there is at most one shared request in flight and one that gathers callers,
//! beside one of a caller who came when there was none: that is not shared, which costs less, and not waited for.
//!
//! A shared request is a task of its own, so a caller that goes away stops nobody.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::Shared;

use crate::error::Result;
use crate::log::BoxFuture;
use crate::runtime;

type Request<O> = Shared<BoxFuture<'static, Result<O>>>;

/// What callers want, gathered until the request is sent.
type Gathering<I> = Arc<Mutex<Option<I>>>;

/// The requests of one kind.
pub(super) struct Combine<I, O: Clone> {
    newest: Mutex<Option<(Gathering<I>, Request<O>)>>,
    /// Whether a caller is asking alone.
    alone: Arc<AtomicBool>,
}

/// The right to ask alone.
struct Alone(Arc<AtomicBool>);

impl Drop for Alone {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl<I, O: Clone> Default for Combine<I, O> {
    fn default() -> Self {
        Self { newest: Mutex::new(None), alone: Arc::default() }
    }
}

impl<I: Send + 'static, O: Clone + Send + Sync + 'static> Combine<I, O> {
    /// The answer of a request that is sent after this call. `join` adds what the caller wants to what others
    /// want; `send` sends it.
    pub(super) fn ask<F>(
        &self,
        wanted: I,
        join: impl FnOnce(&mut I, I),
        send: impl FnOnce(I) -> F + Send + 'static,
    ) -> BoxFuture<'static, Result<O>>
    where
        F: Future<Output = Result<O>> + Send + 'static,
    {
        let mut newest = lock(&self.newest);
        let nobody_shares = newest.as_ref().is_none_or(|(_, request)| request.peek().is_some());
        if nobody_shares && !self.alone.swap(true, Ordering::AcqRel) {
            let alone = Alone(Arc::clone(&self.alone));
            return Box::pin(async move {
                let _alone = alone;
                send(wanted).await
            });
        }
        if let Some((gathering, request)) = &*newest
            && let Some(others) = &mut *lock(gathering)
        {
            join(others, wanted);
            return Box::pin(request.clone());
        }
        let before = newest.take().map(|(_, request)| request);
        let gathering = Arc::new(Mutex::new(Some(wanted)));
        let wanted = Arc::clone(&gathering);
        let request = async move {
            if let Some(before) = before {
                let _ = before.await;
            }
            let wanted = lock(&wanted).take();
            match wanted {
                // Callers of several runtimes may poll it, and one of those may end meanwhile.
                Some(wanted) => runtime::as_task(async move { send(wanted).await }).await,
                // Only this future takes it, and it is polled to its end once.
                None => Err(crate::error::Error::new(
                    crate::error::ErrorKind::Unavailable,
                    "a request to the cache server was lost",
                )),
            }
        };
        let boxed: BoxFuture<'static, Result<O>> = Box::pin(request);
        let request = boxed.shared();
        *newest = Some((gathering, request.clone()));
        Box::pin(request)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<I, O: Clone> fmt::Debug for Combine<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Combine")
    }
}
