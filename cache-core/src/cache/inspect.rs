//! What a read would find, without reading.

use std::sync::Arc;
use std::time::Duration;

use super::Cache;
use super::policy::Policy;
use super::request::Request;
use super::stretch::Instead;
use super::why::{Level, MissReason, Stale};
use crate::codec::Envelope;
use crate::error::Result;
use crate::log::Position;
use crate::mark::Marks;
use crate::store::EntryKey;

/// What a read of a key would find.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Inspection {
    /// An entry that may be served.
    Fresh(Fresh),
    /// An entry that is served all the same while it is loaded anew, as the policy says, and why.
    Stale(Stale),
    /// None, and why.
    Miss(MissReason),
}

/// An entry that may be served.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Fresh {
    /// Which level has it.
    pub level: Level,
    /// The log's head before it was loaded.
    pub position: Position,
    /// What it watches.
    pub marks: Arc<Marks>,
    /// How long it may still be served; none if for ever.
    pub expires_in: Option<Duration>,
    /// What it weighs in its level, in bytes.
    pub weight: usize,
}

impl Cache {
    /// What a read of this key would find now. It changes nothing, and counts as no read.
    ///
    /// ```
    /// # use cache_core::{Cache, Dep};
    /// # use cache_core::cache::{Inspection, MissReason};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let cache = Cache::from_url("memory://?private")?;
    /// cache.put("motd", "hello".to_owned(), [Dep::tag("texts")]).await?;
    /// assert!(matches!(cache.inspect("motd").await?, Inspection::Fresh(_)));
    ///
    /// cache.invalidate(Dep::tag("texts")).await?;
    /// let Inspection::Miss(reason) = cache.inspect("motd").await? else { panic!("it was invalidated") };
    /// assert_eq!(reason.to_string(), "touched by publication 1 of invalidate tag texts");
    /// # Ok::<(), cache_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// If the log or the store does not answer.
    pub async fn inspect(&self, key: impl Into<EntryKey>) -> Result<Inspection> {
        self.inspect_as(key.into(), self.policy()).await
    }

    /// The same for a read with this policy, which may let it have what is no hit.
    ///
    /// # Errors
    /// If the log or the store does not answer.
    pub async fn inspect_as(&self, key: EntryKey, policy: &Policy) -> Result<Inspection> {
        let head = self.shared().follow().await?;
        let reason = match self.inspect_value(key, head) {
            Ok(fresh) => return Ok(Inspection::Fresh(fresh)),
            Err(reason) => reason,
        };
        let reason = match self.inspect_stored(key, head, reason).await? {
            Ok(fresh) => return Ok(Inspection::Fresh(fresh)),
            Err(reason) => reason,
        };
        if let Some(stale) = self.inspect_stale(key, policy, head, &reason) {
            return Ok(Inspection::Stale(stale));
        }
        let unstorable = self.shared().unstorables.reason(key);
        Ok(Inspection::Miss(unstorable.map_or(reason, MissReason::Unstorable)))
    }

    /// What the first level has beyond its end; what only the store has is told by the read that takes it up.
    fn inspect_stale(
        &self,
        key: EntryKey,
        policy: &Policy,
        head: Position,
        reason: &MissReason,
    ) -> Option<Stale> {
        let request = Request { key, policy, codec: &self.codec::<()>() };
        let slot = self.may_stretch(&request, reason).then(|| self.shared().values.peek(key))??;
        self.staleness(&request, &slot, head, Instead::OfLoading)
    }

    fn inspect_value(&self, key: EntryKey, head: Position) -> Result<Fresh, MissReason> {
        let shared = self.shared();
        let slot = shared.values.peek(key).ok_or(MissReason::NeverFilled)?;
        let now = shared.clock.now();
        if slot.expires <= now {
            return Err(MissReason::Expired);
        }
        shared.judge(head, slot.validated(), slot.marks.as_slice())?;
        Ok(Fresh {
            level: Level::Values,
            position: slot.position,
            marks: Arc::clone(&slot.marks),
            expires_in: slot.expires.since(now),
            weight: slot.weight,
        })
    }

    async fn inspect_stored(
        &self,
        key: EntryKey,
        head: Position,
        reason: MissReason,
    ) -> Result<Result<Fresh, MissReason>> {
        let shared = self.shared();
        let Some(bytes) = shared.store.get(key).await? else { return Ok(Err(reason)) };
        let Some(envelope) = Envelope::open(key, &bytes) else { return Ok(Err(MissReason::Unreadable)) };
        if let Err(reason) = shared.judge_stored(&envelope, head) {
            return Ok(Err(reason));
        }
        Ok(Ok(Fresh {
            level: Level::Store,
            position: envelope.position,
            expires_in: shared.clock.at_unix(envelope.expires).since(shared.clock.now()),
            marks: Arc::new(envelope.marks),
            weight: bytes.len(),
        }))
    }
}
