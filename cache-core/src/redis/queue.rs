//! What callers leave for the task that drives a connection, and how they wait for its answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use redis::{Pipeline, Value};
use tokio::sync::{Semaphore, oneshot};

use super::failure::Failure;
use crate::log::Position;
use crate::store::{Bytes, EntryKey};

/// Requests on their way at once, before callers wait to leave theirs.
const ROOM: usize = 1024;

pub(super) type Reply<T> = oneshot::Sender<Result<T, Failure>>;

/// Commands of one caller, whose bytes are in the queue.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) answers: usize,
    pub(super) caller: Reply<Vec<Value>>,
}

/// One caller's wish to see the head, and an entry too if there is a key.
///
/// Looks that wait at the same time are sent as one command. Whoever is among them came before it was sent, so the
/// head that it brings is none from before.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) key: Option<EntryKey>,
    pub(super) caller: Reply<Looked>,
}

/// What a look saw.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) bytes: Option<Bytes>,
    pub(super) head: Head,
}

/// A head as it was found.
#[derive(Clone, Debug)]
pub(super) enum Head {
    /// One that this server incarnation made.
    Ours(Position),
    /// What stands in its place, perhaps nothing.
    Other(Vec<u8>),
}

/// What waits to be sent.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Taken by each caller, given back when it is answered: by the driver, for a caller may go away before.
    room: Semaphore,
    /// After which a request that nobody has answered ends the connection.
    timeout: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The commands of `requests`, in their order.
    pub(super) bytes: Vec<u8>,
    pub(super) requests: Vec<Request>,
    pub(super) looks: Vec<Look>,
    /// Whether looks are left here for now, since others are on their way.
    pub(super) gathers: bool,
    state: State,
    /// The driver, if it sleeps.
    driver: Option<Waker>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Open,
    /// Nobody will ask any more.
    Unused,
    Ended(Failure),
}

impl Queue {
    pub(super) fn new(timeout: Duration) -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), room: Semaphore::new(ROOM), timeout })
    }

    pub(super) async fn run(&self, commands: &Pipeline) -> Result<Vec<Value>, Failure> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let join = |waiting: &mut Waiting, caller| {
            waiting.bytes.extend_from_slice(&commands.get_packed_pipeline());
            waiting.requests.push(Request { answers: commands.len(), caller });
            waiting.driver.take()
        };
        self.ask(join).await
    }

    pub(super) async fn look(&self, key: Option<EntryKey>) -> Result<Looked, Failure> {
        let join = |waiting: &mut Waiting, caller| {
            waiting.looks.push(Look { key, caller });
            if waiting.gathers { None } else { waiting.driver.take() }
        };
        self.ask(join).await
    }

    /// `join` adds what the caller wants, and says whether the driver is to be woken for it.
    async fn ask<T>(&self, join: impl FnOnce(&mut Waiting, Reply<T>) -> Option<Waker>) -> Result<T, Failure> {
        // It is closed when the connection ends, which is seen right below.
        if let Ok(permit) = self.room.acquire().await {
            permit.forget();
        }
        let (caller, answer) = oneshot::channel();
        let driver = {
            let mut waiting = self.lock();
            if let State::Ended(failure) = &waiting.state {
                return Err(failure.clone());
            }
            join(&mut waiting, caller)
        };
        if let Some(driver) = driver {
            driver.wake();
        }
        let mut unanswered = Unanswered { queue: self, since: Some(Instant::now()) };
        let answer = answer.await;
        unanswered.since = None;
        answer.unwrap_or_else(|_| Err(Failure::broken()))
    }

    /// What waits, for the driver, which is woken when there is more; none if nobody will ask any more.
    pub(super) fn take(&self, context: &Context<'_>) -> Option<MutexGuard<'_, Waiting>> {
        let mut waiting = self.lock();
        if let State::Unused = waiting.state {
            return None;
        }
        waiting.driver.get_or_insert_with(|| context.waker().clone());
        Some(waiting)
    }

    /// This many requests have been answered.
    pub(super) fn answered(&self, requests: usize) {
        self.room.add_permits(requests);
    }

    /// Ends the connection: whoever waits, or comes later, is told why.
    pub(super) fn end(&self, failure: &Failure) {
        let (requests, looks, driver) = {
            let mut waiting = self.lock();
            if let State::Ended(_) = waiting.state {
                return;
            }
            waiting.state = State::Ended(failure.clone());
            waiting.bytes = Vec::new();
            let waiting = &mut *waiting;
            let requests = std::mem::take(&mut waiting.requests);
            (requests, std::mem::take(&mut waiting.looks), waiting.driver.take())
        };
        self.room.close();
        for request in requests {
            let _ = request.caller.send(Err(failure.clone()));
        }
        for look in looks {
            let _ = look.caller.send(Err(failure.clone()));
        }
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// Nobody will ask any more.
    pub(super) fn close(&self) {
        let driver = {
            let mut waiting = self.lock();
            if let State::Open = waiting.state {
                waiting.state = State::Unused;
            }
            waiting.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller who waits for an answer.
///
/// The driver ends a connection that does not answer. But it runs where the connection was made, and if nobody runs
/// that place any more, it is callers elsewhere who notice.
struct Unanswered<'a> {
    queue: &'a Queue,
    since: Option<Instant>,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if self.since.is_some_and(|since| since.elapsed() >= self.queue.timeout) {
            self.queue.end(&Failure::timed_out());
        }
    }
}
