//! Writes down what a process does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cache_seaorm::cache::Stats;

use crate::history::event::{Answer, Change, Counts, Delivery, Event, Moment, Process, Query, Source, now};
use crate::history::record::Recorder;

/// So many operations, and the sums are written down.
const INTERVAL: u64 = 64;

pub(super) struct Tally {
    recorder: Recorder,
    process: Process,
    stamps: AtomicU64,
    owing: AtomicBool,
    began: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
    without_effect: AtomicU64,
    slowest: AtomicU64,
}

/// A write that has begun.
pub(super) struct Pending {
    write: u64,
    at: Moment,
}

impl Tally {
    pub(super) fn new(recorder: Recorder, process: Process) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            recorder,
            process,
            stamps: zero(),
            owing: AtomicBool::new(false),
            began: zero(),
            reads: zero(),
            writes: zero(),
            without_effect: zero(),
            slowest: zero(),
        }
    }

    /// A name that no other change of any process has.
    pub(super) fn stamp(&self) -> i64 {
        (u64::from(self.process) << 32 | self.stamps.fetch_add(1, Ordering::Relaxed)) as i64
    }

    pub(super) fn begin(&self, changes: Vec<Change>) -> Pending {
        let pending = Pending { write: self.began.fetch_add(1, Ordering::Relaxed), at: now() };
        self.recorder.record(&Event::Began { write: pending.write, at: pending.at, changes });
        pending
    }

    /// What is owed is asked before the end's moment is taken: what is owed later is another write's.
    pub(super) fn end(&self, pending: &Pending, changes: Vec<Change>, stats: &Stats) {
        let delivery = if stats.owed == 0 { Delivery::Confirmed } else { Delivery::Owed };
        let at = now();
        self.recorder.record(&Event::Ended { write: pending.write, at, changes, delivery });
        if delivery == Delivery::Owed {
            self.owing.store(true, Ordering::SeqCst);
        }
        self.finish(&self.writes, pending.at, stats);
    }

    pub(super) fn refuse(&self, pending: &Pending, stats: &Stats) {
        self.recorder.record(&Event::Refused { write: pending.write });
        self.finish(&self.without_effect, pending.at, stats);
    }

    /// A write that did nothing, or that nobody waited for.
    pub(super) fn leave(&self, at: Moment, stats: &Stats) {
        self.finish(&self.without_effect, at, stats);
    }

    pub(super) fn read(&self, from: Moment, to: Moment, parts: Vec<(Query, Answer)>, stats: &Stats) {
        self.recorder.record(&Event::Read { from, to, source: Source::Cache, parts });
        self.finish(&self.reads, from, stats);
    }

    pub(super) fn fail(&self, what: String) {
        self.recorder.record(&Event::Failed { at: now(), what });
    }

    fn finish(&self, counter: &AtomicU64, from: Moment, stats: &Stats) {
        self.slowest.fetch_max(now() - from, Ordering::Relaxed);
        counter.fetch_add(1, Ordering::Relaxed);
        self.note_debts(stats.owed);
        let all = [&self.reads, &self.writes, &self.without_effect];
        if all.iter().map(|counter| counter.load(Ordering::Relaxed)).sum::<u64>() % INTERVAL == 0 {
            self.count(stats);
        }
    }

    pub(super) fn note_debts(&self, owed: usize) {
        if owed == 0 && self.owing.swap(false, Ordering::SeqCst) {
            self.recorder.record(&Event::Settled { at: now() });
        }
    }

    pub(super) fn count(&self, stats: &Stats) {
        self.recorder.record(&Event::Counted(Counts {
            writes: self.writes.load(Ordering::Relaxed),
            without_effect: self.without_effect.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
            hits: stats.hits + stats.store_hits + stats.joined,
            stale: stats.stale,
            slowest: self.slowest.load(Ordering::Relaxed),
        }));
    }
}
