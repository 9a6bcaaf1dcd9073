//! What all handles of one cache share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use super::behind::Behind;
use super::causes::Causes;
use super::clock::{Clock, Now};
use super::event::{Event, Events};
use super::flight::{Flights, Sleep};
use super::foreign::Declarations;
use super::keep::Kept;
use super::owed::Owed;
use super::patience::Patience;
use super::policy::{Consistency, Enabled};
use super::refresh::Refreshes;
use super::resolve::Resolvers;
use super::stats::Counters;
use super::stored::Claimed;
use super::trail::Trail;
use super::unlearnt::Unlearnt;
use super::unstorable::Unstorables;
use super::url::{Fencing, Start, Writes};
use super::values::{Slot, Values};
use super::why::{Bypass, MissReason, Touched};
use crate::codec::{Compression, Format};
use crate::duty::Duty;
use crate::error::{Error, Result};
use crate::log::{Applied, Index, Log, MAX_FENCE, Position, Record, Tail, Verdict};
use crate::mark::Mark;
use crate::store::{Claim, EntryKey, Fetched, Store};

/// How many records the index of a process that writes and does not read may be behind: a fraction of what a log keeps.
const MAX_UNLEARNT: u64 = 1024;

/// What all handles of one cache share.
pub(super) struct Shared {
    /// For tasks that outlive their caller.
    pub(super) this: Weak<Shared>,
    pub(super) log: Arc<dyn Log>,
    pub(super) index: Index,
    pub(super) values: Values,
    pub(super) store: Arc<dyn Store>,
    pub(super) flights: Arc<Flights>,
    pub(super) refreshes: Refreshes,
    pub(super) unstorables: Unstorables,
    /// Those of which the store could not have the last value.
    pub(super) unshared: Unstorables,
    pub(super) owed: Owed,
    pub(super) behind: Behind,
    pub(super) trail: Trail,
    pub(super) kept: Kept,
    pub(super) unlearnt: Unlearnt,
    /// Delivering what is owed.
    pub(super) delivering: Arc<Duty>,
    /// Asking what became of writers.
    pub(super) asking: Arc<Duty>,
    pub(super) foreign: Declarations,
    pub(super) causes: Causes,
    pub(super) resolvers: Resolvers,
    pub(super) events: Events,
    pub(super) counters: Counters,
    pub(super) clock: Clock,
    pub(super) ttl: Duration,
    pub(super) lease: Duration,
    pub(super) consistency: Consistency,
    pub(super) format: Format,
    pub(super) compression: Compression,
    /// A timer of the runtime that the callers use, if one of them has lent it.
    pub(super) sleep: OnceLock<Sleep>,
    pub(super) enabled: Enabled,
    pub(super) writes: Writes,
    pub(super) fencing: Fencing,
    pub(super) start: Start,
    pub(super) closed: AtomicBool,
}

impl Shared {
    /// Whether entries are served and stored.
    #[inline]
    pub(super) fn is_serving(&self) -> bool {
        self.enabled == Enabled::Yes && !self.closed.load(Ordering::Relaxed)
    }

    /// Whether the log is reached over a network, so that asking it costs more than looking around here.
    pub(super) fn is_remote(&self) -> bool {
        self.log.remote().is_some()
    }

    /// The timer of those who wait for another caller's load.
    pub(super) fn timer(&self) -> Option<Sleep> {
        #[cfg(feature = "sync")]
        if crate::runtime::is_apart() {
            return Some(crate::sync::sleep);
        }
        self.sleep.get().copied()
    }

    /// The log's head, read after the call, with everything delivered that this process owes and the index
    /// brought up to the head. What this returns is what a hit is judged by and where a load starts.
    pub(super) async fn trusted_head(&self, patience: &mut Patience<'_>) -> Result<Position, Bypass> {
        let head = self.trusted_head_since(Instant::now(), patience).await;
        patience.settle();
        head
    }

    /// The same for a caller who waits since then, and settles what it took unless that was all.
    pub(super) async fn trusted_head_since(
        &self,
        since: Instant,
        patience: &mut Patience<'_>,
    ) -> Result<Position, Bypass> {
        self.settle_first(patience).await?;
        let log = &self.log;
        let head = patience.ask(since, |since| log.head_in_time(since), || log.head()).await;
        self.trusted(head.map(|head| Fetched { bytes: None, head }), patience)
            .await
            .map(|fetched| fetched.head)
    }

    /// The same with what the store has for this key, in one round trip if the store is beside the log.
    pub(super) async fn fetch(&self, key: EntryKey, patience: &mut Patience<'_>) -> Result<Fetched, Bypass> {
        self.settle_first(patience).await?;
        let (store, log) = (&self.store, &*self.log);
        let in_time = |since| store.get_with_head_in_time(key, log, since);
        let fetched = patience.ask(Instant::now(), in_time, || store.get_with_head(key, log)).await;
        patience.settle();
        self.trusted(fetched, patience).await
    }

    /// The same for several keys.
    pub(super) async fn fetch_many(
        &self,
        keys: &[EntryKey],
        patience: &mut Patience<'_>,
    ) -> Result<(Vec<Fetched>, Position), Bypass> {
        self.settle_first(patience).await?;
        let found = patience.wait(self.store.get_many_with_head(keys, &*self.log)).await;
        let (found, head) = found.map_err(|_| Bypass::Unavailable)?;
        let head = self.trusted(Ok(Fetched { bytes: None, head }), patience).await?.head;
        Ok((found.into_iter().map(|bytes| Fetched { bytes, head }).collect(), head))
    }

    /// The same, and a claim to the load, if nobody else has one.
    pub(super) async fn claim(
        &self,
        key: EntryKey,
        patience: &mut Patience<'_>,
    ) -> Result<(Option<Claimed>, Fetched), Bypass> {
        // Whatever ends this early, a claim that was granted must not be left behind: nobody could load until it
        // expires. To give back a claim of another process costs a second load at most.
        let mine = Claimed::new(&self.store, key);
        let claimed = patience.wait(self.store.claim(key, self.lease, &*self.log)).await;
        let (mine, fetched) = match claimed {
            Ok((Claim::Granted, fetched)) => (Some(mine), Ok(fetched)),
            Ok((Claim::Taken, fetched)) => {
                mine.forget();
                (None, Ok(fetched))
            }
            Err(error) => (Some(mine), Err(error)),
        };
        let fetched = self.trusted(fetched, patience).await?;
        Ok((mine, fetched))
    }

    async fn settle_first(&self, patience: &mut Patience<'_>) -> Result<(), Bypass> {
        if !self.owed.any() {
            return Ok(());
        }
        // What hardly ever happens does not make every read's future larger.
        patience.wait(Box::pin(self.settle())).await.map_err(|_| Bypass::Owed)
    }

    async fn trusted(
        &self,
        fetched: Result<Fetched>,
        patience: &mut Patience<'_>,
    ) -> Result<Fetched, Bypass> {
        let fetched = fetched.map_err(|_| Bypass::Unavailable)?;
        let head = match self.index.has(fetched.head) {
            true => fetched.head,
            false => {
                let followed = patience.wait(Box::pin(self.follow_to(fetched.head))).await;
                followed.map_err(|_| Bypass::Unavailable)?
            }
        };
        // Another caller may have failed to deliver in between, or be about to.
        if self.owed.any() { Err(Bypass::Owed) } else { Ok(Fetched { head, ..fetched }) }
    }

    /// A head that hits may be judged by without waiting.
    #[inline]
    pub(super) fn ready_head(&self, consistency: Consistency, now: &mut Now) -> Option<Position> {
        let head = match consistency {
            Consistency::Strict => None,
            Consistency::Bounded(bound) => self.confirmed_head(bound, now),
        };
        head.or_else(|| self.log.try_head()).filter(|_| !self.owed.any())
    }

    /// A head from no longer than `bound` ago, or a newer one that this process has seen itself.
    #[inline]
    fn confirmed_head(&self, bound: Duration, now: &mut Now) -> Option<Position> {
        // Most are confirmed so recently that a glance at the clock is enough.
        let head = self.log.recent_head(bound, now.latest());
        let head = head.or_else(|| self.log.recent_head(bound, now.tick()))?;
        let head = match self.unlearnt.newest(&self.index) {
            None => head,
            Some(own) if own.reaches(head) => own,
            Some(own) if own.epoch == head.epoch => head,
            // One of them is of another epoch: only who asks knows which.
            Some(_) => return None,
        };
        let mut seen = self.index.newest();
        if !seen.reaches(head) {
            self.apply(self.log.recent_tail(self.index.position(), head)?);
            seen = self.index.newest();
        }
        Some(if seen.reaches(head) { seen } else { head })
    }

    pub(super) async fn follow(&self) -> Result<Position> {
        let head = self.log.head().await?;
        self.follow_to(head).await
    }

    pub(super) async fn follow_to(&self, head: Position) -> Result<Position> {
        if self.index.has(head) {
            return Ok(head);
        }
        let tail = match self.log.recent_tail(self.index.position(), head) {
            Some(tail) => tail,
            None => self.log.read_after(self.index.position()).await?,
        };
        let head = tail.head;
        self.apply(tail);
        Ok(head)
    }

    fn apply(&self, mut tail: Tail) {
        if self.fencing == Fencing::Nobody {
            tail.hidden_fences = Duration::ZERO;
        }
        self.foreign.follow(tail, &self.index);
    }

    /// Applies a record that this process has published. What others have published before it is left to who reads: a
    /// writer does not wait for that, unless it is so much that the log may soon forget what the index has not seen. Another
    /// epoch is followed, since what comes next may be judged by it.
    pub(super) async fn learn(&self, mut record: Record, patience: &mut Patience<'_>) {
        if self.foreign.apply(&mut record, &self.index) == Applied::Gap {
            let position = record.position;
            let seen = self.index.newest();
            let is_near =
                seen.epoch == position.epoch && position.seq.saturating_sub(seen.seq) <= MAX_UNLEARNT;
            if self.is_remote() && is_near {
                self.unlearnt.add(position);
            } else if patience.wait(self.follow_to(position)).await.is_err() {
                self.index.follow(&Tail { head: position, records: Vec::new(), hidden_fences: MAX_FENCE });
            }
        }
        // Who never reads meets none of them.
        if self.index.has_many_fences() {
            self.ask_for_outcomes();
        }
    }

    pub(super) fn store_failed(&self, error: &Error) {
        self.events.emit(&Event::StoreFailed { error });
    }

    /// The typed value of this key if a reader who read `head` may be served from it, and where it is valid.
    #[inline]
    pub(super) fn lookup(
        &self,
        key: EntryKey,
        head: Position,
        now: &mut Now,
    ) -> Result<(Arc<Slot>, Position), MissReason> {
        let slot = self.values.get(key).ok_or(MissReason::NeverFilled)?;
        if self.clock.has_passed_by(slot.expires, now) {
            return Err(MissReason::Expired);
        }
        let at = self.validate(&slot, head)?;
        Ok((slot, at))
    }

    /// Where a slot is valid for a reader who read `head`; it keeps that for the next reader.
    #[inline]
    pub(super) fn validate(&self, slot: &Slot, head: Position) -> Result<Position, MissReason> {
        let validated = slot.validated();
        if validated.reaches(head) {
            return Ok(validated);
        }
        let at = self.judge(head, validated, slot.marks.as_slice())?;
        slot.set_validated(at);
        Ok(at)
    }

    /// Where a result that was valid at `position` is valid for a reader who read `head`.
    pub(super) fn judge(
        &self,
        head: Position,
        position: Position,
        marks: &[Mark],
    ) -> Result<Position, MissReason> {
        match self.index.check(head, position, marks) {
            Verdict::Valid { at } => Ok(at),
            Verdict::Touched { mark, seq } => {
                Err(MissReason::Touched(Touched { mark, seq, cause: self.causes.of(seq) }))
            }
            Verdict::Fenced => {
                self.ask_for_outcomes();
                Err(MissReason::Fenced)
            }
            Verdict::OldEpoch => Err(MissReason::OldEpoch),
            Verdict::Unverifiable | Verdict::Behind => Err(MissReason::Unverifiable),
        }
    }
}
