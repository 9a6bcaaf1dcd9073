//! What runs around the wrapper, on the connection inside: found by Diesel's instrumentation.
//!
//! It shows texts, but no bound values in a form that could be trusted. So a write that was not announced by the wrapper
//! is wide; transactions are followed by their texts. What the wrapper has open itself is then owed widely too. The
//! user's own instrumentation is called as ever.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use cache_core::session::{Database, Outcome, TextSession, TextStep};
use cache_core::{Error, ErrorKind, Marks, Result, sync};
use diesel::connection::{
    Connection, Instrumentation, InstrumentationEvent, get_default_instrumentation,
    set_default_instrumentation,
};

/// What went around since the wrapper looked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Around {
    /// Nothing that matters.
    Nothing,
    /// Writes.
    Wrote,
    /// A transaction was begun and is open.
    Opened,
    /// Whatever was open has ended.
    Closed,
}

/// The wrapper's end of the watch.
#[derive(Clone)]
pub(super) struct Watch(Arc<State>);

#[derive(Default)]
struct State {
    /// Set while the wrapper itself runs something.
    announced: AtomicBool,
    /// An [`Around`].
    around: AtomicU8,
    writes: AtomicU64,
    /// Whether there is a wrapper that the writes go around.
    has_wrapper: bool,
    /// The session of what goes around.
    session: Mutex<Option<TextSession>>,
}

/// The wrapper runs something until this is dropped.
pub(super) struct Announced<'a> {
    state: &'a State,
    before: bool,
}

/// The instrumentation of the connection inside.
struct Hook {
    state: Arc<State>,
    user: Option<Box<dyn Instrumentation>>,
    /// The statement that began without having been announced.
    around: Option<String>,
}

impl Watch {
    pub(super) fn install(connection: &mut impl Connection) -> Self {
        let state = Arc::new(State { has_wrapper: true, ..State::default() });
        // What watches all connections needs not watch this one too.
        let user = get_default_instrumentation().filter(|default| !default.as_ref().is::<Hook>());
        connection.set_instrumentation(Hook { state: Arc::clone(&state), user, around: None });
        Self(state)
    }

    /// Publishes what goes around from now on.
    pub(super) fn attach(&self, session: &TextSession) {
        let mut known = self.0.session.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(TextSession::new(Arc::clone(session.session().database())));
    }

    pub(super) fn announce(&self) -> Announced<'_> {
        Announced { state: &self.0, before: self.0.announced.swap(true, Ordering::Relaxed) }
    }

    /// What went around since the last call.
    pub(super) fn take(&self) -> Around {
        let around = &self.0.around;
        if around.load(Ordering::Relaxed) == Around::Nothing as u8 {
            return Around::Nothing;
        }
        match around.swap(Around::Nothing as u8, Ordering::Relaxed) {
            opened if opened == Around::Opened as u8 => Around::Opened,
            closed if closed == Around::Closed as u8 => Around::Closed,
            _ => Around::Wrote,
        }
    }

    pub(super) fn writes(&self) -> u64 {
        self.0.writes.load(Ordering::Relaxed)
    }
}

/// The database that all connections are watched for.
static WATCHED: RwLock<Option<Arc<Database>>> = RwLock::new(None);

/// Has every connection that this process establishes from now on watched.
pub(super) fn watch_all(database: &Arc<Database>) -> Result<()> {
    *WATCHED.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(database));
    set_default_instrumentation(everywhere).map_err(|error| {
        let message = "the default instrumentation cannot be set: set it on each connection";
        Error::new(ErrorKind::Configuration, message).with_source(error)
    })
}

fn everywhere() -> Option<Box<dyn Instrumentation>> {
    let database = WATCHED.read().unwrap_or_else(PoisonError::into_inner).clone()?;
    let state = State { session: Mutex::new(Some(TextSession::new(database))), ..State::default() };
    Some(Box::new(Hook { state: Arc::new(state), user: None, around: None }))
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        self.state.announced.store(self.before, Ordering::Relaxed);
    }
}

/// The user's instrumentation, or the hook itself if there is none.
pub(super) fn instrumentation(connection: &mut impl Connection) -> &mut dyn Instrumentation {
    let inside = connection.instrumentation();
    if inside.downcast_ref::<Hook>().is_some_and(|hook| hook.user.is_some()) {
        let user = inside.downcast_mut::<Hook>().and_then(|hook| hook.user.as_mut());
        return match user {
            Some(user) => &mut **user,
            None => unreachable!("it was looked at above"),
        };
    }
    inside
}

/// Gives the hook another instrumentation to call.
pub(super) fn set_instrumentation(connection: &mut impl Connection, user: impl Instrumentation) {
    if let Some(hook) = connection.instrumentation().downcast_mut::<Hook>() {
        hook.user = Some(Box::new(user));
    }
}

impl Instrumentation for Hook {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match &event {
            InstrumentationEvent::StartQuery { query, .. }
                if !self.state.announced.load(Ordering::Relaxed) =>
            {
                self.around = Some(query.to_string());
            }
            InstrumentationEvent::FinishQuery { error, .. } => {
                if let Some(text) = self.around.take() {
                    let sql = text.rsplit_once(" -- binds: ").map_or(&*text, |(sql, _)| sql);
                    let outcome = match error {
                        None => Outcome::Done { rows_affected: None },
                        Some(_) => Outcome::Failed,
                    };
                    self.state.notice(sql, outcome);
                }
            }
            _ => {}
        }
        if let Some(user) = &mut self.user {
            user.on_connection_event(event);
        }
    }
}

impl State {
    fn notice(&self, sql: &str, outcome: Outcome<'_>) {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(session) = &mut *session else { return };
        let step = session.step(sql);
        let is_control = matches!(step, TextStep::Control(_));
        if !is_control && !step.is_write() {
            return session.give_up(step);
        }
        let _ = sync::wait(session.finish(step, outcome));
        if !is_control {
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
        if !self.has_wrapper {
            return;
        }
        if !is_control {
            tracing::warn!(
                sql,
                "a write went around the cached connection; run it through `CachedConnection`"
            );
        }
        let around = if session.session().is_in_transaction() {
            Around::Opened
        } else if is_control {
            // It may have ended what the wrapper had open.
            let _ = sync::wait(session.session().cache().publish(Marks::everything(), None));
            Around::Closed
        } else {
            Around::Wrote
        };
        if around != Around::Wrote || self.around.load(Ordering::Relaxed) == Around::Nothing as u8 {
            self.around.store(around as u8, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("writes", &self.writes()).finish_non_exhaustive()
    }
}
