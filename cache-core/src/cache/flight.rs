//! One load at a time for one key.
//!
//! The first caller that misses **leads**: its own future runs the load. Later callers **join** and wait for the
//! landing. Nothing is spawned here, so a flight lives exactly as long as its leader's future. If that ends without a
//! landing (the load failed or panicked, its result could not be stored, its caller went away), the flight is
//! abandoned: whoever waits comes back, and one of them leads anew.
//!
//! A joiner may take what landed only if it was valid at a head that is no older than the joiner's arrival. A
//! flight that started before a write may have read the database before it; its result would be stale for a
//! joiner who arrived after the write returned. So a landing carries how far its leader has validated it, and
//! the joiner compares that with the head that it read before it joined.
//!
//! A leader that nobody polls any more without dropping it (a stream of buffered reads whose consumer reads the
//! same key, a load that reads its own key) would be waited for for ever. So a joiner gives up after a while and
//! takes the flight out of the table, if somebody has lent the cache a timer; there is none without a runtime.

use std::collections::HashMap;
use std::future::poll_fn;
use std::hash::BuildHasherDefault;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;

use super::values::{KeyHasher, Slot};
use crate::log::BoxFuture;
use crate::store::EntryKey;

/// A timer of the caller's runtime: the future ends after this long.
pub type Sleep = fn(Duration) -> BoxFuture<'static, ()>;

/// How long a joiner waits for one landing. Pools wait as long for a connection; a slow query is worth it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many flights a caller waits for in vain before it loads alone. Without this bound, callers of a query that
/// fails slowly would fail one after the other, each waiting for all before it.
pub(super) const MAX_JOINS: usize = 3;

/// How waiting for a flight ended.
pub(super) enum Landed {
    Slot(Arc<Slot>),
    /// The flight was abandoned.
    Nothing,
    /// The joiner has waited long enough.
    Late,
}

/// The flights of one cache.
#[derive(Default)]
pub(super) struct Flights {
    /// Each flight is removed by its leader, so there are never more than callers.
    current: Mutex<Current>,
}

type Current = HashMap<EntryKey, Landing, BuildHasherDefault<KeyHasher>>;
/// What a flight lands with, once it has.
type Landing = watch::Receiver<Option<Arc<Slot>>>;

/// A caller's part in a flight.
pub(super) enum Ticket<'a> {
    Lead(Lead),
    Join(Join<'a>),
}

/// The right to load. Dropping it without a landing abandons the flight.
pub(super) struct Lead {
    flights: Arc<Flights>,
    key: EntryKey,
    flight: Landing,
    landing: watch::Sender<Option<Arc<Slot>>>,
}

/// A place among those who wait.
pub(super) struct Join<'a> {
    flights: &'a Flights,
    key: EntryKey,
    flight: Landing,
}

impl Flights {
    pub(super) fn enter(self: &Arc<Self>, key: EntryKey) -> Ticket<'_> {
        let mut current = self.lock();
        if let Some(flight) = current.get(&key) {
            return Ticket::Join(Join { flights: self, key, flight: flight.clone() });
        }
        let (landing, flight) = watch::channel(None);
        current.insert(key, flight.clone());
        Ticket::Lead(Lead { flights: Arc::clone(self), key, flight, landing })
    }

    /// Takes a flight out of the table, unless another one has taken its place.
    fn remove(&self, key: EntryKey, flight: &Landing) {
        let mut current = self.lock();
        if current.get(&key).is_some_and(|there| there.same_channel(flight)) {
            current.remove(&key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// Lets those who joined have what was loaded.
    pub(super) fn land(self, slot: Arc<Slot>) {
        self.landing.send_replace(Some(slot));
    }
}

impl Drop for Lead {
    /// The flight leaves the table before its channel closes, so that whoever is woken finds it gone.
    fn drop(&mut self) {
        self.flights.remove(self.key, &self.flight);
    }
}

impl Join<'_> {
    pub(super) async fn landing(self, sleep: Option<Sleep>) -> Landed {
        let mut timer = sleep.map(|sleep| sleep(PATIENCE));
        let mut flight = self.flight.clone();
        let mut landing = pin!(flight.wait_for(Option::is_some));
        poll_fn(|context| {
            if let Poll::Ready(landing) = landing.as_mut().poll(context) {
                let slot = landing.ok().and_then(|landing| landing.clone());
                return Poll::Ready(slot.map_or(Landed::Nothing, Landed::Slot));
            }
            match timer.as_mut().map(|timer| timer.as_mut().poll(context)) {
                Some(Poll::Ready(())) => {
                    self.flights.remove(self.key, &self.flight);
                    Poll::Ready(Landed::Late)
                }
                _ => Poll::Pending,
            }
        })
        .await
    }
}
