//! Looks that are sent as one command, and those who wait for its answer.
//!
//! Looks that wait at the same time are sent together. Whoever is among them came before the command was sent, so
//! the head that it brings is none from before.
//!
//! All that a caller costs is a place here: it has no channel, and no timer. Nobody leaves before the answer, so a
//! place of one who went away is kept for as long as the command takes.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::guard;
use super::queue::Queue;
use crate::log::Position;
use crate::store::{Bytes, EntryKey};

/// Entries that one command asks for: the server does nothing else until it has answered.
const MAX_KEYS: usize = 64;

/// What one look saw.
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

/// What a command brought: the head, and the entry of each key.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: Head,
    pub(super) entries: Vec<Option<Bytes>>,
}

/// Looks that go together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    answer: OnceLock<Result<Answer, Failure>>,
    /// Nobody is added once there is an answer.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    places: Vec<Place>,
    keys: Vec<EntryKey>,
}

#[derive(Debug)]
struct Place {
    since: Instant,
    /// None if its caller was woken because it has waited too long.
    waker: Option<Waker>,
}

/// Which place, and which of the keys is its own.
#[derive(Clone, Copy, Debug)]
struct Seat {
    place: usize,
    key: Option<usize>,
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.width() >= MAX_KEYS
    }

    /// How many entries are asked for.
    pub(super) fn width(&self) -> usize {
        self.lock().keys.len()
    }

    /// How many looks there are.
    pub(super) fn len(&self) -> usize {
        self.lock().places.len()
    }

    /// Those that are asked for.
    pub(super) fn keys(&self) -> Vec<EntryKey> {
        self.lock().keys.clone()
    }

    fn join(&self, key: Option<EntryKey>, since: Instant, waker: &Waker) -> Seat {
        let mut waiting = self.lock();
        let seat = Seat { place: waiting.places.len(), key: key.map(|_| waiting.keys.len()) };
        waiting.keys.extend(key);
        waiting.places.push(Place { since, waker: Some(waker.clone()) });
        seat
    }

    /// From now on it is woken by this one; false if there is an answer.
    fn rouse_by(&self, seat: Seat, waker: &Waker) -> bool {
        let mut waiting = self.lock();
        let Some(place) = waiting.places.get_mut(seat.place) else { return false };
        let before = match &place.waker {
            Some(there) if there.will_wake(waker) => None,
            _ => place.waker.replace(waker.clone()),
        };
        drop(waiting);
        // Nothing of others is dropped under the lock.
        drop(before);
        true
    }

    /// Gives the answer to all.
    pub(super) fn answer(&self, answer: Result<Answer, Failure>) {
        // In this order: who finds no answer while it holds the lock is woken after it has left it.
        let _ = self.answer.set(answer);
        let places = std::mem::take(&mut self.lock().places);
        places.into_iter().filter_map(|place| place.waker).for_each(Waker::wake);
    }

    /// Those who have waited for this long, to be woken; and since when the first of the others waits.
    pub(super) fn late(&self, now: Instant, timeout: Duration) -> (Vec<Waker>, Option<Instant>) {
        let mut waiting = self.lock();
        let (late, others): (Vec<_>, Vec<_>) = waiting
            .places
            .iter_mut()
            .partition(|place| now.saturating_duration_since(place.since) >= timeout);
        let first = others.iter().map(|place| place.since).min();
        (late.into_iter().filter_map(|place| place.waker.take()).collect(), first)
    }

    fn looked(&self, seat: Seat) -> Option<Result<Looked, Failure>> {
        let looked = |answer: &Answer| Looked {
            bytes: seat.key.and_then(|key| answer.entries.get(key).cloned().flatten()),
            head: answer.head.clone(),
        };
        self.answer.get().map(|answer| answer.as_ref().map(looked).map_err(Failure::clone))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One caller's wish to see the head, and an entry too if there is a key. It waits from `since` on, for as long as the
/// queue allows.
#[derive(Debug)]
pub(super) struct Look {
    queue: Arc<Queue>,
    key: Option<EntryKey>,
    since: Instant,
    state: State,
}

#[derive(Debug)]
enum State {
    /// It has room, and nobody knows of it yet.
    New,
    Waiting(Arc<Batch>, Seat),
    Over,
}

impl Look {
    /// For who has waited for room.
    pub(super) fn new(queue: &Arc<Queue>, key: Option<EntryKey>, since: Instant) -> Self {
        Self { queue: Arc::clone(queue), key, since, state: State::New }
    }

    /// None if there is no room, or nobody who would wake it in time.
    pub(super) fn try_new(queue: &Arc<Queue>, key: Option<EntryKey>, since: Instant) -> Option<Self> {
        (guard::can_start() && queue.try_room()).then(|| Self::new(queue, key, since))
    }

    fn is_late(&self) -> bool {
        self.since.elapsed() >= self.queue.timeout()
    }
}

impl Future for Look {
    type Output = Result<Looked, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let look = &mut *self;
        let (batch, seat) = match &mut look.state {
            State::New => {
                let join = |batch: &Batch| batch.join(look.key, look.since, context.waker());
                let (batch, seat) = match look.queue.join(join) {
                    Ok(joined) => joined,
                    Err(failure) => return Poll::Ready(Err(failure)),
                };
                look.state = State::Waiting(batch, seat);
                return Poll::Pending;
            }
            State::Waiting(batch, seat) => (&*batch, *seat),
            // Only a future that has ended is polled here.
            State::Over => return Poll::Ready(Err(Failure::broken())),
        };
        if let Some(looked) = batch.looked(seat) {
            look.state = State::Over;
            return Poll::Ready(looked);
        }
        if !batch.rouse_by(seat, context.waker()) {
            // Answered meanwhile.
            let looked = batch.looked(seat).unwrap_or_else(|| Err(Failure::broken()));
            look.state = State::Over;
            return Poll::Ready(looked);
        }
        // Seen when it is dropped.
        if look.is_late() { Poll::Ready(Err(look.queue.late())) } else { Poll::Pending }
    }
}

impl Drop for Look {
    /// The driver ends a connection that does not answer. But it runs where the connection was made, and if nobody
    /// runs that place any more, it is callers elsewhere who notice.
    fn drop(&mut self) {
        match &self.state {
            State::New => self.queue.answered(1),
            State::Waiting(batch, _) if batch.answer.get().is_none() && self.is_late() => {
                self.queue.end_if_silent();
            }
            State::Waiting(..) | State::Over => {}
        }
    }
}
