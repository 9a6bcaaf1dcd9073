//! What writes leave in the log.

use std::sync::Arc;

use super::Cache;
use super::shared::Shared;
use super::why::Cause;
use crate::error::Result;
use crate::log::{Position, Record};
use crate::mark::Marks;

impl Cache {
    /// Publishes marks that a committed write touched. When this returns, no read that starts afterwards gets a
    /// result that the write has changed.
    ///
    /// # Errors
    /// If the log does not answer.
    pub async fn publish(&self, marks: Marks, cause: Option<Cause>) -> Result<Position> {
        self.shared().publish(marks, cause).await
    }

    /// Publishes as far as that is possible without waiting; callable where nothing can be awaited.
    pub fn publish_detached(&self, marks: Marks, cause: Option<Cause>) {
        let mut publication = std::pin::pin!(self.shared().publish(marks, cause));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = publication.as_mut().poll(&mut context);
    }

    /// Ends every entry: the log begins a new epoch.
    ///
    /// # Errors
    /// If the log does not answer.
    pub async fn clear(&self) -> Result<()> {
        let shared = self.shared();
        shared.log.renew().await?;
        shared.follow().await?;
        shared.values.clear();
        Ok(())
    }
}

impl Shared {
    async fn publish(&self, marks: Marks, cause: Option<Cause>) -> Result<Position> {
        let position = self.log.publish(&marks).await?;
        self.causes.remember(position.seq, cause);
        self.index.apply(&Record { position, marks: Arc::new(marks) });
        Ok(position)
    }
}
