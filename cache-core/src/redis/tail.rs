//! What follows the log on a connection of its own, so that readers need not ask for records.
//!
//! It is a help, never an authority: a reader still compares with a head of its own, or with one that the tail
//! has confirmed recently enough for a bounded read.
//!
//! The server sends a record to all who wait for one before it answers the writer. So a process that has no use for
//! records, since it only writes or rests, does not wait for each: it asks now and then.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use redis::{Pipeline, Value};
use tokio::sync::Notify;

use super::confirmed::Confirmed;
use super::core::Core;
use super::failure::Failure;
use super::link::Link;
use super::names::Names;
use super::pause::{LONGEST, Pause};
use super::wire::{self, array};
use crate::duty::{Duty, Turn};
use crate::error::Result;
use crate::log::{MAX_FENCE, Position, Record, Records, Tail, Tick};
use crate::runtime;

const CHUNK: usize = 512;

/// After this many records of which nobody needed one, the next is not waited for.
const UNNEEDED: usize = 32;
/// It is asked for after this pause, or when somebody needs one. Who reads once in as many records or less often asks
/// for them himself.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// What the tail has seen.
#[derive(Debug)]
pub(super) struct Recent {
    seen: Mutex<Option<Seen>>,
    /// The head of what was seen, once that is in place.
    confirmed: Confirmed,
    /// Following the log.
    following: Arc<Duty>,
    /// How many records have come since somebody needed one.
    unneeded: AtomicUsize,
    needed: Arc<Notify>,
}

#[derive(Debug)]
struct Seen {
    head: Position,
    /// Every record of the head's epoch after this number, up to `reached`, is in `records`, unless dropped.
    since: u64,
    reached: u64,
    records: Records,
}

impl Recent {
    pub(super) fn new() -> Self {
        Self {
            seen: Mutex::default(),
            confirmed: Confirmed::new(),
            following: Arc::default(),
            unneeded: AtomicUsize::default(),
            needed: Arc::default(),
        }
    }

    /// A head that was asked for no longer than `age` before `now`.
    #[inline]
    pub(super) fn head(&self, age: Duration, now: Tick) -> Option<Position> {
        let (head, asked) = self.confirmed.get()?;
        now.is_within(age, asked).then_some(head)
    }

    /// The records between, if all of them are here.
    pub(super) fn tail(&self, after: Position, head: Position) -> Option<Tail> {
        if self.unneeded.swap(0, Ordering::Relaxed) >= UNNEEDED {
            self.needed.notify_one();
        }
        let seen = self.lock();
        let seen = seen.as_ref()?;
        let same_epoch = seen.head.epoch == head.epoch && after.epoch == head.epoch;
        let first = seen.records.first().map_or(seen.reached, |record| record.position.seq - 1);
        if !same_epoch || after.seq < seen.since.max(first) || seen.reached < head.seq {
            return None;
        }
        let (head, records) = (Position { seq: seen.reached, ..head }, seen.records.after(after.seq));
        // Nothing is missing after `after`, but the index may not be there any more.
        Some(Tail { head, records, hidden_fences: MAX_FENCE })
    }

    fn note(&self, head: Position, asked: Tick, records: Vec<Record>) {
        let mut guard = self.lock();
        if self.confirmed.get().is_some_and(|(_, newest)| asked < newest) {
            // It stood still, and somebody else follows now.
            return;
        }
        self.unneeded.fetch_add(records.len(), Ordering::Relaxed);
        let seen = match guard.take().filter(|seen| seen.head.epoch == head.epoch) {
            Some(seen) => seen,
            None => Seen { head, since: head.seq, reached: head.seq, records: Records::default() },
        };
        *guard = Some(seen.with(head, records));
        self.confirmed.set(head, asked);
    }

    /// What to wait for before more is asked for, if nobody needs records.
    fn rest(&self, heartbeat: Duration) -> Option<impl Future<Output = ()> + use<>> {
        if self.unneeded.load(Ordering::Relaxed) < UNNEEDED {
            return None;
        }
        let needed = Arc::clone(&self.needed);
        // Bounded readers count on a head that is confirmed every few heartbeats.
        let rest = LONGEST_REST.min(heartbeat / 2);
        Some(async move {
            // Whichever comes first.
            let _ = tokio::time::timeout(rest, needed.notified()).await;
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn with(mut self, head: Position, records: Vec<Record>) -> Self {
        for record in records {
            let seq = record.position.seq;
            if seq <= self.reached {
                continue;
            }
            if seq > self.reached + 1 {
                // Trimmed or lost in between.
                self.records = Records::default();
                self.since = seq - 1;
            }
            self.reached = seq;
            self.records.push(record);
        }
        Self { head, ..self }
    }
}

/// Starts following, unless somebody has.
#[inline]
pub(super) fn follow(core: &Arc<Core>) {
    if !core.recent.following.is_taken() {
        follow_on(core);
    }
}

/// Starts following, unless somebody does, and has not stood still for long.
#[cold]
pub(super) fn follow_on(core: &Arc<Core>) {
    let settings = &core.transport.settings;
    // To wait for records or for another attempt, to connect and to be greeted.
    let patience = settings.heartbeat * 2 + LONGEST + settings.timeout * 4;
    if let Some(turn) = core.recent.following.take(patience) {
        let follower = Follower { core: Arc::downgrade(core), turn };
        runtime::spawn(async move { follower.run().await });
    }
}

/// A new log has no head until somebody reads or writes, which may be at once or never.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// The task.
struct Follower {
    core: Weak<Core>,
    turn: Turn,
}

impl Follower {
    async fn run(&self) {
        let mut pause = Pause::new();
        loop {
            let began = Instant::now();
            if self.follow().await.is_ok() {
                return;
            }
            pause.after(began.elapsed()).await;
        }
    }

    /// The log, if it is still used and followed by this task.
    fn core(&self) -> Option<Arc<Core>> {
        self.core.upgrade().filter(|_| self.turn.goes_on(|| true))
    }

    /// Follows until the log is no longer used, or somebody else follows it.
    async fn follow(&self) -> Result<(), Failure> {
        let Some(core) = self.core() else { return Ok(()) };
        let settings = &core.transport.settings;
        let heartbeat = settings.heartbeat;
        let link = Link::connect(settings, &core.names, heartbeat + settings.timeout).await?;
        let names = Arc::clone(&core.names);
        drop(core);
        let (mut records, mut after, mut pause) = (Value::Nil, None, SHORTEST_PAUSE);
        while let Some(core) = self.core() {
            let asked = Tick::now();
            let note = |head: Position| {
                let records = wire::items(&records, head.epoch).into_iter().map(|item| item.record);
                core.recent.note(head, asked, records.collect());
            };
            let head = confirmed(&names, &link);
            let Some(reached) = after else {
                if let Some(head) = head.await? {
                    note(head);
                    after = Some(head.seq);
                    continue;
                }
                drop(core);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(heartbeat);
                continue;
            };
            // What comes next is asked for together with the head, which is answered first: one round trip a record.
            let mut next = pin!(read_new(&names, &link, reached, heartbeat));
            let (head, found) = match select(pin!(head), next.as_mut()).await {
                Either::Left((head, _)) => (head?, None),
                // Both answers are there.
                Either::Right((found, head)) => (head.await?, Some(found?)),
            };
            if let Some(head) = head {
                note(head);
            }
            let rest = core.recent.rest(heartbeat);
            drop(core);
            records = match found {
                Some(found) => found,
                None => next.await?,
            };
            after = Some(wire::last_sequence(&records).unwrap_or(reached));
            let is_behind = array(&records).is_some_and(|records| records.len() == CHUNK);
            if let Some(rest) = rest.filter(|_| !is_behind) {
                rest.await;
            }
        }
        Ok(())
    }
}

/// New items of the log, or none after a heartbeat.
async fn read_new(names: &Names, link: &Link, after: u64, heartbeat: Duration) -> Result<Value, Failure> {
    let mut commands = Pipeline::with_capacity(1);
    let millis = heartbeat.as_millis().max(1) as u64;
    commands.cmd("XREAD").arg("COUNT").arg(CHUNK).arg("BLOCK").arg(millis);
    commands.arg("STREAMS").arg(&names.log).arg(format!("{after}-0"));
    let answers = link.run(commands).await?;
    let stream = answers.first().and_then(array).and_then(|streams| array(streams.first()?));
    Ok(stream.and_then(|stream| stream.get(1)).cloned().unwrap_or(Value::Nil))
}

/// The head, if this server incarnation made it; beginning an epoch is left to readers.
async fn confirmed(names: &Names, link: &Link) -> Result<Option<Position>, Failure> {
    let mut commands = Pipeline::with_capacity(1);
    commands.cmd("GET").arg(&names.head);
    let answers = link.run(commands).await?;
    Ok(answers.first().and_then(wire::bulk).and_then(|head| wire::position(head, link.identity)))
}
