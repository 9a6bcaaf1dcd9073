//! Publications that nobody waits for: a fence stands for each until it is in the log.

use std::sync::Arc;
use std::task::{Context, Waker};

use tokio::sync::watch;
use tracing::Instrument;

use super::Cache;
use super::announce::Announcement;
use super::owed::Batch;
use super::patience::Patience;
use super::shared::Shared;
use super::trail::{Heap, Unpublished};
use super::why::Cause;
use crate::error::Result;
use crate::log::{BoxFuture, FenceId};
use crate::mark::Marks;

/// How many are on their way.
#[derive(Default)]
pub(super) struct Behind(watch::Sender<usize>);

/// One that is.
pub(super) struct Underway(Arc<Shared>);

impl Underway {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        shared.behind.0.send_modify(|underway| *underway += 1);
        Self(shared)
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.behind.0.send_modify(|underway| *underway -= 1);
    }
}

impl Cache {
    /// Publishes what a write touched that was [announced](Self::announce) and is known to have been made, from the call
    /// on. Once this has returned, no read that starts afterwards gets a result that the write has changed.
    ///
    /// The marks are those that were announced, or what is known to be left of them. While the fence is up, readers meet
    /// that, in this process as in others, so this returns at once. A task brings the publication to its end; if writes
    /// follow each other within a millisecond, the next one takes it along. [`close`](Self::close) waits for it. Without a
    /// fence, or with one that may be down, it takes as long as [`publish_announced`](Self::publish_announced).
    ///
    /// # Errors
    /// Those of [`publish`](Self::publish), if it waits. What a task could not publish is owed.
    ///
    /// # Cancel safety
    /// That of [`publish`](Self::publish).
    pub fn publish_behind(
        &self,
        marks: Marks,
        cause: Option<Cause>,
        announcement: Announcement,
    ) -> impl Future<Output = Result<()>> + Send + '_ {
        let stands = announcement.stands_for(&marks);
        let (batch, raised, left) = announcement.lift(Batch::new(marks, cause));
        let waits = match raised {
            Some(raised) if stands => {
                self.shared().leave(Unpublished { batch, raised });
                None
            }
            raised => Some(self.shared().publish_under(batch, raised, left)),
        };
        async move {
            match waits {
                Some(publication) => publication.await.map(drop),
                None => Ok(()),
            }
        }
    }

    /// Ends the announcement of a write that is known to have changed nothing, at the cost of one record for which
    /// nobody waits. If the log does not take it, the fence runs out by itself.
    pub fn withdraw(&self, announcement: Announcement) {
        if let (batch, Some(raised), _) = announcement.lift(Batch::default()) {
            self.shared().leave(Unpublished { batch, raised });
        }
    }
}

impl Shared {
    /// Sends what nobody waits for, or has it trail behind.
    fn leave(&self, unpublished: Unpublished) {
        match self.trail.add(unpublished) {
            Some(Heap { batch, lifted }) => self.send_behind(batch, lifted),
            None => self.look_after_trail(),
        }
    }

    pub(super) fn send_behind(&self, batch: Batch, lifted: Vec<FenceId>) {
        let Some(shared) = self.this.upgrade() else { return };
        self.go_on(async move {
            // What it did not deliver is owed.
            let _ = shared.publish_lifting(batch, lifted, None).await;
        });
    }

    /// Goes as far as it can with what nobody waits for, and leaves the rest to a task. As a rule it is sent by then, so
    /// a head that this process asks for afterwards is one behind it.
    ///
    /// The task is spawned here and not by what wakes it first: a task that is refused is dropped, and what that would do
    /// must not be done wherever something wakes.
    fn go_on(&self, publication: impl Future<Output = ()> + Send + 'static) {
        let (Some(shared), Some(remote)) = (self.this.upgrade(), self.log.remote()) else { return };
        let mut publication: BoxFuture<'static, ()> = Box::pin(publication.in_current_span());
        let underway = Underway::new(shared);
        if publication.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            remote.spawn(Box::pin(async move {
                let _underway = underway;
                publication.await;
            }));
        }
    }

    /// Waits until none is on its way.
    pub(super) async fn none_behind(&self) -> Result<()> {
        let wait = async {
            // Its sender is here.
            let _ = self.behind.0.subscribe().wait_for(|underway| *underway == 0).await;
            Ok(())
        };
        Patience::new(&*self.log).wait(wait).await
    }
}
