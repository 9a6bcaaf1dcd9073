//! The promises of the front door.

mod by_hand;
mod flights;
mod levels;
mod owed;
mod policies;
mod reads;
mod remote;
mod sharing;
mod stretched;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{
    BoxFuture, Epoch, Fence, FenceId, Fences, Log, MAX_FENCE, MemoryLog, Position, Record, Tail,
};
use crate::mark::{Mark, Marks};
use crate::store::EntryKey;

const KEY: &str = "key";

fn marks(bits: u64) -> Marks {
    [Mark::from_bits(bits)].into_iter().collect()
}

fn key() -> EntryKey {
    EntryKey::from(KEY)
}

/// What a test read depends on: mark 7.
fn loaded<T>(value: T) -> Loaded<T> {
    Loaded { value, watched: marks(7).into() }
}

/// Reads `KEY` with a load that would give `value`.
async fn read(cache: &Cache, value: i64) -> Outcome<i64> {
    read_as(cache, &Policy::new(), value).await
}

async fn read_as(cache: &Cache, policy: &Policy, value: i64) -> Outcome<i64> {
    load(cache, policy.clone(), async |_| Ok(loaded(value))).await.unwrap()
}

async fn load<F>(cache: &Cache, policy: Policy, load: F) -> Result<Outcome<i64>, &'static str>
where
    F: AsyncFnOnce(LoadStart) -> Result<Loaded<i64>, &'static str>,
{
    let codec = cache.codec::<i64>();
    cache.load(&Request { key: key(), policy: &policy, codec: &codec }, load).await
}

/// One step of a future; nothing wakes it, so a test decides who runs when.
fn step<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn finish<F: Future>(future: &mut Pin<Box<F>>) -> F::Output {
    for _ in 0..100 {
        if let Poll::Ready(output) = step(future) {
            return output;
        }
    }
    panic!("the future waits for something that the test did not give it");
}

/// A log elsewhere: its head takes asking, it may refuse or never answer, and it may come back empty.
#[derive(Debug, Default)]
struct Elsewhere {
    log: Mutex<Arc<MemoryLog>>,
    answer: Mutex<Answer>,
    distance: Distance,
    heads: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
enum Distance {
    #[default]
    Far,
    /// The head is known without asking, as in this process.
    Near,
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
enum Answer {
    #[default]
    Right,
    Refusal,
    Silence,
}

impl Elsewhere {
    fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn comes_back_empty(&self) {
        *self.log.lock().unwrap() = Arc::default();
    }

    fn log(&self) -> Arc<MemoryLog> {
        self.log.lock().unwrap().clone()
    }

    fn ask<T: Send + 'static>(
        &self,
        right: impl Future<Output = Result<T>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T>> {
        match *self.answer.lock().unwrap() {
            Answer::Right => Box::pin(right),
            Answer::Refusal => Box::pin(async { Err(Error::new(ErrorKind::Unavailable, "no answer")) }),
            Answer::Silence => Box::pin(std::future::pending()),
        }
    }
}

impl Log for Elsewhere {
    fn try_head(&self) -> Option<Position> {
        self.log().try_head().filter(|_| self.distance == Distance::Near)
    }

    fn head(&self) -> BoxFuture<'_, Result<Position>> {
        self.heads.fetch_add(1, Ordering::Relaxed);
        let log = self.log();
        self.ask(async move { log.head().await })
    }

    fn append<'a>(&'a self, marks: &'a Marks, fences: Fences) -> BoxFuture<'a, Result<Record>> {
        let (log, marks) = (self.log(), marks.clone());
        self.ask(async move { log.append(&marks, fences).await })
    }

    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>> {
        let log = self.log();
        self.ask(async move { log.read_after(position).await })
    }

    fn renew(&self) -> BoxFuture<'_, Result<(Epoch, Position)>> {
        let log = self.log();
        self.ask(async move { log.renew().await })
    }
}
