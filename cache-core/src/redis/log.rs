//! The log in a Redis server.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::combine::Combine;
use super::core::Core;
use super::settings::Settings;
use super::tail;
use super::transport::Transport;
use crate::error::Result;
use crate::log::{BoxFuture, Epoch, Fences, Log, Position, Record, Remote, Tail, Tick};
use crate::mark::Marks;
use crate::runtime;

/// The log in a Redis server.
pub(crate) struct RedisLog {
    core: Arc<Core>,
    appends: Combine<(Marks, Fences), Record>,
    tails: Combine<Position, Tail>,
}

impl RedisLog {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            core: Arc::new(Core::new(Transport::new(settings))),
            appends: Combine::default(),
            tails: Combine::default(),
        }
    }

    /// What the store beside the log asks by; it keeps the tail following.
    pub(super) fn core(&self) -> &Arc<Core> {
        tail::follow(&self.core);
        &self.core
    }
}

impl Log for RedisLog {
    fn recent_head(&self, age: Duration, now: Tick) -> Option<Position> {
        let core = self.core();
        let head = core.recent.head(age, now);
        if head.is_none() {
            tail::follow_on(core);
        }
        head
    }

    fn recent_tail(&self, after: Position, head: Position) -> Option<Tail> {
        self.core.recent.tail(after, head)
    }

    fn remote(&self) -> Option<&dyn Remote> {
        Some(self)
    }

    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        let core = Arc::clone(&self.core);
        Box::pin(async move {
            runtime::within(async move { core.transport.link().await.map(drop) }).await?;
            tail::follow(&self.core);
            Ok(())
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position>> {
        let core = self.core();
        Box::pin(async move { core.read_head().await })
    }

    fn head_in_time(&self, since: Instant) -> Option<BoxFuture<'_, Result<Position>>> {
        let look = self.core().look_in_time(None, since)?;
        Some(Box::pin(async move { Ok(look.await?.1) }))
    }

    fn append<'a>(&'a self, marks: &'a Marks, fences: Fences) -> BoxFuture<'a, Result<Record>> {
        let core = Arc::clone(self.core());
        let join = |others: &mut (Marks, Fences), (marks, fences): (Marks, Fences)| {
            others.0.merge(&marks);
            others.0 = std::mem::take(&mut others.0).bounded();
            others.1.merge(fences);
        };
        let send = |(marks, fences)| runtime::within(async move { core.append(marks, fences).await });
        self.appends.ask((marks.clone(), fences), join, send)
    }

    fn append_alone<'a>(&'a self, marks: &'a Marks) -> BoxFuture<'a, Result<Record>> {
        let (core, marks) = (Arc::clone(self.core()), marks.clone());
        Box::pin(
            async move { runtime::within(async move { core.append(marks, Fences::default()).await }).await },
        )
    }

    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>> {
        let core = Arc::clone(&self.core);
        tail::follow_on(&core);
        let join = |oldest: &mut Position, position: Position| {
            if position.seq < oldest.seq {
                *oldest = position;
            }
        };
        let send = |position| runtime::within(async move { core.read_after(position).await });
        self.tails.ask(position, join, send)
    }

    fn renew(&self) -> BoxFuture<'_, Result<(Epoch, Position)>> {
        let core = Arc::clone(&self.core);
        Box::pin(async move { runtime::within(async move { core.begin_epoch().await }).await })
    }
}

impl Remote for RedisLog {
    fn patience(&self) -> Duration {
        self.core.transport.settings.timeout
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if runtime::is_here() {
            return Box::pin(tokio::time::sleep(duration));
        }
        Box::pin(async move {
            // Only a runtime that ends leaves a timer unfinished.
            let _ = runtime::within(async move {
                tokio::time::sleep(duration).await;
                Ok(())
            })
            .await;
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        runtime::spawn(task);
    }

    fn spawn_apart(&self, task: BoxFuture<'static, ()>) {
        if runtime::has_own() {
            // It has one.
            let _ = runtime::spawn_apart(task);
        } else {
            runtime::spawn(task);
        }
    }

    fn recovered(&self) -> BoxFuture<'static, ()> {
        let transport = Arc::clone(&self.core.transport);
        Box::pin(async move { transport.recovered().await })
    }
}

impl fmt::Debug for RedisLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLog")
            .field("server", &self.core.transport.settings.server)
            .finish_non_exhaustive()
    }
}
