//! The link in use, and how another one takes its place.
//!
//! Callers never wait for more than one attempt to connect: while the server is away, a task tries again and
//! again, and callers are refused at once.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use redis::{Pipeline, Value};
use tokio::sync::watch;

use super::batch::Looked;
use super::failure::Failure;
use super::link::Link;
use super::names::Names;
use super::pause::{LONGEST, Pause};
use super::settings::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime;
use crate::store::EntryKey;

/// The link in use.
pub(super) struct Transport {
    pub(super) settings: Settings,
    pub(super) names: Arc<Names>,
    state: watch::Sender<State>,
    /// Set when the server's settings were looked at.
    preflight: OnceLock<()>,
    /// Whether the link in use is driven by a runtime of our own: one that is driven by a caller's stands still when
    /// that caller blocks.
    is_apart: AtomicBool,
}

#[derive(Clone, Debug)]
enum State {
    /// Nobody has tried, or whoever tried went away.
    Idle,
    /// The first attempt after a link, or before the first, is under way since then.
    Connecting(Instant),
    Up(Arc<Link>),
    /// Attempts failed, the last one then; there will be more.
    Down(Error, Instant),
}

impl State {
    /// Whether nobody has tried for so long that whoever should do so stands still with its runtime.
    fn is_forsaken(&self, timeout: Duration) -> bool {
        match self {
            State::Idle => true,
            State::Up(_) => false,
            // To connect, to be greeted, and to ask for what is warned of.
            State::Connecting(since) => since.elapsed() > timeout * 4,
            State::Down(_, since) => since.elapsed() > LONGEST + timeout * 4,
        }
    }
}

impl Transport {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        let names = Arc::new(Names::new(&settings.prefix));
        let state = watch::Sender::new(State::Idle);
        let is_apart = AtomicBool::new(false);
        Arc::new(Self { settings, names, state, preflight: OnceLock::new(), is_apart })
    }

    /// Runs commands over the link in use; returns their answers and the link that gave them.
    pub(super) async fn run(self: &Arc<Self>, commands: Pipeline) -> Result<(Arc<Link>, Vec<Value>)> {
        let link = self.link().await?;
        let answers = self.run_over(&link, commands).await?;
        Ok((link, answers))
    }

    /// Runs commands over this link, whether or not it is still in use.
    pub(super) async fn run_over(
        self: &Arc<Self>,
        link: &Arc<Link>,
        commands: Pipeline,
    ) -> Result<Vec<Value>> {
        link.run(commands).await.map_err(|failure| self.failed(link, failure))
    }

    /// Looks over the link in use, which is returned with what was seen; once more over another one if that ends, as one that
    /// nobody has used for long may do when it is used.
    pub(super) async fn look(self: &Arc<Self>, key: Option<EntryKey>) -> Result<(Arc<Link>, Looked)> {
        let mut link = self.link().await?;
        let mut looked = link.look(key).await;
        if let Err(failure) = &looked
            && link.has_ended()
        {
            self.end(&link, &failure.error);
            link = self.link().await?;
            looked = link.look(key).await;
        }
        let looked = looked.map_err(|failure| self.failed(&link, failure))?;
        Ok((link, looked))
    }

    pub(super) fn failed(self: &Arc<Self>, link: &Arc<Link>, failure: Failure) -> Error {
        if failure.ends_link {
            self.end(link, &failure.error);
        }
        failure.error
    }

    /// The link in use, or the one that the first attempt makes.
    pub(super) async fn link(self: &Arc<Self>) -> Result<Arc<Link>> {
        match self.link_now() {
            Some(link) if link.has_ended() => self.end(&link, &Failure::broken().error),
            Some(link) if self.stands_still() => {
                self.end(&link, &Error::new(ErrorKind::Unavailable, "another runtime takes over"));
            }
            Some(link) => return Ok(link),
            None => {}
        }
        let timeout = self.settings.timeout;
        loop {
            let take_over = |state: &mut State| {
                let is_forsaken = state.is_forsaken(timeout);
                if is_forsaken {
                    *state = State::Connecting(Instant::now());
                }
                is_forsaken
            };
            if self.state.send_if_modified(take_over) {
                self.start();
            }
            // An attempt takes no longer, unless nobody drives it.
            let reached = self.reached(|state| !matches!(state, State::Connecting(_)), timeout * 4).await?;
            return match reached {
                Some(State::Up(link)) => Ok(link),
                Some(State::Down(error, _)) => Err(error),
                Some(State::Idle | State::Connecting(_)) => {
                    let message = "the connection to the cache server was given up";
                    Err(Error::new(ErrorKind::Unavailable, message))
                }
                None => continue,
            };
        }
    }

    /// The first state of this kind, if it is reached in time.
    async fn reached(&self, is_reached: fn(&State) -> bool, in_time: Duration) -> Result<Option<State>> {
        let now = self.state.borrow().clone();
        if is_reached(&now) {
            return Ok(Some(now));
        }
        let mut states = self.state.subscribe();
        // Callers may have no timers.
        runtime::within(async move {
            let reached = tokio::time::timeout(in_time, states.wait_for(is_reached)).await;
            Ok(reached.ok().and_then(|state| state.ok().map(|state| state.clone())))
        })
        .await
    }

    /// The link in use, if there is one that nobody has to wait for.
    pub(super) fn ready_link(&self) -> Option<Arc<Link>> {
        self.link_now().filter(|link| !link.has_ended() && !self.stands_still())
    }

    fn link_now(&self) -> Option<Arc<Link>> {
        match &*self.state.borrow() {
            State::Up(link) => Some(Arc::clone(link)),
            _ => None,
        }
    }

    /// Whether the link in use may be driven by the runtime of a caller who blocks.
    fn stands_still(&self) -> bool {
        runtime::is_apart() && !self.is_apart.load(Ordering::Acquire)
    }

    /// The link is of no use any more: a task makes another one.
    fn end(self: &Arc<Self>, link: &Arc<Link>, error: &Error) {
        let is_in_use = |state: &mut State| match state {
            State::Up(there) if Arc::ptr_eq(there, link) => {
                *state = State::Connecting(Instant::now());
                true
            }
            _ => false,
        };
        if self.state.send_if_modified(is_in_use) {
            tracing::debug!(%error, "the connection to the cache server ends");
            self.start();
        }
    }

    /// Waits until there is a link, however long it takes.
    pub(super) async fn recovered(self: &Arc<Self>) {
        // Who tries may go away with its runtime, or stand still.
        while self.link().await.is_err() {
            let _ = self.reached(|state| matches!(state, State::Up(_)), LONGEST).await;
        }
    }

    fn start(self: &Arc<Self>) {
        let attempts = Attempts { transport: Arc::downgrade(self), are_apart: runtime::is_apart() };
        runtime::spawn(async move { attempts.run().await });
    }
}

/// The task that makes a link. If it is dropped with its runtime, the next caller starts another one.
struct Attempts {
    transport: Weak<Transport>,
    are_apart: bool,
}

impl Attempts {
    async fn run(&self) {
        let mut pause = Pause::new();
        while let Some(transport) = self.transport.upgrade() {
            let timeout = transport.settings.timeout;
            match Link::connect(&transport.settings, &transport.names, timeout).await {
                Ok(link) => {
                    transport.warn_of_eviction(&link).await;
                    transport.is_apart.store(self.are_apart, Ordering::Release);
                    return transport.up(link);
                }
                Err(error) => transport.down(error),
            }
            drop(transport);
            pause.after(Duration::ZERO).await;
        }
    }
}

impl Drop for Attempts {
    fn drop(&mut self) {
        if let Some(transport) = self.transport.upgrade() {
            transport.state.send_if_modified(|state| {
                let unfinished = !matches!(state, State::Up(_));
                if unfinished {
                    *state = State::Idle;
                }
                unfinished
            });
        }
    }
}

impl Transport {
    fn up(&self, link: Link) {
        let before = self.state.send_replace(State::Up(Arc::new(link)));
        if matches!(before, State::Down(..)) {
            tracing::info!(server = %self.settings.server, "the cache server answers again");
        }
    }

    /// A server that may evict any key may evict the log: everything cached is lost whenever it does.
    async fn warn_of_eviction(&self, link: &Link) {
        if self.preflight.get().is_some() {
            return;
        }
        let policy = link.eviction_policy().await.unwrap_or_default();
        if self.preflight.set(()).is_ok() && policy.starts_with("allkeys-") {
            tracing::warn!(
                server = %self.settings.server,
                "the cache server may evict any key ({policy}), and everything cached is lost when it evicts the \
                 log: set `maxmemory-policy` to `volatile-lru`"
            );
        }
    }

    /// One line for each time that the server goes away, not one for each attempt or read.
    fn down(&self, error: Error) {
        let before = self.state.send_replace(State::Down(error.clone(), Instant::now()));
        if !matches!(before, State::Down(..)) {
            tracing::warn!(%error, "reads go to the database until the cache server answers");
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("server", &self.settings.server).finish_non_exhaustive()
    }
}
