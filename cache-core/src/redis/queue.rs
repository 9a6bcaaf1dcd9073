//! What callers leave for the task that drives a connection, and how they wait for its answers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use redis::{Pipeline, Value};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::batch::{Batch, Look, Looked};
use super::failure::Failure;
use super::guard;
use crate::store::EntryKey;

/// Requests on their way at once, before callers wait to leave theirs.
const ROOM: usize = 1024;

/// Looks on their way at once, before others gather: while some are answered, the next ones are on their way already.
/// With two, callers on several threads were seen waiting for each other; with four they were not.
pub(super) const MAX_LOOKING: usize = 4;

pub(super) type Reply<T> = oneshot::Sender<Result<T, Failure>>;

/// Commands of one caller, whose bytes are in the queue.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) answers: usize,
    pub(super) caller: Reply<Vec<Value>>,
}

/// What waits to be sent.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Taken by each caller, given back when it is answered: by the driver, for a caller may go away before.
    room: Semaphore,
    /// After which a request that nobody has answered ends the connection, unless the server is heard.
    timeout: Duration,
    made: Instant,
    /// When the server was heard last, in microseconds since then.
    heard: AtomicU64,
}

#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The commands of `requests`, in their order.
    pub(super) bytes: Vec<u8>,
    pub(super) requests: Vec<Request>,
    /// Only the last one takes more.
    looks: VecDeque<Arc<Batch>>,
    /// Looks on their way.
    looking: Vec<Weak<Batch>>,
    /// Whether looks are left here for now, since enough are on their way.
    gathers: bool,
    /// Whether those who look are woken when they have waited too long.
    is_guarded: bool,
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
        let (waiting, room) = (Mutex::default(), Semaphore::new(ROOM));
        Arc::new(Self { waiting, room, timeout, made: Instant::now(), heard: AtomicU64::new(0) })
    }

    /// Something has come from the server, or it has taken more of what it had no room for.
    pub(super) fn hear(&self) {
        let since = u64::try_from(self.made.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.heard.store(since, Ordering::Relaxed);
    }

    /// When the server was heard last.
    pub(super) fn heard(&self) -> Instant {
        self.made + Duration::from_micros(self.heard.load(Ordering::Relaxed))
    }

    /// Ends the connection for a caller who has waited too long, unless something comes or goes: a long answer takes its
    /// time, and holds up those behind it.
    pub(super) fn end_if_silent(&self) {
        if self.is_silent() {
            self.end(&Failure::timed_out());
        }
    }

    /// What a caller is told who has waited too long.
    pub(super) fn late(&self) -> Failure {
        Failure { ends_link: self.is_silent(), ..Failure::timed_out() }
    }

    fn is_silent(&self) -> bool {
        self.heard().elapsed() >= self.timeout
    }

    pub(super) async fn run(&self, commands: &Pipeline) -> Result<Vec<Value>, Failure> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(commands.len(), |bytes| bytes.extend_from_slice(&commands.get_packed_pipeline())).await
    }

    pub(super) async fn look(self: &Arc<Self>, key: Option<EntryKey>) -> Result<Looked, Failure> {
        self.wait_for_room().await;
        Look::new(self, key, Instant::now()).await
    }

    async fn wait_for_room(&self) {
        // It is closed when the connection ends, which is seen by whoever asks.
        if let Ok(room) = self.room.acquire().await {
            room.forget();
        }
    }

    /// Takes room for one request, if there is any.
    pub(super) fn try_room(&self) -> bool {
        self.room.try_acquire().map(SemaphorePermit::forget).is_ok()
    }

    /// Puts a look, which has room, among those that are sent next.
    pub(super) fn join<T>(
        self: &Arc<Self>,
        join: impl FnOnce(&Batch) -> T,
    ) -> Result<(Arc<Batch>, T), Failure> {
        let (joined, driver) = {
            let mut waiting = self.lock();
            if let State::Ended(failure) = &waiting.state {
                return Err(failure.clone());
            }
            waiting.is_guarded = waiting.is_guarded || guard::start(self).is_ok();
            if waiting.looks.back().is_none_or(|last| last.is_full()) {
                waiting.looks.push_back(Arc::default());
            }
            let last = waiting.looks.back().map(Arc::clone).unwrap_or_default();
            let place = join(&last);
            ((last, place), if waiting.gathers { None } else { waiting.driver.take() })
        };
        if let Some(driver) = driver {
            driver.wake();
        }
        Ok(joined)
    }

    /// Wakes those whose looks take too long, and says until when the next one may wait; none if nobody does.
    pub(super) fn wake_late(&self, now: Instant) -> Option<Instant> {
        // Nothing of others is woken or dropped under the lock.
        let mut batches = Vec::new();
        let (late, first) = {
            let mut waiting = self.lock();
            batches.extend(waiting.looking.iter().filter_map(Weak::upgrade));
            batches.extend(waiting.looks.iter().map(Arc::clone));
            let late = batches.iter().map(|batch| batch.late(now, self.timeout));
            let (late, firsts): (Vec<_>, Vec<_>) = late.unzip();
            let first = firsts.into_iter().flatten().min();
            waiting.is_guarded = first.is_some();
            (late, first)
        };
        late.into_iter().flatten().for_each(Waker::wake);
        Some(first? + self.timeout)
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// As many answers as `pack` adds commands.
    pub(super) async fn ask(
        &self,
        answers: usize,
        pack: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Vec<Value>, Failure> {
        self.wait_for_room().await;
        let (caller, answer) = oneshot::channel();
        let driver = {
            let mut waiting = self.lock();
            if let State::Ended(failure) = &waiting.state {
                return Err(failure.clone());
            }
            pack(&mut waiting.bytes);
            waiting.requests.push(Request { answers, caller });
            waiting.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
        let mut unanswered = Unanswered { queue: self, since: Some(Instant::now()) };
        let answer = answer.await;
        unanswered.since = None;
        answer.unwrap_or_else(|_| Err(Failure::broken()))
    }

    /// What waits, for the driver, which is woken when there is more; none if nobody will ask any more, or the connection
    /// has been ended by who has waited for too long.
    pub(super) fn take(&self, context: &Context<'_>) -> Option<MutexGuard<'_, Waiting>> {
        let mut waiting = self.lock();
        if let State::Unused | State::Ended(_) = waiting.state {
            return None;
        }
        waiting.driver.get_or_insert_with(|| context.waker().clone());
        Some(waiting)
    }

    /// This many requests are answered, or were never made.
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
        looks.into_iter().for_each(|batch| batch.answer(Err(failure.clone())));
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// Whether the connection has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.room.is_closed()
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

impl Waiting {
    /// Looks to send: all, unless enough are on their way.
    pub(super) fn take_looks(&mut self, on_their_way: usize) -> VecDeque<Arc<Batch>> {
        let looks =
            if on_their_way < MAX_LOOKING { std::mem::take(&mut self.looks) } else { VecDeque::new() };
        if !looks.is_empty() {
            self.looking.retain(|batch| batch.strong_count() > 0);
            self.looking.extend(looks.iter().map(Arc::downgrade));
        }
        self.gathers = on_their_way + looks.len() >= MAX_LOOKING;
        looks
    }
}

/// A caller who waits for the answers of commands.
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
            self.queue.end_if_silent();
        }
    }
}
