//! The user's instrumentation.

use std::sync::{Arc, Mutex, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, get_default_instrumentation};

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

impl Instrumentation for Forward {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let Some(user) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            user.on_connection_event(event);
        }
    }
}
