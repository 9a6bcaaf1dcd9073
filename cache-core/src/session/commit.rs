//! One COMMIT or RELEASE.

use std::sync::{Arc, OnceLock};

use super::journal::{Journal, Owed};
use super::publish::{lifted_after, publish};
use super::step::Aftermath;
use super::taint::Renaming;
use crate::cache::Announcement;
use crate::error::Result;
use crate::log::TransactionId;
use crate::mutation::{self, Mutation};

/// A COMMIT under way: armed before it is sent, finished when it returned, whatever it returned.
///
/// A COMMIT that failed may have happened, so it publishes too. Dropping the step publishes as well; the
/// caller must then not be able to have the COMMIT sent after the drop (send it from a task of its own).
#[must_use = "finish it when COMMIT returned"]
pub struct CommitStep {
    journal: Arc<Journal>,
    owed: Option<Owed>,
    /// What it commits of names that may hide others.
    renaming: Option<Renaming>,
    /// The number of its transaction, where no statement has shown it.
    number: OnceLock<u64>,
    announcement: Announcement,
}

/// What is known of a COMMIT that returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Committed {
    /// It has happened.
    Yes,
    /// It failed, and may have happened all the same, or may yet.
    Unknown,
}

impl std::fmt::Debug for CommitStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommitStep").field("outermost", &self.is_outermost()).finish()
    }
}

impl CommitStep {
    pub(super) fn new(journal: Arc<Journal>) -> Self {
        let owed = journal.release();
        let renames = owed.as_ref().is_some_and(|owed| owed.renames);
        let renaming = renames.then(|| journal.renaming());
        Self { journal, owed, renaming, number: OnceLock::new(), announcement: Announcement::default() }
    }

    /// Whether it is a COMMIT, and no RELEASE, which publishes nothing.
    #[must_use]
    pub fn is_outermost(&self) -> bool {
        self.owed.is_some() || mutation::is(Mutation::ReleasesOutliveTransactions)
    }

    /// Whether it is worth asking the database for the number of the transaction while this is announced: it is
    /// announced at all, and no statement has shown the number.
    #[must_use]
    pub fn wants_transaction(&self) -> bool {
        let owes = self.owed.as_ref().is_some_and(|owed| !owed.is_empty());
        owes && self.transaction().is_none()
            && self.journal.cache().announces()
            && self.journal.database().catalog().schema().knows_transactions()
    }

    /// To be called with the number that the database has given to the transaction: should this process die, others can
    /// ask what became of it. What is known when it is [announced](Self::announce) is said with that; afterwards it takes
    /// another record, for which nobody waits.
    pub fn note_transaction(&self, number: &str) {
        if let Ok(number) = number.parse() {
            let _ = self.number.set(number);
            self.journal.cache().identify(&self.announcement, self.journal.database().transaction(number));
        }
    }

    fn transaction(&self) -> Option<TransactionId> {
        let number = self.journal.transaction_number().or_else(|| self.number.get().copied());
        number.map(|number| self.journal.database().transaction(number))
    }

    /// To be called before COMMIT is sent.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if it must not be sent: roll back, and give the step up.
    pub async fn announce(&mut self) -> Result<()> {
        if let Some(owed) = &self.owed {
            let transaction = self.transaction();
            self.announcement =
                self.journal.cache().announce(&owed.touched(self.journal.database()), transaction).await?;
        }
        Ok(())
    }

    /// Ends a step whose COMMIT is not sent, or has left the transaction open: what it owes is owed as before.
    pub fn reopen(mut self) {
        if let Some(owed) = self.owed.take() {
            self.journal.reopen(owed);
        }
        self.rename_nothing();
    }

    /// COMMIT failed, and the transaction may be open still: what it owes is published, and owed as before.
    pub(super) fn lose_sight(self) -> Self {
        if let Some(owed) = &self.owed {
            self.journal.reopen(owed.clone());
        }
        self.journal.lose_sight();
        self
    }

    /// Ends a step whose COMMIT is not sent. What may be in the database all the same, because the server ended the
    /// transaction by itself, is published.
    pub fn give_up(mut self) {
        self.owed = self.owed.take().filter(|owed| owed.uncertain);
        if self.owed.is_none() {
            self.rename_nothing();
        }
    }

    fn rename_nothing(&mut self) {
        if let Some(renaming) = self.renaming.take() {
            renaming.undone();
        }
    }

    /// Publishes what the transaction touched, if this was its outermost COMMIT. What was announced may still be on its way
    /// to the log when this returns: readers meet its fence meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future publishes what is left to publish without waiting.
    pub async fn finish(mut self, committed: Committed) -> Aftermath {
        let Some(owed) = &self.owed else { return Aftermath::Nothing };
        let aftermath = owed.aftermath;
        if let (Committed::Yes, Some(renaming)) = (committed, self.renaming.take()) {
            renaming.happened();
        }
        if !owed.is_empty() {
            let announcement = lifted_after(committed, std::mem::take(&mut self.announcement));
            let marks = owed.touched(self.journal.database());
            publish(self.journal.cache(), marks, Some(owed.cause.clone()), announcement, aftermath).await;
        }
        self.owed = None;
        aftermath
    }
}

impl Drop for CommitStep {
    fn drop(&mut self) {
        if let Some(owed) = self.owed.take().filter(|owed| !owed.is_empty()) {
            let marks = owed.touched(self.journal.database());
            self.journal.cache().publish_detached(marks, Some(owed.cause));
        }
    }
}
