//! What runs around the wrapper, on the connection inside: found by Diesel's instrumentation.
//!
//! It shows texts, but no bound values in a form that could be trusted. So a write that was not announced by the wrapper
//! is wide. The session of the wrapper is lent with the connection: there is one transaction, whoever begins or ends it.
//! The user's own instrumentation is called as ever.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use cache_core::session::{Aftermath, Database, Outcome, TextSession, TextStep};
use cache_core::{Error, ErrorKind, Result, sync};
use diesel::connection::{
    Connection, Instrumentation, InstrumentationEvent, get_default_instrumentation,
    set_default_instrumentation,
};

/// What is known of what was done on the connection while it was lent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sight {
    /// All of it was seen, and this is to be done after it.
    Kept(Aftermath),
    /// Anything may have been done.
    Lost,
}

/// The wrapper's end of the watch.
#[derive(Clone)]
pub(super) struct Watch(Arc<State>);

#[derive(Default)]
struct State {
    /// Set while the wrapper itself runs something.
    announced: AtomicBool,
    /// Set while the wrapper has something run whose text it cannot see before.
    expected: AtomicBool,
    /// Whether the schema has changed since the connection was lent.
    schema_changed: AtomicBool,
    writes: AtomicU64,
    /// Whether there is a wrapper that the writes go around.
    has_wrapper: bool,
    /// The session of what goes around: the wrapper's own while the connection is lent.
    session: Mutex<Option<TextSession>>,
}

/// The wrapper runs something until this is dropped.
pub(super) struct Announced<'a> {
    state: &'a State,
    before: bool,
}

/// The wrapper has something run whose text it cannot see before, until this is dropped.
#[cfg(feature = "postgres")]
pub(super) struct Expected<'a>(&'a State);

/// The instrumentation of the connection inside.
struct Hook {
    state: Arc<State>,
    user: Option<Box<dyn Instrumentation>>,
    /// The statements that began without having been announced: one may need others (PostgreSQL's types are looked up), and
    /// the last that began ends first.
    around: Vec<Begun>,
}

struct Begun {
    text: String,
    step: Option<TextStep>,
}

impl Watch {
    pub(super) fn install(connection: &mut impl Connection) -> Self {
        let state = Arc::new(State { has_wrapper: true, ..State::default() });
        // What watches all connections needs not watch this one too.
        let user = get_default_instrumentation().filter(|default| !default.as_ref().is::<Hook>());
        connection.set_instrumentation(Hook { state: Arc::clone(&state), user, around: Vec::new() });
        Self(state)
    }

    /// Publishes what goes around from now on.
    pub(super) fn attach(&self, session: &TextSession) {
        *self.0.session() = Some(session.beside());
    }

    /// What goes around is run through the wrapper's own session until that is [taken back](Self::take_back).
    pub(super) fn lend(&self, session: &mut TextSession) {
        self.swap(session);
    }

    pub(super) fn take_back(&self, connection: &mut impl Connection, session: &mut TextSession) -> Sight {
        let hook = connection.instrumentation().downcast_mut::<Hook>();
        let hook = hook.filter(|hook| Arc::ptr_eq(&hook.state, &self.0));
        let sight = hook.map_or(Sight::Lost, |hook| {
            hook.give_up();
            let has_changed = self.0.schema_changed.swap(false, Ordering::Relaxed);
            Sight::Kept(if has_changed { Aftermath::SchemaChanged } else { Aftermath::Nothing })
        });
        self.swap(session);
        sight
    }

    fn swap(&self, session: &mut TextSession) {
        if let Some(known) = &mut *self.0.session() {
            std::mem::swap(known, session);
        }
    }

    pub(super) fn announce(&self) -> Announced<'_> {
        Announced { state: &self.0, before: self.0.announced.swap(true, Ordering::Relaxed) }
    }

    #[cfg(feature = "postgres")]
    pub(super) fn expect(&self) -> Expected<'_> {
        self.0.expected.store(true, Ordering::Relaxed);
        Expected(&self.0)
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
    Some(Box::new(Hook { state: Arc::new(state), user: None, around: Vec::new() }))
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        self.state.announced.store(self.before, Ordering::Relaxed);
    }
}

#[cfg(feature = "postgres")]
impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.0.expected.store(false, Ordering::Relaxed);
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
                let text = query.to_string();
                let step = self.state.begin(sql_of(&text));
                self.around.push(Begun { text, step });
            }
            InstrumentationEvent::FinishQuery { query, error, .. } if !self.around.is_empty() => {
                let text = query.to_string();
                if let Some(place) = self.around.iter().rposition(|begun| begun.text == text) {
                    let outcome = match error {
                        None => Outcome::Done { rows_affected: None },
                        Some(_) => Outcome::Failed,
                    };
                    // Of those above it the end was not told.
                    for lost in self.around.drain(place + 1..).rev() {
                        self.state.notice(lost, Outcome::Failed);
                    }
                    if let Some(begun) = self.around.pop() {
                        self.state.notice(begun, outcome);
                    }
                }
            }
            _ => {}
        }
        if let Some(user) = &mut self.user {
            user.on_connection_event(event);
        }
    }
}

impl Hook {
    /// The end of what has begun will not be told any more.
    fn give_up(&mut self) {
        for lost in self.around.drain(..).rev() {
            self.state.notice(lost, Outcome::Failed);
        }
    }
}

/// The statement in what instrumentation shows.
fn sql_of(text: &str) -> &str {
    text.rsplit_once(" -- binds: ").map_or(text, |(sql, _)| sql)
}

impl State {
    fn session(&self) -> MutexGuard<'_, Option<TextSession>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plans a statement that is about to go around, and announces what it may touch. It cannot be held back.
    fn begin(&self, sql: &str) -> Option<TextStep> {
        let mut session = self.session();
        let session = session.as_mut()?;
        let mut step = session.step(sql);
        if !step.is_write() && !matches!(step, TextStep::Control(_)) {
            session.give_up(step);
            return None;
        }
        if let Err(error) = sync::wait(TextSession::announce(&mut step)) {
            tracing::warn!(%error, sql, "what goes around the cached connection cannot be announced");
        }
        Some(step)
    }

    fn notice(&self, begun: Begun, outcome: Outcome<'_>) {
        let mut session = self.session();
        let (Some(session), Some(step)) = (&mut *session, begun.step) else { return };
        let is_control = matches!(step, TextStep::Control(_));
        if sync::wait(session.finish(step, outcome)) == Aftermath::SchemaChanged {
            self.schema_changed.store(true, Ordering::Relaxed);
        }
        if is_control || self.expected.load(Ordering::Relaxed) {
            return;
        }
        self.writes.fetch_add(1, Ordering::Relaxed);
        if self.has_wrapper {
            let sql = sql_of(&begun.text);
            tracing::warn!(
                sql,
                "a write went around the cached connection; run it through `CachedConnection`"
            );
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("writes", &self.writes()).finish_non_exhaustive()
    }
}
