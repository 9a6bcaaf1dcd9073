//! Transaction control on its way.

use super::commit::{CommitStep, Committed};
use super::publish::{lifted_after, publish};
use super::step::Aftermath;
use crate::cache::{Announcement, Cache};
use crate::error::Result;
use crate::mark::Marks;
use crate::sql::Control;

/// Transaction control on its way.
#[derive(Debug)]
pub struct ControlStep {
    pub(super) control: Control,
    pub(super) ending: Ending,
}

/// Whether it commits anything.
#[derive(Debug)]
pub(super) enum Ending {
    /// No.
    Nothing,
    /// What the journal owes.
    Commit(CommitStep),
    /// Perhaps anything, perhaps of another session: it is not followed.
    Anything(Guard),
}

impl ControlStep {
    /// To be called before it is sent.
    pub(super) async fn announce(&mut self) -> Result<()> {
        match &mut self.ending {
            Ending::Nothing => Ok(()),
            Ending::Commit(commit) => commit.announce().await,
            // It must not be refused, and puts nothing into the database.
            Ending::Anything(_) if self.control == Control::Rollback => Ok(()),
            Ending::Anything(guard) => guard.announce().await,
        }
    }

    pub(super) fn commit(&self) -> Option<&CommitStep> {
        match &self.ending {
            Ending::Commit(commit) => Some(commit),
            Ending::Nothing | Ending::Anything(_) => None,
        }
    }

    pub(super) fn commits(&self) -> bool {
        !matches!(self.ending, Ending::Nothing)
    }
}

impl Ending {
    /// Publishes what was committed, once it has run.
    ///
    /// # Cancel safety
    /// What is left to publish is published without waiting.
    pub(super) async fn publish(self, committed: Committed) -> Aftermath {
        match self {
            Ending::Nothing => Aftermath::Nothing,
            Ending::Commit(commit) => commit.finish(committed).await,
            Ending::Anything(guard) => {
                guard.publish(committed).await;
                Aftermath::Nothing
            }
        }
    }
}

/// What may have been committed and is to be published. Dropped, it is published without waiting.
#[derive(Debug)]
#[must_use = "publish it, or give it up"]
pub(super) struct Guard {
    cache: Cache,
    marks: Marks,
    announcement: Announcement,
}

impl Guard {
    pub(super) fn new(cache: &Cache, marks: Marks) -> Self {
        Self { cache: cache.clone(), marks, announcement: Announcement::default() }
    }

    pub(super) fn of_everything(cache: &Cache) -> Self {
        Self::new(cache, Marks::everything())
    }

    async fn announce(&mut self) -> Result<()> {
        self.announcement = self.cache.announce(&self.marks, None).await?;
        Ok(())
    }

    async fn publish(mut self, committed: Committed) {
        let announcement = lifted_after(committed, std::mem::take(&mut self.announcement));
        let marks = std::mem::take(&mut self.marks);
        publish(&self.cache, marks, None, announcement, Aftermath::Nothing).await;
    }

    /// Ends the guard of what is not sent.
    pub(super) fn give_up(mut self) {
        self.marks = Marks::default();
        self.cache.withdraw(std::mem::take(&mut self.announcement));
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.marks.is_empty() {
            self.cache.publish_detached(std::mem::take(&mut self.marks), None);
        }
    }
}
