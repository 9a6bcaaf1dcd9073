//! What writes leave in the log.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

use super::Cache;
use super::event::Event;
use super::owed::Debt;
use super::policy::Enabled;
use super::resolve::key_mark;
use super::shared::Shared;
use super::stats::increment;
use super::why::Cause;
use crate::deps::Dep;
use crate::error::{Error, Result};
use crate::log::{Applied, Position, Record};
use crate::mark::Marks;
use crate::store::EntryKey;

impl Cache {
    /// Publishes what a committed write touched, and whatever is still owed. Once this has returned, no read that
    /// starts afterwards gets a result that the write has changed.
    ///
    /// # Errors
    /// If the log does not answer. The marks are owed then: this process serves nothing until a later
    /// publication, read or [`close`](Cache::close) has delivered them.
    ///
    /// # Cancel safety
    /// The marks of a dropped future are owed in the same way, even if it was never polled.
    pub fn publish(
        &self,
        marks: Marks,
        cause: Option<Cause>,
    ) -> impl Future<Output = Result<Position>> + Send + '_ {
        self.shared().publish(marks, cause)
    }

    /// Publishes without waiting, for destructors. What the log does not take at once is owed.
    pub fn publish_detached(&self, marks: Marks, cause: Option<Cause>) {
        // Dropping the publication, finished or not, does all that is left to do.
        let _ = pin!(self.publish(marks, cause)).poll(&mut Context::from_waker(Waker::noop()));
    }

    /// Ends every entry that depends on `dep`, as a write that changed it would.
    ///
    /// ```
    /// # use cache_core::{Cache, Dep};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// cache.put("motd", "hello".to_owned(), [Dep::tag("texts")]).await?;
    /// cache.invalidate(Dep::tag("texts")).await?;
    /// assert_eq!(cache.get::<String>("motd").await, None);
    /// # Ok::<(), cache_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`UnknownDependency`](crate::ErrorKind::UnknownDependency) if no attached database knows it, and those of
    /// [`publish`](Self::publish).
    pub async fn invalidate(&self, dep: Dep) -> Result<()> {
        if self.is_disabled() {
            return Ok(());
        }
        let marks = self.shared().resolvers.touched(&dep)?;
        self.publish(marks, Some(Arc::new(format!("invalidate {dep}")))).await?;
        Ok(())
    }

    /// Ends one entry, and every load of it that has already started, in all processes.
    ///
    /// # Errors
    /// Those of [`publish`](Self::publish).
    pub async fn invalidate_entry(&self, key: impl Into<EntryKey>) -> Result<()> {
        let key = key.into();
        let marks = [key_mark(key)].into_iter().collect();
        self.publish(marks, Some(Arc::new(format!("invalidate entry {key}")))).await?;
        Ok(())
    }

    /// Ends every entry: the log begins a new epoch.
    ///
    /// # Errors
    /// If the log does not answer.
    pub async fn clear(&self) -> Result<()> {
        let shared = self.shared();
        shared.log.renew().await?;
        shared.values.clear();
        let position = shared.follow().await?;
        shared.events.emit(&Event::Cleared { position });
        Ok(())
    }

    /// Delivers what is owed. Afterwards the cache serves and stores nothing, whichever handle is asked; writes
    /// are still published, so that others stay right. Opening an equal URL opens the cache again.
    ///
    /// # Errors
    /// If the log does not answer; call again to try again.
    pub async fn close(&self) -> Result<()> {
        let shared = self.shared();
        shared.closed.store(true, Ordering::Relaxed);
        shared.values.clear();
        shared.publish(Marks::default(), None).await?;
        Ok(())
    }
}

impl Shared {
    /// From the call on, the marks are owed unless the log confirms them.
    pub(super) fn publish(
        &self,
        marks: Marks,
        cause: Option<Cause>,
    ) -> impl Future<Output = Result<Position>> + Send + '_ {
        let debt = match self.enabled {
            Enabled::Yes => self.owed.take(marks, cause),
            Enabled::No => None,
        };
        async move {
            match debt {
                Some(debt) => self.deliver(debt).await,
                None => self.follow().await,
            }
        }
    }

    async fn deliver(&self, debt: Debt<'_>) -> Result<Position> {
        let position = match self.log.publish(debt.marks()).await {
            Ok(position) => position,
            Err(error) => {
                self.report_owed(&debt, &error);
                return Err(error);
            }
        };
        let (marks, causes) = debt.settle();
        increment(&self.counters.publications);
        self.events.emit(&Event::Published { position, marks: &marks, causes: &causes });
        self.causes.remember(position.seq, causes);
        // Reads catch up by themselves, so a failure here changes nothing. Doing it now makes the process's own
        // index exact, and costs a round trip only if other publications came between.
        if self.index.apply(&Record { position, marks: Arc::new(marks) }) == Applied::Gap {
            let _ = self.follow_to(position).await;
        }
        Ok(position)
    }

    /// One line when it begins; each read that tries again would add one.
    fn report_owed(&self, debt: &Debt<'_>, error: &Error) {
        if debt.is_new() {
            tracing::warn!(%error, "the log refused a publication; nothing is served until it is delivered");
        }
        self.events.emit(&Event::Owed { marks: debt.marks(), error });
    }

    /// Delivers what is owed; reads do this before they trust anything.
    pub(super) async fn settle(&self) -> Result<()> {
        if self.owed.any() {
            self.publish(Marks::default(), None).await?;
        }
        Ok(())
    }
}
