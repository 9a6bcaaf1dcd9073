//! The user's instrumentation.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "async-postgres")]
use diesel::connection::StrQueryHelper;
use diesel::connection::{Instrumentation, InstrumentationEvent, get_default_instrumentation};

thread_local! {
    /// Whether this thread makes ready what may never be run.
    static MAKES_READY: Cell<bool> = const { Cell::new(false) };
}

/// Makes a statement ready without telling that it begins, which diesel-async does when its future is made: it may be
/// answered by the cache.
#[cfg(feature = "async-postgres")]
pub(super) fn quietly<R>(make_ready: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            MAKES_READY.set(self.0);
        }
    }
    let _before = Before(MAKES_READY.replace(true));
    make_ready()
}

/// The instrumentation that the user set. The connection inside cannot be given another while it is in use, so it has
/// this one from the beginning.
#[derive(Clone)]
pub(super) struct Forward(Arc<Mutex<Option<Box<dyn Instrumentation>>>>);

impl Forward {
    pub(super) fn of_default() -> Self {
        Self(Arc::new(Mutex::new(get_default_instrumentation())))
    }

    pub(super) fn set(&self, instrumentation: impl Instrumentation) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(instrumentation));
    }
}

#[cfg(feature = "async-postgres")]
impl Forward {
    /// Tells that a statement begins that was made ready [quietly].
    pub(super) fn tell_start(&self, sql: &str) {
        self.clone().on_connection_event(InstrumentationEvent::start_query(&StrQueryHelper::new(sql)));
    }
}

impl Instrumentation for Forward {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if MAKES_READY.get() {
            return;
        }
        if let Some(user) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            user.on_connection_event(event);
        }
    }
}
