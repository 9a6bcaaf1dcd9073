//! Publications that trail behind their writes until the next write takes them along.
//!
//! A fence stands for them, so they are in no hurry. Where writes follow each other closely, the announcement of one
//! carries the publication of the one before: one record a write instead of two, for the server and for all who follow
//! the log. One that touches the same needs no announcement: it goes on under the fence that is there. Where they do not,
//! a publication is sent at once, since what it touched is not kept before.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::announce::Raised;
use super::behind::Underway;
use super::owed::Batch;
use super::patience::Patience;
use super::publish::Publication;
use super::shared::Shared;
use crate::duty::{Duty, Turn};
use crate::error::Result;
use crate::log::{FenceId, Position, Record};
use crate::mark::Marks;

/// Writes follow each other closely if one is announced no later than this after the one before.
const CLOSELY: Duration = Duration::from_millis(1);
/// What trails is sent when it has waited for so long, which is looked for as often: who looks wakes a processor that may
/// sleep. No write goes on under a fence that is older.
const LONGEST: Duration = Duration::from_millis(4);

/// More are sent at once.
const MAX_TRAILING: usize = 64;
/// Wider ones are sent at once too: together they would soon be everything.
const MAX_MARKS: usize = 512;

/// What trails behind the writes of this process.
#[derive(Default)]
pub(super) struct Trail {
    state: Mutex<State>,
    /// Sending what has trailed for long enough.
    watching: Arc<Duty>,
}

#[derive(Default)]
struct State {
    waiting: Waiting,
    /// When the newest write was made, and whether the next one has followed it closely.
    newest: Option<Instant>,
    is_busy: bool,
}

#[derive(Default)]
struct Waiting {
    unpublished: Vec<Unpublished>,
    since: Option<Instant>,
}

/// What a write has yet to publish, and its fence, which is kept up until then.
pub(super) struct Unpublished {
    pub(super) batch: Batch,
    pub(super) raised: Arc<Raised>,
}

/// Publications that go as one, and the fences that they lift.
pub(super) struct Heap {
    pub(super) batch: Batch,
    pub(super) lifted: Vec<FenceId>,
}

impl Trail {
    /// Adds a publication; returns what is to be sent now.
    pub(super) fn add(&self, unpublished: Unpublished) -> Option<Heap> {
        let now = Instant::now();
        let mut state = self.lock();
        state.newest = Some(now);
        state.waiting.add(unpublished, now);
        if state.is_busy && state.waiting.is_small() {
            return None;
        }
        let taken = state.waiting.take();
        drop(state);
        Heap::of(taken)
    }

    /// What a write takes along that is announced now.
    fn follow(&self) -> Option<Heap> {
        let mut state = self.lock();
        state.note_write();
        let taken = state.waiting.take();
        drop(state);
        Heap::of(taken)
    }

    /// What a write with these marks goes on with, without a word to the log. Its fence is so young that it leaves the time of
    /// a COMMIT. Should the schema have changed since it was raised, nothing is kept in the epoch that began with that
    /// before the fence is renewed, which shows it.
    pub(super) fn take_on(&self, marks: &Marks) -> Option<Unpublished> {
        let mut state = self.lock();
        let stands = |Unpublished { raised, .. }: &Unpublished| {
            raised.age() < LONGEST && raised.stands_for_another(marks)
        };
        let place = state.waiting.unpublished.iter().position(stands)?;
        state.note_write();
        Some(state.waiting.remove(place))
    }

    /// When to look again; now, if something has trailed for long enough. None if nothing does nor is about to.
    fn next_look(&self) -> Option<Duration> {
        let state = self.lock();
        match (state.waiting.since, state.newest) {
            (Some(since), _) => Some(LONGEST.saturating_sub(since.elapsed())),
            // To start a task for each write would cost more than to look once more.
            (None, Some(newest)) if newest.elapsed() <= LONGEST => Some(LONGEST),
            (None, _) => None,
        }
    }

    /// What has trailed for so long.
    fn late(&self, age: Duration) -> Option<Heap> {
        let mut state = self.lock();
        if state.waiting.since?.elapsed() < age {
            return None;
        }
        let taken = state.waiting.take();
        drop(state);
        Heap::of(taken)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A write is announced.
    fn note_write(&mut self) {
        self.is_busy = self.newest.is_some_and(|newest| newest.elapsed() <= CLOSELY);
    }
}

impl Waiting {
    fn add(&mut self, unpublished: Unpublished, now: Instant) {
        self.unpublished.push(unpublished);
        self.since.get_or_insert(now);
    }

    fn is_small(&self) -> bool {
        // Marks that several have count for each of them: which those are is not known until they are merged.
        let width: usize = self.unpublished.iter().map(|unpublished| unpublished.batch.width()).sum();
        self.unpublished.len() < MAX_TRAILING && width <= MAX_MARKS
    }

    /// Everything. To merge it takes longer than others should wait for the trail.
    fn take(&mut self) -> Vec<Unpublished> {
        std::mem::take(self).unpublished
    }

    fn remove(&mut self, place: usize) -> Unpublished {
        let unpublished = self.unpublished.swap_remove(place);
        if self.unpublished.is_empty() {
            self.since = None;
        }
        unpublished
    }
}

impl Heap {
    /// None of nothing.
    fn of(all: Vec<Unpublished>) -> Option<Self> {
        let lifted: Vec<FenceId> = all.iter().map(|unpublished| unpublished.raised.id()).collect();
        let mut batch = Batch::default();
        all.into_iter().for_each(|unpublished| batch.add(unpublished.batch));
        (!lifted.is_empty()).then_some(Self { batch, lifted })
    }
}

/// What trailed, on its way.
pub(super) struct Trailing<'s> {
    publication: Publication<'s>,
    _underway: Underway,
}

impl Trailing<'_> {
    pub(super) fn marks(&self) -> Cow<'_, Marks> {
        self.publication.marks()
    }

    pub(super) fn take_lifted(&mut self) -> Vec<FenceId> {
        self.publication.take_lifted()
    }

    /// Ends it: all of that is in this record.
    pub(super) async fn confirm(self, record: Record, patience: &mut Patience<'_>) -> Result<Position> {
        self.publication.confirm(record, patience).await
    }
}

impl Shared {
    /// What a write that is announced now takes along.
    pub(super) fn take_trailing(&self) -> Option<Trailing<'_>> {
        let Heap { batch, lifted } = self.trail.follow()?;
        let underway = Underway::new(self.this.upgrade()?);
        let publication = self.publication(batch, lifted, None)?;
        Some(Trailing { publication, _underway: underway })
    }

    /// Sends what has trailed for so long.
    pub(super) fn send_trailing(&self, age: Duration) {
        if let Some(Heap { batch, lifted }) = self.trail.late(age) {
            self.send_behind(batch, lifted);
        }
    }

    /// Has a task send what has trailed for [long enough](LONGEST), unless one does. That one keeps its turn where its runtime
    /// stands still: then the next write that raises a fence takes along what trails, or the task that keeps the fences up
    /// sends it.
    pub(super) fn look_after_trail(&self) {
        let (Some(shared), Some(remote)) = (self.this.upgrade(), self.log.remote()) else { return };
        if let Some(turn) = self.trail.watching.take(Duration::MAX) {
            remote.spawn(Box::pin(watch(shared, turn)));
        }
    }
}

async fn watch(shared: Arc<Shared>, turn: Turn) {
    loop {
        let mut next = None;
        let is_needed = || {
            next = shared.trail.next_look();
            next.is_some()
        };
        if !turn.goes_on(is_needed) {
            return;
        }
        match (next, shared.log.remote()) {
            (Some(pause), Some(remote)) if !pause.is_zero() => remote.sleep(pause).await,
            _ => shared.send_trailing(LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::TransactionId;
    use crate::mark::Mark;

    fn unpublished(bits: u64, transaction: Option<TransactionId>) -> Unpublished {
        let marks = marks(bits);
        Unpublished {
            batch: Batch::new(marks.clone(), None),
            raised: Arc::new(Raised::new(marks, transaction)),
        }
    }

    fn marks(bits: u64) -> Marks {
        [Mark::from_bits(bits)].into_iter().collect()
    }

    /// One whose newest write has followed closely.
    fn busy() -> Trail {
        let trail = Trail::default();
        trail.lock().is_busy = true;
        trail
    }

    #[test]
    fn a_publication_trails_only_behind_a_write_that_has_followed_closely() {
        let trail = Trail::default();
        assert!(trail.add(unpublished(1, None)).is_some(), "nothing was before it");
        // Until this thread is fast enough.
        let taken = loop {
            let _ = trail.follow();
            if trail.add(unpublished(2, None)).is_none() {
                break trail.follow();
            }
        };
        assert_eq!(taken.map(|heap| heap.lifted.len()), Some(1));
        std::thread::sleep(CLOSELY * 2);
        assert!(trail.follow().is_none(), "it was taken");
        assert!(trail.add(unpublished(3, None)).is_some(), "none has followed closely");
    }

    #[test]
    fn no_more_than_so_many_trail() {
        let trail = busy();
        let sent = (0..).find_map(|bits| trail.add(unpublished(bits, None)));
        assert_eq!(sent.map(|heap| heap.lifted.len()), Some(MAX_TRAILING));
        assert!(trail.follow().is_none());
    }

    #[test]
    fn what_trails_under_a_young_fence_is_gone_on_with_once() {
        // Until this thread is fast enough.
        let trail = loop {
            let trail = busy();
            assert!(trail.add(unpublished(1, None)).is_none());
            if trail.take_on(&marks(1)).is_some() {
                break trail;
            }
        };
        assert!(trail.take_on(&marks(1)).is_none(), "it was taken on");
        assert!(trail.follow().is_none(), "and nothing is left of it");
    }

    #[test]
    fn what_trails_under_another_fence_or_an_old_one_is_not_gone_on_with() {
        let trail = busy();
        assert!(trail.add(unpublished(1, None)).is_none());
        assert!(trail.take_on(&marks(2)).is_none(), "of other marks");
        std::thread::sleep(LONGEST);
        assert!(trail.take_on(&marks(1)).is_none(), "too old");
        assert!(trail.add(unpublished(3, Some(TransactionId { database: 1, number: 7 }))).is_none());
        assert!(trail.take_on(&marks(3)).is_none(), "it names a transaction");
        assert_eq!(trail.follow().map(|heap| heap.lifted.len()), Some(2));
    }
}
