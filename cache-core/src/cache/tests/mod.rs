//! The promises of the front door.

mod by_hand;
mod flights;
mod levels;
mod owed;
mod policies;
mod reads;
mod sharing;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{BoxFuture, Log, MemoryLog, Position, Tail};
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

/// A log elsewhere: its head takes asking, and it may refuse or never answer.
#[derive(Debug, Default)]
struct Elsewhere {
    log: Arc<MemoryLog>,
    answer: Mutex<Answer>,
    heads: AtomicUsize,
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

    fn ask<'a, T: Send + 'a>(&self, right: BoxFuture<'a, Result<T>>) -> BoxFuture<'a, Result<T>> {
        match *self.answer.lock().unwrap() {
            Answer::Right => right,
            Answer::Refusal => Box::pin(async { Err(Error::new(ErrorKind::Unavailable, "no answer")) }),
            Answer::Silence => Box::pin(std::future::pending()),
        }
    }
}

impl Log for Elsewhere {
    fn head(&self) -> BoxFuture<'_, Result<Position>> {
        self.heads.fetch_add(1, Ordering::Relaxed);
        self.ask(self.log.head())
    }

    fn publish<'a>(&'a self, marks: &'a Marks) -> BoxFuture<'a, Result<Position>> {
        self.ask(self.log.publish(marks))
    }

    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>> {
        self.ask(self.log.read_after(position))
    }

    fn renew(&self) -> BoxFuture<'_, Result<Position>> {
        self.ask(self.log.renew())
    }
}
