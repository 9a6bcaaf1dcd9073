//! One load at a time for one key.
//!
//! The first caller that misses **leads**: its own future runs the load. Later callers **join** and wait for the
//! landing. Nothing is spawned here, so a flight lives exactly as long as its leader's future. If that ends without a
//! landing (the load failed or panicked, its result could not be stored, its caller went away), the flight is
//! abandoned: whoever waits comes back, and one of them leads anew.
//!
//! A flight that began before a write may have read the database before it; its result would be stale for a joiner
//! who arrived after the write returned. So a joiner may take what landed only if it was valid at a head that is no
//! older than the joiner's arrival, or if the flight began after that. The former is judged by how far the leader has
//! validated its result, and the head that the joiner read before it joined; the latter by numbers that flights and
//! arrivals share. Thanks to the latter, callers of what cannot be stored at the moment, because commits on it are
//! under way, load one at a time: all who arrive during a load share the next one.
//!
//! A leader that nobody polls any more without dropping it (a stream of buffered reads whose consumer reads the
//! same key, a load that reads its own key) would be waited for for ever. So a joiner gives up after a while and
//! takes the flight out of the table, if somebody has lent the cache a timer; there is none without a runtime.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::poll_fn;
use std::hash::BuildHasherDefault;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;

use super::values::{KeyHasher, Slot};
use super::why::Reason;
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
    Result(Landing),
    /// The flight was abandoned.
    Nothing,
    /// The joiner has waited long enough.
    Late,
}

/// What a flight lands with.
#[derive(Clone)]
pub(super) enum Landing {
    Slot(Arc<Slot>),
    /// A result that is not stored, for this reason, and is nothing to those who arrived after its load began.
    Passing(Arc<dyn Any + Send + Sync>, Reason),
}

/// When a caller arrived, counted in the flights of its cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Arrival(u64);

/// When a flight began, as those see it who join it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Began {
    BeforeArrival,
    AfterArrival,
}

/// The flights of one cache.
#[derive(Default)]
pub(super) struct Flights {
    /// Counts arrivals and flights alike.
    count: AtomicU64,
    /// Each flight is removed by its leader, so there are never more than callers.
    current: Mutex<Current>,
}

type Current = HashMap<EntryKey, Arc<Flight>, BuildHasherDefault<KeyHasher>>;

/// A load that is under way.
struct Flight {
    number: u64,
    /// Tells those who wait what it lands with. Most flights have only a leader, and none.
    landing: OnceLock<watch::Sender<Option<Landing>>>,
}

/// A caller's part in a flight.
pub(super) enum Ticket<'a> {
    Lead(Lead),
    Join(Join<'a>),
}

/// The right to load. Dropping it without a landing abandons the flight.
pub(super) struct Lead {
    flights: Arc<Flights>,
    key: EntryKey,
    flight: Arc<Flight>,
}

/// A place among those who wait.
pub(super) struct Join<'a> {
    flights: &'a Flights,
    key: EntryKey,
    /// Only the leader keeps a flight alive.
    flight: Weak<Flight>,
    began: Began,
    landing: watch::Receiver<Option<Landing>>,
}

impl Flights {
    /// Taken before a caller reads anything that decides what it may be served.
    pub(super) fn arrive(&self) -> Arrival {
        Arrival(self.next())
    }

    /// Each number is read and written in one step, so whatever happened before a smaller one was taken happened
    /// before a larger one was.
    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::AcqRel)
    }

    pub(super) fn enter(self: &Arc<Self>, key: EntryKey, arrival: Arrival) -> Ticket<'_> {
        match self.lock().entry(key) {
            Entry::Occupied(there) => {
                let flight = there.get();
                let began =
                    if flight.number > arrival.0 { Began::AfterArrival } else { Began::BeforeArrival };
                let landing = flight.landing.get_or_init(|| watch::Sender::new(None)).subscribe();
                Ticket::Join(Join { flights: self, key, flight: Arc::downgrade(flight), began, landing })
            }
            Entry::Vacant(place) => {
                let flight = Flight { number: self.next(), landing: OnceLock::new() };
                let flight = Arc::clone(place.insert(Arc::new(flight)));
                Ticket::Lead(Lead { flights: Arc::clone(self), key, flight })
            }
        }
    }

    /// Takes a flight out of the table, unless another one has taken its place. Nobody joins it after that.
    fn remove(&self, key: EntryKey, flight: *const Flight) {
        let mut current = self.lock();
        if current.get(&key).is_some_and(|there| Arc::as_ptr(there) == flight) {
            current.remove(&key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// Lets those who joined have what was loaded.
    pub(super) fn land(self, landed: Landing) {
        // Before it is asked who has joined.
        self.leave();
        if let Some(landing) = self.flight.landing.get() {
            landing.send_replace(Some(landed));
        }
    }

    fn leave(&self) {
        self.flights.remove(self.key, Arc::as_ptr(&self.flight));
    }
}

impl Drop for Lead {
    /// The flight leaves the table before its channel closes, so that whoever is woken finds it gone.
    fn drop(&mut self) {
        self.leave();
    }
}

impl Join<'_> {
    pub(super) fn began(&self) -> Began {
        self.began
    }

    pub(super) async fn landing(self, sleep: Option<Sleep>) -> Landed {
        let mut timer = sleep.map(|sleep| sleep(PATIENCE));
        let Self { flights, key, flight, mut landing, began: _ } = self;
        let mut landing = pin!(landing.wait_for(Option::is_some));
        poll_fn(|context| {
            if let Poll::Ready(landing) = landing.as_mut().poll(context) {
                let landing = landing.ok().and_then(|landing| landing.clone());
                return Poll::Ready(landing.map_or(Landed::Nothing, Landed::Result));
            }
            match timer.as_mut().map(|timer| timer.as_mut().poll(context)) {
                Some(Poll::Ready(())) => {
                    flights.remove(key, flight.as_ptr());
                    Poll::Ready(Landed::Late)
                }
                _ => Poll::Pending,
            }
        })
        .await
    }
}
