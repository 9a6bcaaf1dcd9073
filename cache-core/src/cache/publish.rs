//! What writes leave in the log.

use std::borrow::Cow;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::Duration;

use super::Cache;
use super::announce::{Announcement, Raised};
use super::event::Event;
use super::foreign::Owner;
use super::owed::{Batch, Debt};
use super::patience::Patience;
use super::policy::Enabled;
use super::resolve::key_mark;
use super::shared::Shared;
use super::stats::increment;
use super::why::Cause;
use crate::deps::Dep;
use crate::duty::Turn;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Epoch, FenceId, Fences, Position, Record};
use crate::mark::{Mark, Marks};
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

    /// Publishes what a write touched that was [announced](Self::announce) and is known to have been made. This waits
    /// until it is in the log, as who reads the schema anew must; [`publish_behind`](Self::publish_behind) waits for no
    /// more than it has to.
    ///
    /// # Errors
    /// Those of [`publish`](Self::publish).
    ///
    /// # Cancel safety
    /// That of [`publish`](Self::publish).
    pub fn publish_announced(
        &self,
        marks: Marks,
        cause: Option<Cause>,
        announcement: Announcement,
    ) -> impl Future<Output = Result<Position>> + Send + '_ {
        let (batch, raised, left) = announcement.lift(Batch::new(marks, cause));
        self.shared().publish_under(batch, raised, left)
    }

    /// Publishes without waiting, for destructors. What the log does not take at once is owed, and one that is reached over a
    /// network takes nothing at once: a task delivers it.
    pub fn publish_detached(&self, marks: Marks, cause: Option<Cause>) {
        self.shared().publish_detached(Batch::new(marks, cause));
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
        self.begin_epoch(None).await.map(drop)
    }

    /// The same, perhaps for a schema that somebody has found changed; returns the epoch before, directly, and the new one.
    pub(crate) async fn begin_epoch(&self, changed: Option<Owner>) -> Result<(Epoch, Epoch)> {
        let shared = self.shared();
        let (before, begun) = shared.log.renew().await?;
        // No other change of a schema can have come between them.
        shared.foreign.advance(before, begun.epoch, changed);
        shared.values.clear();
        let position = shared.follow().await?;
        shared.events.emit(&Event::Cleared { position });
        Ok((before, begun.epoch))
    }

    /// Delivers what is owed and what is still on its way: a program that has written closes its cache before its runtime
    /// ends, or its last writes end more than they have changed, and only two seconds later.
    ///
    /// It waits for no statement. What a write that has not returned [goes on under](Self::announce_autocommit) stands for the
    /// one before as well, and is up for as long: that write publishes for both.
    ///
    /// Afterwards the cache serves and stores nothing, whichever handle is asked; writes are still published, so that
    /// others stay right. Opening an equal URL opens the cache again.
    ///
    /// # Errors
    /// If the log does not answer; call again to try again.
    pub async fn close(&self) -> Result<()> {
        let shared = self.shared();
        shared.closed.store(true, Ordering::Relaxed);
        shared.values.clear();
        shared.send_trailing(Duration::ZERO);
        if shared.none_behind().await.is_err() {
            // Nobody may drive the connection any more that they are on. Whoever asks finds that out, and ends it.
            shared.follow().await?;
            shared.none_behind().await?;
        }
        shared.settle().await?;
        if shared.owed.any() {
            let message = "a publication is still on its way to the cache server; close again";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
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
        self.publish_lifting(Batch::new(marks, cause), Vec::new(), None)
    }

    /// The same with fences that are lifted by it, within what is left of a statement's time.
    pub(super) fn publish_lifting(
        &self,
        new: Batch,
        lifted: Vec<FenceId>,
        left: Option<Duration>,
    ) -> impl Future<Output = Result<Position>> + Send + '_ {
        let publication = self.publication(new, lifted, left);
        async move {
            match publication {
                Some(publication) => publication.deliver().await,
                None => self.follow().await,
            }
        }
    }

    /// The same with the fence that is up for it, if there is one.
    pub(super) fn publish_under(
        &self,
        mut batch: Batch,
        raised: Option<Arc<Raised>>,
        left: Option<Duration>,
    ) -> impl Future<Output = Result<Position>> + Send + '_ {
        if raised.as_ref().is_some_and(|raised| raised.is_wide()) {
            // With the record that lifts the fence: this process may die before it sends another one.
            batch.add(Batch::new(Marks::everything(), None));
        }
        let lifted = raised.iter().map(|raised| raised.id()).collect();
        // Apart: the future of every statement that may write would be as large, several times over.
        Box::pin(self.publish_lifting(batch, lifted, left))
    }

    /// Publishes without waiting, for destructors: a publication that is dropped, finished or not, is owed.
    pub(super) fn publish_detached(&self, batch: Batch) {
        let publication = pin!(self.publish_lifting(batch, Vec::new(), None));
        // Over a network it takes a timer, which panics where a runtime has ended.
        if !self.is_remote() {
            let _ = publication.poll(&mut Context::from_waker(Waker::noop()));
        }
    }

    /// What is left to publish with these; none if that is nothing.
    pub(super) fn publication(
        &self,
        new: Batch,
        lifted: Vec<FenceId>,
        left: Option<Duration>,
    ) -> Option<Publication<'_>> {
        let debt = match self.enabled {
            Enabled::Yes => self.owed.take(new),
            Enabled::No => None,
        };
        (debt.is_some() || !lifted.is_empty()).then_some(Publication { shared: self, debt, lifted, left })
    }

    /// Delivers what is owed; reads do this before they trust anything.
    pub(super) async fn settle(&self) -> Result<()> {
        if self.owed.any() {
            self.publish(Marks::default(), None).await?;
        }
        Ok(())
    }

    /// Has a task deliver what is owed, however long that takes: other processes wait for it, whether or not
    /// anybody reads or writes in this one. A log in this process needs none, since it takes everything at once.
    fn deliver_later(&self) {
        let (Some(remote), Some(shared)) = (self.log.remote(), self.this.upgrade()) else { return };
        // However long that takes, it has not been given up.
        if let Some(turn) = self.delivering.take(Duration::MAX) {
            // What is dropped may be so because its runtime ends.
            remote.spawn_apart(Box::pin(deliver_owed(shared, turn)));
        }
    }
}

/// A publication on its way. Whatever ends it early leaves it to a task.
pub(super) struct Publication<'s> {
    shared: &'s Shared,
    debt: Option<Debt<'s>>,
    /// A fence whose publication is delivered later runs out by itself.
    lifted: Vec<FenceId>,
    /// What the announcement has left of the statement's time.
    left: Option<Duration>,
}

impl Publication<'_> {
    async fn deliver(mut self) -> Result<Position> {
        let shared = self.shared;
        let mut patience = Patience::resume(&*shared.log, self.left);
        let fences = Fences { raised: Vec::new(), lifted: self.take_lifted() };
        let record = match patience.wait(shared.log.append(&self.marks(), fences)).await {
            Ok(record) => record,
            Err(error) => {
                self.report_owed(&error);
                return Err(error);
            }
        };
        self.confirm(record, &mut patience).await
    }

    /// What is to be appended.
    pub(super) fn marks(&self) -> Cow<'_, Marks> {
        self.debt.as_ref().map_or_else(Cow::default, |debt| Cow::Borrowed(debt.marks()))
    }

    /// And the fences that this lifts.
    pub(super) fn take_lifted(&mut self) -> Vec<FenceId> {
        std::mem::take(&mut self.lifted)
    }

    /// Ends it: all of that is in this record.
    pub(super) async fn confirm(mut self, record: Record, patience: &mut Patience<'_>) -> Result<Position> {
        let shared = self.shared;
        // Who planned with an old schema does not know all that it has touched.
        let covers = record.marks.contains(Mark::EVERYTHING);
        let record = if covers || shared.foreign.are_current(&record.marks, record.position.epoch) {
            record
        } else {
            patience.wait(shared.log.publish(&Marks::everything())).await?
        };
        let position = record.position;
        // Before the debt is settled: a bounded read relies on the index to know the writes of its own process.
        shared.learn(record, patience).await;
        if let Some((marks, causes)) = self.debt.take().map(Debt::settle) {
            increment(&shared.counters.publications);
            shared.events.emit(&Event::Published { position, marks: &marks, causes: &causes });
            shared.causes.remember(position.seq, causes);
        }
        Ok(position)
    }

    /// One line when it begins; each read that tries again would add one.
    fn report_owed(&self, error: &Error) {
        let Some(debt) = &self.debt else { return };
        if debt.is_new() {
            tracing::warn!(%error, "the log refused a publication; nothing is served until it is delivered");
        }
        self.shared.events.emit(&Event::Owed { marks: debt.marks(), error });
    }
}

impl Drop for Publication<'_> {
    fn drop(&mut self) {
        let was_owed = self.debt.take().is_some();
        if was_owed {
            self.shared.deliver_later();
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

async fn deliver_owed(shared: Arc<Shared>, turn: Turn) {
    let mut pause = FIRST_PAUSE;
    while turn.goes_on(|| shared.owed.any()) {
        let Some(remote) = shared.log.remote() else { return };
        remote.recovered().await;
        if shared.settle().await.is_err() {
            remote.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
