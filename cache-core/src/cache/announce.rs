//! What a write says before it is made.

use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::Cache;
use super::owed::Batch;
use super::patience::Patience;
use super::policy::Enabled;
use super::shared::Shared;
use super::trail::{Trailing, Unpublished};
use super::url::{Fencing, Writes};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Fence, FenceId, Fences, MAX_FENCE, TransactionId};
use crate::mark::{Mark, Marks};

/// At least this much of a fence's time is left when its writer goes on: how long COMMIT may take to have its effect
/// after its writer has died.
const COMMIT_TIME: Duration = Duration::from_secs(1);

/// A write that was announced and may be made. Publish what it touched
/// [with it](Cache::publish_announced) when it is known to have been made; if its outcome is not known, drop it.
#[derive(Default)]
#[must_use = "publish with it, or drop it if the outcome is unknown"]
pub struct Announcement {
    raised: Option<Arc<Raised>>,
    /// Apart: every statement that may write carries an announcement.
    taken_on: Option<Box<TakenOn>>,
    /// What is left of the time that the cache may take for the statement; all of it, if none.
    left: Option<Duration>,
}

/// What an earlier write touched and has not published, under a fence that this one goes on under. It is published with
/// what this one touches; if nobody knows what became of this one, then by itself, and the fence runs out.
struct TakenOn {
    batch: Batch,
    shared: Weak<Shared>,
}

impl Drop for TakenOn {
    fn drop(&mut self) {
        if let (false, Some(shared)) = (self.batch.is_empty(), self.shared.upgrade()) {
            shared.publish_detached(std::mem::take(&mut self.batch));
        }
    }
}

/// A fence that is kept up.
pub(super) struct Raised {
    id: FenceId,
    marks: Arc<Marks>,
    transaction: OnceLock<TransactionId>,
    /// When the last one was sent that the log has confirmed: readers have it up from later on.
    sent: Mutex<Instant>,
    is_wide: AtomicBool,
}

impl Raised {
    pub(super) fn new(marks: Marks, transaction: Option<TransactionId>) -> Self {
        Self {
            id: FenceId::from_bits(RandomState::new().hash_one(marks.len())),
            marks: Arc::new(marks),
            transaction: transaction.map_or_else(OnceLock::new, OnceLock::from),
            sent: Mutex::new(Instant::now()),
            is_wide: AtomicBool::new(false),
        }
    }

    pub(super) fn id(&self) -> FenceId {
        self.id
    }

    /// Whether another write that may touch these can go on under it. One that names a transaction stands for no other, and
    /// a wide one would keep wide what may be narrow by now.
    pub(super) fn stands_for_another(&self, marks: &Marks) -> bool {
        let is_plain = self.transaction.get().is_none() && !self.is_wide();
        is_plain && *self.marks == *marks && self.marks.maker() == marks.maker()
    }

    /// Whether it is up for everything, since its writer may not know all that it touches.
    pub(super) fn is_wide(&self) -> bool {
        self.is_wide.load(Ordering::Acquire)
    }

    /// Whether nobody has it down, nor will before the time of a COMMIT is over.
    fn leaves_time(&self) -> bool {
        self.age() + COMMIT_TIME < MAX_FENCE
    }

    /// How long ago the last one was sent that the log has confirmed.
    pub(super) fn age(&self) -> Duration {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

impl Cache {
    /// Whether writes are announced at all: a log in this process needs no announcement.
    #[must_use]
    pub fn announces(&self) -> bool {
        let shared = self.shared();
        let is_shared = shared.log.remote().is_some() && shared.enabled == Enabled::Yes;
        is_shared && (shared.fencing == Fencing::On || shared.writes == Writes::Strict)
    }

    /// To be called before a write is made or committed, with all that it may touch. Where the log is shared, a
    /// fence goes up: should this process die before it has published, nothing stale is left behind. With the
    /// transaction, who meets the fence can ask the database instead of waiting until it runs out.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) if the log does not answer and the cache has `strict_writes`: the
    /// write must not be made then. Without them, the write goes on unannounced.
    ///
    /// # Cancel safety
    /// A fence of a dropped future runs out.
    pub async fn announce(&self, marks: &Marks, transaction: Option<TransactionId>) -> Result<Announcement> {
        self.announce_as(Naming::May(transaction), marks).await
    }

    /// The same for a write that commits by itself, whose transaction nobody will [name](Self::identify). If the one before
    /// it touched the same and has left its publication to the next one, this goes on under the fence that is up for that,
    /// and waits for nothing: where a row is written again and again, there is a fence and a record once in a few
    /// milliseconds. With `strict_writes` it raises one of its own, since nothing else tells whether the log answers.
    ///
    /// # Errors
    /// Those of [`announce`](Self::announce).
    ///
    /// # Cancel safety
    /// That of [`announce`](Self::announce).
    pub async fn announce_autocommit(&self, marks: &Marks) -> Result<Announcement> {
        self.announce_as(Naming::Never, marks).await
    }

    pub(crate) async fn announce_as(&self, naming: Naming, marks: &Marks) -> Result<Announcement> {
        let shared = self.shared();
        if marks.is_empty() || !self.announces() {
            return Ok(Announcement::default());
        }
        let mut patience = Patience::new(&*shared.log);
        let raised = shared.raise(marks, naming, &mut patience).await;
        let left = Some(patience.left());
        match raised {
            Ok((raised, taken_on)) => Ok(Announcement { raised, taken_on, left }),
            Err(_) if shared.writes == Writes::Owed => Ok(Announcement { left, ..Announcement::default() }),
            Err(error) => {
                let message = "nothing was written, since the cache server cannot be told (`strict_writes`)";
                Err(Error::new(ErrorKind::Unavailable, message).with_source(error))
            }
        }
    }

    /// Says whose write was announced, if that was not known then. Nobody waits for it: until the log has it, the fence
    /// is one that runs out.
    pub fn identify(&self, announcement: &Announcement, transaction: TransactionId) {
        let shared = self.shared();
        let (Some(raised), Some(remote)) = (&announcement.raised, shared.log.remote()) else { return };
        // What becomes of this transaction says nothing of what an earlier one touched.
        if announcement.taken_on.as_ref().is_some_and(|taken_on| !taken_on.batch.is_empty()) {
            return;
        }
        let (Ok(()), Some(shared)) = (raised.transaction.set(transaction), shared.this.upgrade()) else {
            return;
        };
        let raised = Arc::downgrade(raised);
        remote.spawn(Box::pin(async move {
            if let Some(raised) = raised.upgrade() {
                let _ = shared.append_fence(&raised, None, &mut Patience::new(&*shared.log)).await;
            }
        }));
    }
}

/// Whether the transaction of a write is named: at once, later or not at all; or certainly never.
pub(crate) enum Naming {
    May(Option<TransactionId>),
    Never,
}

impl Shared {
    async fn raise(
        &self,
        marks: &Marks,
        naming: Naming,
        patience: &mut Patience<'_>,
    ) -> Result<(Option<Arc<Raised>>, Option<Box<TakenOn>>)> {
        if self.writes == Writes::Strict {
            // Apart: it is as large as all the rest.
            patience.wait(Box::pin(self.settle())).await?;
        }
        if self.fencing != Fencing::On {
            patience.wait(self.log.head()).await?;
            return Ok((None, None));
        }
        let transaction = match naming {
            Naming::May(transaction) => transaction,
            // No write is made strictly that the log has not answered.
            Naming::Never if self.writes == Writes::Strict => None,
            Naming::Never => {
                if let Some(Unpublished { batch, raised }) = self.trail.take_on(marks) {
                    self.look_after_fences();
                    let taken_on = TakenOn { batch, shared: self.this.clone() };
                    return Ok((Some(raised), Some(Box::new(taken_on))));
                }
                None
            }
        };
        let raised = Arc::new(Raised::new(marks.clone().bounded(), transaction));
        let mut trailing = self.take_trailing();
        loop {
            self.append_fence(&raised, trailing.take(), patience).await?;
            if raised.leaves_time() {
                break;
            }
        }
        self.keep_up(&raised);
        Ok((Some(raised), None))
    }

    /// Appends a fence, and with it what trails behind earlier writes.
    pub(super) async fn append_fence(
        &self,
        raised: &Raised,
        mut trailing: Option<Trailing<'_>>,
        patience: &mut Patience<'_>,
    ) -> Result<()> {
        let transaction = raised.transaction.get().copied();
        let fence = |marks| Fence { id: raised.id, ttl: MAX_FENCE, marks, transaction };
        let lifted = trailing.as_mut().map_or_else(Vec::new, Trailing::take_lifted);
        let was_wide = raised.is_wide();
        let raises = if was_wide { Arc::new(Marks::everything()) } else { Arc::clone(&raised.marks) };
        let fences = Fences { raised: vec![fence(raises)], lifted };
        let marks = trailing.as_ref().map_or_else(Cow::default, Trailing::marks);
        let sent = Instant::now();
        let mut record = patience.wait(self.log.append(&marks, fences)).await?;
        drop(marks);
        if let Some(trailing) = trailing {
            // What it could not deliver is owed.
            let _ = trailing.confirm(record.clone(), patience).await;
        }
        // Who has planned with an old schema does not know all that it is about to touch, and may die before it does.
        if !was_wide && !self.foreign.are_current(&raised.marks, record.position.epoch) {
            raised.is_wide.store(true, Ordering::Release);
            let wide = Fences::raise(fence(Arc::new(Marks::everything())));
            record = patience.wait(self.log.append(&Marks::default(), wide)).await?;
        }
        *raised.sent.lock().unwrap_or_else(PoisonError::into_inner) = sent;
        self.learn(record, patience).await;
        Ok(())
    }
}

impl Announcement {
    /// What is published with it, the fence that the publication lifts, and how long that may take.
    pub(super) fn lift(self, mut batch: Batch) -> (Batch, Option<Arc<Raised>>, Option<Duration>) {
        if let Some(mut taken_on) = self.taken_on {
            batch.add(std::mem::take(&mut taken_on.batch));
        }
        (batch, self.raised, self.left)
    }

    /// Whether everybody has had a fence up until now for what touches these.
    pub(super) fn stands_for(&self, marks: &Marks) -> bool {
        // A write that was planned with an old schema may have touched more than it announced.
        let covers = |raised: &Raised| {
            let is_whole = marks.contains(Mark::EVERYTHING);
            (raised.marks.contains(Mark::EVERYTHING) || !is_whole) && !raised.is_wide()
        };
        self.raised.as_deref().is_some_and(|raised| raised.leaves_time() && covers(raised))
    }

    /// Whether a fence is up. Dropped, it runs out within [`MAX_FENCE`](crate::log::MAX_FENCE), and is a touch then.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.raised.is_some()
    }
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcement").field("fenced", &self.raised.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::Maker;

    #[test]
    fn a_fence_stands_for_another_write_only_of_the_same_as_the_same_catalog_knows_it() {
        let marks = |bits, maker| [Mark::from_bits(bits)].into_iter().collect::<Marks>().made_by(maker);
        let one = Maker::Catalog(1);
        let raised = |transaction| Raised::new(marks(7, one), transaction);
        assert!(raised(None).stands_for_another(&marks(7, one)));
        assert!(!raised(None).stands_for_another(&marks(8, one)));
        assert!(!raised(None).stands_for_another(&marks(7, Maker::Catalog(2))), "it may know what follows");
        let named = raised(Some(TransactionId { database: 1, number: 7 }));
        assert!(!named.stands_for_another(&marks(7, one)));
        let wide = raised(None);
        wide.is_wide.store(true, Ordering::Release);
        assert!(!wide.stands_for_another(&marks(7, one)));
    }
}
