//! What became of writers that have not lifted their fences.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Cache;
use super::shared::Shared;
use crate::log::{Fate, FenceId, TransactionId};

/// A writer that lives has lifted its fence by then, as a rule.
const PATIENCE: Duration = Duration::from_millis(10);

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
        if self.index.doubtful(Duration::ZERO).is_empty() || self.asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let (asking, pause) = (Asking(shared), remote.sleep(PATIENCE));
        remote.spawn(Box::pin(async move {
            pause.await;
            asking.run().await;
        }));
    }
}

/// The task that asks. If it is dropped with its runtime, the next one who meets a fence starts another.
struct Asking(Arc<Shared>);

impl Asking {
    async fn run(self) {
        for (fence, transaction) in self.0.index.doubtful(PATIENCE) {
            self.0.index.settle(fence, self.0.resolvers.fate(transaction).await);
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.asking.store(false, Ordering::Release);
    }
}
