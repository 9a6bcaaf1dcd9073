//! From a miss to a result: the load, and what is served if it fails.

use std::sync::Arc;

use super::Cache;
use super::fill::{Filled, Refusal, Refused, Started};
use super::flight::Landing;
use super::patience::Patience;
use super::request::{Evidence, LoadStart, Loaded, Outcome, Request, Watched};
use super::stored::Missing;
use super::stretch::Instead;
use super::why::{Bypass, Source};
use crate::mutation::{self, Mutation};

/// Where a load can run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Loading {
    /// In its caller's future only: while it does, others may be served what is stale.
    Here,
    /// In a task too: nobody needs to wait for it.
    Detachable,
}

impl Cache {
    /// Loads, and serves what there is of an entry if that fails and the policy says so. Beside the outcome, what those
    /// may have who wait for it.
    pub(super) async fn load_or_spare<T, E, F>(
        &self,
        request: &Request<'_, T>,
        mut missing: Missing,
        patience: &mut Patience<'_>,
        load: F,
    ) -> Result<(Outcome<T>, Option<Landing>), E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let (head, spare) = (missing.head, missing.spare.take());
        match self.load_at(request, missing, patience, load).await {
            Err(error) if request.policy.stretch().serves_errors() => {
                let spare = spare.or_else(|| self.shared().values.peek(request.key));
                let stale = spare.and_then(|spare| self.stale(request, &spare, head, Instead::OfFailing));
                stale.map(|outcome| (outcome, None)).ok_or(error)
            }
            loaded => loaded,
        }
    }

    /// Loads for a caller who read the head, and stores the result if it may be stored.
    pub(super) async fn load_at<T, E, F>(
        &self,
        request: &Request<'_, T>,
        missing: Missing,
        patience: &mut Patience<'_>,
        load: F,
    ) -> Result<(Outcome<T>, Option<Landing>), E>
    where
        T: Send + Sync + 'static,
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        // Taken before the database is read, at a head that the index has reached: a fence that goes up later is
        // after the entry's position, and decides by itself.
        let Missing { head, reason, claim, spare: _ } = missing;
        let fences = self.shared().index.fences(head);
        if fences.as_ref().is_some_and(|fences| !fences.is_empty()) {
            self.shared().ask_for_outcomes();
        }
        let at = self.shared().clock.now();
        let Loaded { value, watched } = load(LoadStart { position: Some(head) }).await?;
        let is_block = matches!(watched, Watched::Marks { position: Some(_), .. });
        let takes_end = mutation::is(Mutation::PositionAfterLoad)
            || is_block && mutation::is(Mutation::BlockTakesLastPosition);
        let (head, watched) = match (takes_end, watched) {
            (true, Watched::Marks { marks, .. }) => {
                (self.shared().follow().await.unwrap_or(head), Watched::Marks { marks, position: None })
            }
            (_, watched) => (head, watched),
        };
        let source = Source::Miss(reason);
        let started = Started { position: head, fences, at };
        match self.fill(request, &started, Arc::new(value), watched, claim, patience).await {
            Ok(Filled { value, slot, at }) => {
                let evidence = Evidence::Slot(Arc::clone(&slot), at);
                Ok((Outcome { value, source, evidence }, Some(Landing::Slot(slot))))
            }
            Err(Refused { value, refusal }) => {
                let landing = match &refusal {
                    Refusal::ForNow(reason) => {
                        Some(Landing::Passing(Arc::clone(&value) as _, reason.clone()))
                    }
                    Refusal::ByNature(_) => None,
                };
                let evidence = Evidence::Load(Watched::Unstorable(refusal.reason()));
                Ok((Outcome { value, source, evidence }, landing))
            }
        }
    }

    pub(super) async fn load_around<T, E, F>(&self, bypass: Bypass, load: F) -> Result<Outcome<T>, E>
    where
        F: AsyncFnOnce(LoadStart) -> Result<Loaded<T>, E>,
    {
        let Loaded { value, watched } = load(LoadStart { position: None }).await?;
        let evidence = Evidence::Load(watched);
        Ok(Outcome { value: Arc::new(value), source: Source::Bypass(bypass), evidence })
    }
}
