//! The cache for callers who block: no runtime of theirs is needed, and none is held up.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::error::Result;
use crate::log::BoxFuture;
use crate::runtime;

/// Makes the caches of this process ready for callers who [`wait`]. From then on what is done for cache servers runs
/// in a runtime of the caches' own, on a thread that is started when it is first needed.
pub fn prepare() {
    runtime::keep_apart();
}

/// What the future gives. It is polled on this thread only: what needs no waiting (a hit in this process) costs one
/// poll, and otherwise the thread sleeps until the future is woken.
///
/// It may be called anywhere, inside of a runtime and inside of another `wait` too. The future must not need the
/// runtime of this thread, which stands still; the caches do not once they are [prepared](prepare).
///
/// ```
/// use cache_core::{Cache, sync};
///
/// let cache = Cache::from_url("memory://?private")?;
/// sync::prepare();
/// sync::wait(cache.put("answer", 42, []))?;
/// assert_eq!(sync::wait(cache.get::<i32>("answer")).as_deref(), Some(&42));
/// # Ok::<(), cache_core::Error>(())
/// ```
pub fn wait<F: Future>(future: F) -> F::Output {
    // Inside of a task, tokio's own primitives refuse to go on when the task has had its share.
    let mut future = pin!(tokio::task::unconstrained(future));
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    let parked = Arc::new(Parked { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&parked));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        parked.sleep();
    }
}

/// Runs a task in a runtime of the caches' own, whoever starts it.
///
/// ```
/// use cache_core::sync;
///
/// let (send, receive) = std::sync::mpsc::channel();
/// sync::spawn(async move { send.send(42).unwrap() })?;
/// assert_eq!(receive.recv(), Ok(42));
/// # Ok::<(), cache_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if no thread can be started for it. The task is dropped.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    runtime::spawn_apart(task)
}

/// A thread that sleeps in [`wait`]. A wait inside of another may take the thread's token, so each has a flag.
struct Parked {
    thread: Thread,
    woken: AtomicBool,
}

impl Parked {
    fn sleep(&self) {
        while !self.woken.swap(false, Ordering::AcqRel) {
            thread::park();
        }
    }
}

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// A timer that works wherever it is polled.
pub(crate) fn sleep(duration: Duration) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        // Only a runtime that ends leaves a timer unfinished.
        let _ = runtime::as_task(async move {
            tokio::time::sleep(duration).await;
            Ok(())
        })
        .await;
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{poll_fn, ready};
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_is_ready_needs_no_waker() {
        assert_eq!(wait(ready(7)), 7);
    }

    #[test]
    fn a_wait_inside_of_a_wait_does_not_lose_its_wake_up() {
        let (send, receive) = channel::<Waker>();
        let waking = thread::spawn(move || receive.into_iter().for_each(Waker::wake));
        let polls = Cell::new(0);
        let inner = || {
            let mut asked = false;
            poll_fn(move |context| {
                if std::mem::replace(&mut asked, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
        };
        wait(poll_fn(|context| {
            polls.set(polls.get() + 1);
            send.send(context.waker().clone()).unwrap();
            wait(inner());
            if polls.get() < 100 { Poll::Pending } else { Poll::Ready(()) }
        }));
        drop(send);
        waking.join().unwrap();
    }

    #[test]
    fn it_works_inside_of_a_runtime_of_one_thread_whose_task_has_had_its_share() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prepare();
        runtime.block_on(async {
            let task = tokio::spawn(async move {
                let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
                for number in 0..1_000 {
                    send.send(number).unwrap();
                    assert_eq!(wait(receive.recv()), Some(number));
                }
                wait(sleep(Duration::from_millis(1)));
            });
            task.await.unwrap();
        });
    }
}
