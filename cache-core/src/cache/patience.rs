//! How long one statement may be kept waiting by the cache.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::log::{BoxFuture, Log};

/// What is left of the time that one statement may wait for a log which is reached over a network. The time of
/// its own load does not count.
pub(super) struct Patience<'l> {
    log: &'l dyn Log,
    left: Duration,
    /// Whether nothing has been waited for yet.
    is_whole: bool,
    /// Since when a caller waits whose time is not counted yet.
    asked: Option<Instant>,
}

impl<'l> Patience<'l> {
    pub(super) fn new(log: &'l dyn Log) -> Self {
        let left = log.remote().map_or(Duration::MAX, |remote| remote.patience());
        Self { log, left, is_whole: true, asked: None }
    }

    /// The same statement further on, with what is left of its time.
    pub(super) fn resume(log: &'l dyn Log, left: Option<Duration>) -> Self {
        let new = Self::new(log);
        Self { left: left.unwrap_or(new.left), is_whole: left.is_none(), ..new }
    }

    pub(super) fn left(&self) -> Duration {
        self.left
    }

    /// What the future gives, unless the time is over before.
    pub(super) async fn wait<T>(&mut self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(remote) = self.log.remote() else { return future.await };
        self.settle();
        self.is_whole = false;
        if self.left.is_zero() {
            return Err(out_of_patience());
        }
        let began = Instant::now();
        let mut future = pin!(future);
        let mut timer = None;
        let result = poll_fn(|context| {
            if let Poll::Ready(result) = future.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            let timer = timer.get_or_insert_with(|| remote.sleep(self.left));
            timer.as_mut().poll(context).map(|()| Err(out_of_patience()))
        })
        .await;
        self.left = self.left.saturating_sub(began.elapsed());
        result
    }

    /// The answer to a question that ends in time by itself, for a caller who waits since then: that needs no timer, as
    /// long as nothing was waited for before. What cannot be asked so is asked and [waited](Self::wait) for.
    ///
    /// The time that it takes counts from the next [`settle`](Self::settle) on, so a hit need not look at the clock again.
    pub(super) async fn ask<'f, T>(
        &mut self,
        since: Instant,
        in_time: impl FnOnce(Instant) -> Option<BoxFuture<'f, Result<T>>>,
        question: impl FnOnce() -> BoxFuture<'f, Result<T>>,
    ) -> Result<T> {
        let in_time = if self.is_whole { in_time(since) } else { None };
        match in_time {
            Some(answer) => {
                (self.is_whole, self.asked) = (false, Some(since));
                answer.await
            }
            None => self.wait(question()).await,
        }
    }

    /// Counts what was asked.
    pub(super) fn settle(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.left = self.left.saturating_sub(asked.elapsed());
        }
    }
}

fn out_of_patience() -> Error {
    Error::new(ErrorKind::Unavailable, "the cache server does not answer in time")
}
