//! How long one statement may be kept waiting by the cache.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::log::Log;

/// What is left of the time that one statement may wait for a log which is reached over a network. The time of
/// its own load does not count.
pub(super) struct Patience<'l> {
    log: &'l dyn Log,
    left: Duration,
}

impl<'l> Patience<'l> {
    pub(super) fn new(log: &'l dyn Log) -> Self {
        Self { log, left: log.remote().map_or(Duration::MAX, |remote| remote.patience()) }
    }

    /// The same statement further on, with what is left of its time.
    pub(super) fn resume(log: &'l dyn Log, left: Option<Duration>) -> Self {
        let new = Self::new(log);
        Self { left: left.unwrap_or(new.left), ..new }
    }

    pub(super) fn left(&self) -> Duration {
        self.left
    }

    /// What the future gives, unless the time is over before.
    pub(super) async fn wait<T>(&mut self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(remote) = self.log.remote() else { return future.await };
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
}

fn out_of_patience() -> Error {
    Error::new(ErrorKind::Unavailable, "the cache server does not answer in time")
}
