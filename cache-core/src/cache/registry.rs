//! One memory, one log: what equal URLs share in this process.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::builder::Builder;
use super::shared::Shared;
use super::url::{Location, Place, Sharing};
use crate::log::MemoryLog;

/// Everything that is open; what is no longer used anywhere leaves at the next opening.
static OPEN: Mutex<Open> = Mutex::new(Open { logs: Vec::new(), caches: Vec::new() });

struct Open {
    /// One for each name: even caches with different options see each other's writes.
    logs: Vec<(String, Weak<MemoryLog>)>,
    caches: Vec<(Location, Weak<Shared>)>,
}

/// The cache of this location.
pub(super) fn open(location: &Location) -> Arc<Shared> {
    if location.sharing == Sharing::Private {
        return Builder::at(location, || Arc::new(MemoryLog::new())).share();
    }
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.logs.retain(|(_, log)| log.strong_count() > 0);
    open.caches.retain(|(_, cache)| cache.strong_count() > 0);
    if let Some(shared) = find(&open.caches, location) {
        shared.closed.store(false, Ordering::Relaxed);
        return shared;
    }
    let shared = Builder::at(location, || open.log_of(&location.place)).share();
    open.caches.push((location.clone(), Arc::downgrade(&shared)));
    shared
}

impl Open {
    fn log_of(&mut self, place: &Place) -> Arc<MemoryLog> {
        #[cfg_attr(
            not(feature = "redis"),
            expect(irrefutable_let_patterns, reason = "the only place without it")
        )]
        let Place::Memory { name, .. } = place else { return Arc::new(MemoryLog::new()) };
        find(&self.logs, name).unwrap_or_else(|| {
            let log = Arc::new(MemoryLog::new());
            self.logs.push((name.clone(), Arc::downgrade(&log)));
            log
        })
    }
}

fn find<N: PartialEq, T>(open: &[(N, Weak<T>)], name: &N) -> Option<Arc<T>> {
    open.iter().find(|(known, _)| known == name).and_then(|(_, open)| open.upgrade())
}
