//! What became of writers that have not lifted their fences.

use std::sync::Arc;
use std::time::Duration;

use super::Cache;
use super::patience::Patience;
use super::shared::Shared;
use crate::duty::Turn;
use crate::log::{Fate, FenceId, MAX_FENCE, TransactionId};

/// A writer that lives has lifted its fence by then, as a rule.
const PATIENCE: Duration = Duration::from_millis(10);

/// A database that does not answer for so long is asked again by the next one who meets the fence.
const LONGEST_QUESTION: Duration = MAX_FENCE;

impl Cache {
    /// The fences that their writers, if they lived, would have lifted, with transactions that a database can be asked
    /// about.
    pub(crate) fn doubtful(&self) -> Vec<(FenceId, TransactionId)> {
        self.shared().index.doubtful(PATIENCE)
    }

    /// Notes what the database says of the transaction of a fence; none if it does not know.
    pub(crate) fn settle(&self, fence: FenceId, fate: Option<Fate>) {
        self.shared().index.settle(fence, fate);
    }
}

impl Shared {
    /// To be called when a fence is in the way. Has a task ask the database about those of transactions that it can be
    /// asked about, unless one does already; nobody waits for it.
    pub(super) fn ask_for_outcomes(&self) {
        let (Some(remote), Some(shared)) = (self.log.remote(), self.this.upgrade()) else { return };
        if self.index.doubtful(Duration::ZERO).is_empty() {
            return;
        }
        if let Some(turn) = self.asking.take(LONGEST_QUESTION * 2) {
            remote.spawn(Box::pin(ask(shared, turn)));
        }
    }

    /// Asks what became of a transaction; none if there is no answer in time.
    async fn fate_in_time(&self, transaction: TransactionId) -> Option<Option<Fate>> {
        let question = async { Ok(self.resolvers.fate(transaction).await) };
        Patience::resume(&*self.log, Some(LONGEST_QUESTION)).wait(question).await.ok()
    }
}

async fn ask(shared: Arc<Shared>, turn: Turn) {
    let Some(remote) = shared.log.remote() else { return };
    remote.sleep(PATIENCE).await;
    for (fence, transaction) in shared.index.doubtful(PATIENCE) {
        if !turn.goes_on(|| true) {
            return;
        }
        // Without an answer the fence stays up, and the next one who meets it asks again.
        if let Some(fate) = shared.fate_in_time(transaction).await {
            shared.index.settle(fence, fate);
        }
    }
}
