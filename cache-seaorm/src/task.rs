//! Work that its caller cannot cut short.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use cache_core::Error;
use futures_util::future::BoxFuture;
use sea_orm::{DbErr, RuntimeErr};
use tokio::runtime::Handle;
use tracing::Instrument;

/// Runs the future to its end even if the caller goes away or does not go on: a write that reached the database is
/// published.
///
/// The caller's tracing span goes along, and so does a panic.
pub(crate) async fn finish<T: Send + 'static>(
    future: impl Future<Output = Result<T, DbErr>> + Send + 'static,
) -> Result<T, DbErr> {
    match tokio::spawn(future.in_current_span()).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(DbErr::Custom("the runtime is shutting down".to_owned())),
        },
    }
}

/// The same where it is awaited, without a task unless its caller goes away: for what may wait for a caller who does not go
/// on. A statement may that holds no locks between its steps, if a fence stands for it meanwhile.
pub(crate) fn finish_in_place<T: Send + 'static>(
    future: impl Future<Output = Result<T, DbErr>> + Send + 'static,
) -> impl Future<Output = Result<T, DbErr>> + Send {
    ToItsEnd { left: Some(Box::pin(future.in_current_span())), runtime: None }
}

struct ToItsEnd<T: Send + 'static> {
    /// None while it is polled, so that one that panics is not polled again.
    left: Option<BoxFuture<'static, Result<T, DbErr>>>,
    /// Where it was polled; none if it never was.
    runtime: Option<Handle>,
}

impl<T: Send + 'static> Future for ToItsEnd<T> {
    type Output = Result<T, DbErr>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut left) = self.left.take() else {
            return Poll::Ready(Err(DbErr::Custom("a write that has ended was polled again".to_owned())));
        };
        if self.runtime.is_none() {
            self.runtime = Some(Handle::current());
        }
        let polled = left.as_mut().poll(context);
        if polled.is_pending() {
            self.left = Some(left);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToItsEnd<T> {
    fn drop(&mut self) {
        if let (Some(left), Some(runtime)) = (self.left.take(), &self.runtime) {
            runtime.spawn(left);
        }
    }
}

/// What a caller is told whose write was not made, because the cache server could not be told.
pub(crate) fn refused(error: Error) -> DbErr {
    let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
    DbErr::Exec(RuntimeErr::Internal(format!("{error}{source}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures_util::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_was_begun_goes_on_without_its_caller() {
        let (go_on, wait) = oneshot::channel::<()>();
        let (say, ended) = oneshot::channel();
        let mut write = Box::pin(finish_in_place(async move {
            let _ = wait.await;
            let _ = say.send(());
            Ok(())
        }));
        assert!(write.as_mut().now_or_never().is_none());
        drop(write);
        go_on.send(()).unwrap();
        ended.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_never_polled_is_never_begun() {
        let begun = Arc::new(AtomicBool::new(false));
        let write = Arc::clone(&begun);
        drop(finish_in_place(async move {
            write.store(true, Ordering::Relaxed);
            Ok(())
        }));
        tokio::task::yield_now().await;
        assert!(!begun.load(Ordering::Relaxed));
    }
}
