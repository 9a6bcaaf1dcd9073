//! Work that is polled where it is awaited, and becomes a task as soon as it is left.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Instrument;
use tracing::instrument::Instrumented;

use super::ended;

/// What has not ended after one to two of these becomes a task: its caller may have left it without dropping it, and
/// nobody would publish what is in the database by then.
const TICK: Duration = Duration::from_millis(10);

/// The work of one connection that is polled where it is awaited.
#[derive(Default)]
pub(crate) struct InPlace {
    begun: Mutex<Begun>,
}

#[derive(Default)]
struct Begun {
    /// By number: the older, the smaller.
    work: BTreeMap<u64, Weak<dyn Leave>>,
    next: u64,
    is_watched: bool,
}

impl InPlace {
    /// Runs the future to its end as [`finish`](super::finish) does, without a task if its caller stays with it. It may
    /// wait a moment for one who does not: let it hold no locks between its steps.
    ///
    /// # Panics
    /// When it is first polled, outside of a runtime.
    pub(crate) fn finish<T: Send + 'static>(
        self: Arc<Self>,
        future: BoxFuture<'static, Result<T, DbErr>>,
    ) -> impl Future<Output = Result<T, DbErr>> + Send {
        ToItsEnd::New(self, future.in_current_span())
    }

    fn enter(self: &Arc<Self>, work: Weak<dyn Leave>, runtime: &Handle) -> u64 {
        let mut begun = self.lock();
        let number = begun.next;
        begun.next += 1;
        begun.work.insert(number, work);
        let is_watched = mem::replace(&mut begun.is_watched, true);
        drop(begun);
        if !is_watched {
            runtime.spawn(watch(Watcher { of: Arc::clone(self), is_done: false }));
        }
        number
    }

    fn remove(&self, number: u64) {
        self.lock().work.remove(&number);
    }

    /// Makes tasks of what has a smaller number.
    fn leave(&self, before: u64) {
        let old: Vec<_> =
            self.lock().work.range(..before).map(|(number, work)| (*number, work.clone())).collect();
        for (number, work) in old {
            if work.upgrade().is_none_or(|work| work.leave()) {
                self.remove(number);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after what has begun, until nothing is left.
async fn watch(mut watcher: Watcher) {
    let mut before = 0;
    loop {
        tokio::time::sleep(TICK).await;
        watcher.of.leave(before);
        let mut begun = watcher.of.lock();
        if begun.work.is_empty() {
            begun.is_watched = false;
            watcher.is_done = true;
            return;
        }
        before = begun.next;
    }
}

struct Watcher {
    of: Arc<InPlace>,
    is_done: bool,
}

impl Drop for Watcher {
    /// Its runtime may end before those of what it looks after.
    fn drop(&mut self) {
        if !self.is_done {
            self.of.lock().is_watched = false;
            self.of.leave(u64::MAX);
        }
    }
}

/// It runs within its caller's tracing span, wherever it runs.
type Run<T> = Instrumented<BoxFuture<'static, Result<T, DbErr>>>;

/// What can go on without its caller.
trait Leave: Send + Sync {
    /// Makes a task of it, unless it is being polled: then false.
    fn leave(&self) -> bool;
}

struct Work<T> {
    stage: Mutex<Stage<T>>,
    runtime: Handle,
}

enum Stage<T> {
    /// Its caller polls it, who is woken so.
    Here(Run<T>, Waker),
    /// It is being polled, has ended or panicked.
    Out,
    Task(JoinHandle<Result<T, DbErr>>),
}

impl<T: Send + 'static> Work<T> {
    /// Makes a task of it; whom to tell, if it was none.
    fn spawn(&self) -> Option<Waker> {
        let mut stage = self.lock();
        match mem::replace(&mut *stage, Stage::Out) {
            Stage::Here(future, waker) => {
                *stage = Stage::Task(self.runtime.spawn(future));
                Some(waker)
            }
            other => {
                *stage = other;
                None
            }
        }
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Result<T, DbErr>> {
        let mut stage = self.lock();
        match mem::replace(&mut *stage, Stage::Out) {
            Stage::Here(mut future, _) => {
                drop(stage);
                let polled = Pin::new(&mut future).poll(context);
                if polled.is_pending() {
                    *self.lock() = Stage::Here(future, context.waker().clone());
                }
                polled
            }
            Stage::Task(mut task) => match Pin::new(&mut task).poll(context) {
                Poll::Ready(result) => {
                    drop(stage);
                    Poll::Ready(ended(result))
                }
                Poll::Pending => {
                    *stage = Stage::Task(task);
                    Poll::Pending
                }
            },
            Stage::Out => again(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Stage<T>> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + 'static> Leave for Work<T> {
    fn leave(&self) -> bool {
        match self.spawn() {
            Some(waker) => waker.wake(),
            None => return matches!(*self.lock(), Stage::Task(_)),
        }
        true
    }
}

fn again<T>() -> Poll<Result<T, DbErr>> {
    Poll::Ready(Err(DbErr::Custom("a write that has ended was polled again".to_owned())))
}

/// What its caller has: dropped, it goes on as a task.
struct Entered<T: Send + 'static> {
    of: Arc<InPlace>,
    number: u64,
    work: Arc<Work<T>>,
}

impl<T: Send + 'static> Drop for Entered<T> {
    fn drop(&mut self) {
        self.of.remove(self.number);
        self.work.spawn();
    }
}

enum ToItsEnd<T: Send + 'static> {
    New(Arc<InPlace>, Run<T>),
    Begun(Entered<T>),
    /// Or it is being polled first.
    Ended,
}

impl<T: Send + 'static> Future for ToItsEnd<T> {
    type Output = Result<T, DbErr>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (of, mut future) = match mem::replace(&mut *self, Self::Ended) {
            Self::New(of, future) => (of, future),
            Self::Begun(entered) => {
                let polled = entered.work.poll(context);
                if polled.is_pending() {
                    *self = Self::Begun(entered);
                }
                return polled;
            }
            Self::Ended => return again(),
        };
        // Who has none is told before anything is sent.
        let runtime = Handle::current();
        let polled = Pin::new(&mut future).poll(context);
        if polled.is_pending() {
            let work =
                Arc::new(Work { stage: Mutex::new(Stage::Here(future, context.waker().clone())), runtime });
            let leave: Weak<Work<T>> = Arc::downgrade(&work);
            let number = of.enter(leave, &work.runtime);
            *self = Self::Begun(Entered { of, number, work });
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures_util::FutureExt;
    use tokio::runtime::{Builder, Runtime};
    use tokio::sync::oneshot;

    use super::*;

    /// Says when it ends, which it does when it is told to go on.
    struct Told {
        write: Pin<Box<dyn Future<Output = Result<u8, DbErr>> + Send>>,
        go_on: oneshot::Sender<()>,
        ended: oneshot::Receiver<()>,
    }

    fn told(of: &Arc<InPlace>) -> Told {
        let (go_on, wait) = oneshot::channel::<()>();
        let (say, ended) = oneshot::channel();
        let write = Arc::clone(of).finish(Box::pin(async move {
            let _ = wait.await;
            let _ = say.send(());
            Ok(7)
        }));
        Told { write: Box::pin(write), go_on, ended }
    }

    fn runtime() -> Runtime {
        Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap()
    }

    async fn is_let_go(of: &InPlace) {
        while of.lock().is_watched {
            tokio::time::sleep(TICK).await;
        }
        assert!(of.lock().work.is_empty());
    }

    #[tokio::test]
    async fn what_is_awaited_ends_where_it_is() {
        let of = Arc::new(InPlace::default());
        let mut told = told(&of);
        assert!(told.write.as_mut().now_or_never().is_none());
        assert_eq!(of.lock().work.len(), 1);
        told.go_on.send(()).unwrap();
        assert_eq!(told.write.as_mut().await, Ok(7));
        assert!(told.write.await.is_err(), "it is polled again");
        is_let_go(&of).await;
    }

    #[tokio::test]
    async fn what_was_begun_goes_on_without_its_caller() {
        let of = Arc::new(InPlace::default());
        let mut told = told(&of);
        assert!(told.write.as_mut().now_or_never().is_none());
        drop(told.write);
        told.go_on.send(()).unwrap();
        told.ended.await.unwrap();
        is_let_go(&of).await;
    }

    #[tokio::test]
    async fn what_is_kept_and_not_polled_goes_on_and_tells_whoever_comes_back() {
        let of = Arc::new(InPlace::default());
        let mut told = told(&of);
        assert!(told.write.as_mut().now_or_never().is_none());
        told.go_on.send(()).unwrap();
        told.ended.await.unwrap();
        assert_eq!(told.write.await, Ok(7));
        is_let_go(&of).await;
    }

    #[tokio::test]
    async fn who_waits_when_it_becomes_a_task_is_woken() {
        let of = Arc::new(InPlace::default());
        let told = told(&of);
        let waits = tokio::spawn(told.write);
        while !of.lock().is_watched {
            tokio::task::yield_now().await;
        }
        is_let_go(&of).await;
        told.go_on.send(()).unwrap();
        assert_eq!(waits.await.unwrap(), Ok(7));
    }

    #[tokio::test]
    async fn a_panic_reaches_whoever_awaits_it_also_out_of_a_task() {
        let of = Arc::new(InPlace::default());
        let (go_on, wait) = oneshot::channel::<()>();
        let mut write = Box::pin(Arc::clone(&of).finish(Box::pin(async move {
            let _ = wait.await;
            if true {
                panic!("the driver");
            }
            Ok(())
        })));
        assert!(write.as_mut().now_or_never().is_none());
        is_let_go(&of).await;
        go_on.send(()).unwrap();
        let caught = std::panic::AssertUnwindSafe(write).catch_unwind().await.unwrap_err();
        assert_eq!(caught.downcast_ref(), Some(&"the driver"));
    }

    #[test]
    fn the_runtime_that_looks_after_it_may_end() {
        let of = Arc::new(InPlace::default());
        let (first, second) = (runtime(), runtime());
        let mut held = told(&of);
        let mut kept = told(&of);
        first.block_on(async { assert!(held.write.as_mut().now_or_never().is_none()) });
        second.block_on(async { assert!(kept.write.as_mut().now_or_never().is_none()) });
        drop(first);
        kept.go_on.send(()).unwrap();
        second.block_on(kept.ended).unwrap();
        assert_eq!(second.block_on(kept.write), Ok(7));
    }

    #[tokio::test]
    async fn what_was_never_polled_is_never_begun() {
        let begun = Arc::new(AtomicBool::new(false));
        let write = Arc::clone(&begun);
        drop(Arc::new(InPlace::default()).finish(Box::pin(async move {
            write.store(true, Ordering::Relaxed);
            Ok(())
        })));
        tokio::task::yield_now().await;
        assert!(!begun.load(Ordering::Relaxed));
    }
}
