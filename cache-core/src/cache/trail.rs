//! Publications that trail behind their writes until the next write takes them along.
//!
//! A fence stands for them, so they are in no hurry. Where writes follow each other closely, the announcement of one
//! carries the publication of the one before: one record a write instead of two, for the server and for all who follow
//! the log. Where they do not, a publication is sent at once, since what it touched is not kept before.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::announce::Announcement;
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
/// sleep.
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
    batch: Batch,
    /// Their fences are kept up until then.
    announcements: Vec<Announcement>,
    since: Option<Instant>,
}

type Sent = (Batch, Vec<Announcement>);

impl Trail {
    /// Adds a publication; returns what is to be sent now.
    pub(super) fn add(&self, batch: Batch, announcement: Announcement) -> Option<Sent> {
        let now = Instant::now();
        let mut state = self.lock();
        state.newest = Some(now);
        state.waiting.batch.add(batch);
        state.waiting.announcements.push(announcement);
        state.waiting.since.get_or_insert(now);
        let is_small =
            state.waiting.announcements.len() < MAX_TRAILING && state.waiting.batch.width() <= MAX_MARKS;
        if state.is_busy && is_small { None } else { state.waiting.take() }
    }

    /// What a write takes along that is announced now.
    fn follow(&self) -> Option<Sent> {
        let mut state = self.lock();
        state.is_busy = state.newest.is_some_and(|newest| newest.elapsed() <= CLOSELY);
        state.waiting.take()
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
    fn late(&self, age: Duration) -> Option<Sent> {
        let mut state = self.lock();
        if state.waiting.since?.elapsed() < age { None } else { state.waiting.take() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self) -> Option<Sent> {
        let Self { batch, announcements, since } = std::mem::take(self);
        since.map(|_| (batch, announcements))
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
        let (batch, announcements) = self.trail.follow()?;
        let underway = Underway::new(self.this.upgrade()?);
        let lifted = announcements.into_iter().flat_map(|announcement| announcement.lift().0).collect();
        let publication = self.publication(batch, lifted, None)?;
        Some(Trailing { publication, _underway: underway })
    }

    /// Sends what has trailed for so long.
    pub(super) fn send_trailing(&self, age: Duration) {
        if let Some((batch, announcements)) = self.trail.late(age) {
            self.send_behind(batch, announcements);
        }
    }

    /// Has a task send what trails when it has done so for long enough. If its runtime stands still, the next write takes
    /// that along, or who keeps the fences up sends it.
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
    use crate::mark::Mark;

    fn batch(bits: u64) -> Batch {
        Batch::new([Mark::from_bits(bits)].into_iter().collect(), None)
    }

    #[test]
    fn a_publication_trails_only_behind_a_write_that_has_followed_closely() {
        let trail = Trail::default();
        assert!(trail.add(batch(1), Announcement::default()).is_some(), "nothing was before it");
        // Until this thread is fast enough.
        let taken = loop {
            let _ = trail.follow();
            if trail.add(batch(2), Announcement::default()).is_none() {
                break trail.follow();
            }
        };
        assert_eq!(taken.map(|(_, announcements)| announcements.len()), Some(1));
        std::thread::sleep(CLOSELY * 2);
        assert!(trail.follow().is_none(), "it was taken");
        assert!(trail.add(batch(3), Announcement::default()).is_some(), "none has followed closely");
    }

    #[test]
    fn no_more_than_so_many_trail() {
        let trail = Trail::default();
        trail.lock().is_busy = true;
        let sent = (0..).find_map(|bits| trail.add(batch(bits), Announcement::default()));
        assert_eq!(sent.map(|(_, announcements)| announcements.len()), Some(MAX_TRAILING));
        assert!(trail.follow().is_none());
    }
}
