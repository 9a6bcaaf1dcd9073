//! How faults are made.

use std::time::Duration;

use super::{Cluster, WRITER};
use crate::history::event::{Moment, Process, now};
use crate::history::fault::{Fault, Reach};
use crate::servers::{Link, Options, Proxy, RedisServer, Restart, Trap, wait};

/// So long after a disturbance processes may still wait before they try to reach the server again.
const RECOVERY: Duration = Duration::from_millis(1500);

/// A process that is to die at its next publications does so by then, or is killed.
const LAST_HOUR: Duration = Duration::from_secs(3);

/// How long it is quiet before a fault, in milliseconds: many follow the last one at once, and before some all have
/// found back to it that entries are served.
const SHORT: (i64, i64) = (50, 250);
const LONG: (i64, i64) = (2_200, 3_000);

/// How long faults last, in milliseconds.
const WHILE: std::ops::Range<i64> = 100..500;

impl Cluster {
    /// Injects a fault and ends it, with some quiet before and after.
    pub fn suffer(&mut self, fault: Fault) {
        let quiet = self.rng.weighted(&[(7, SHORT), (3, LONG)]);
        self.pause(quiet.0..quiet.1);
        let slot = self.rng.below(self.slots.len());
        let from = now();
        match fault {
            Fault::Kill => self.kill(),
            Fault::KillBeforeCommit => self.kill_before_commit(),
            Fault::KillBeforePublication => self.kill_at_publication(false),
            Fault::KillAfterPublication => self.kill_at_publication(true),
            Fault::RestartEmpty | Fault::RestartWithData | Fault::RestartWithOldData => self.restart(fault),
            Fault::Flush => drop(self.server.call(&["FLUSHALL"])),
            Fault::DeleteHead => drop(self.server.call(&["DEL", "shop:head"])),
            Fault::DeleteLog => drop(self.server.call(&["DEL", "shop:log"])),
            Fault::DeleteEntries => self.delete_entries(),
            Fault::Evict | Fault::OutOfMemory => self.fill_memory(fault),
            Fault::Failover => self.fail_over(),
            Fault::CutAll => self.disturb_all(Link::Cut),
            Fault::SilenceAll => self.disturb_all(Link::Silent),
            Fault::Slow => self.slow_down(),
            Fault::CutOne => self.disturb_one(slot, Link::Cut),
            Fault::SilenceOne => self.disturb_one(slot, Link::Silent),
            Fault::Freeze => {
                self.server.pause();
                self.pause(WHILE);
                self.server.resume();
            }
        }
        self.note(fault.reaches(), slot, from);
        self.pause(50..250);
        self.stage.look();
    }

    fn note(&self, reach: Reach, slot: usize, from: Moment) {
        let disturbed = match reach {
            Reach::Nobody => &[][..],
            Reach::One => &self.slots[slot..=slot],
            Reach::All => &self.slots,
        };
        for slot in disturbed {
            self.stage.note_unreachable(slot.process, from, now() + RECOVERY.as_nanos() as Moment);
        }
    }

    fn disturb_all(&mut self, link: Link) {
        self.link(link);
        self.pause(WHILE);
        self.link(Link::Open);
    }

    /// Each link has a delay of its own, so that publications reach some processes long after others.
    fn slow_down(&mut self) {
        for slot in &self.slots {
            slot.proxy.set(Link::Slow(Duration::from_millis(self.rng.within(1..200) as u64)));
        }
        self.pause(WHILE);
        self.link(Link::Open);
    }

    fn disturb_one(&mut self, slot: usize, link: Link) {
        self.slots[slot].proxy.set(link);
        self.pause(WHILE);
        self.slots[slot].proxy.set(Link::Open);
    }

    /// What the dead has left in the database is seen at once; others go on reading before it has a follower.
    fn bury(&mut self, slot: usize) {
        self.stage.kill(self.slots[slot].process);
        self.stage.look();
        self.pause(50..300);
        self.begin(slot, None);
    }

    fn kill(&mut self) {
        let slot = if self.rng.chance(60) { WRITER } else { self.rng.below(self.slots.len()) };
        self.bury(slot);
    }

    fn kill_before_commit(&mut self) {
        self.stage.kill(self.slots[WRITER].process);
        let commits = 1 + self.rng.below(8) as u64;
        self.begin(WRITER, Some(commits));
        self.wait_for_death(self.slots[WRITER].process);
        self.bury(WRITER);
    }

    fn kill_at_publication(&mut self, forward: bool) {
        let process = self.slots[WRITER].process;
        let mut workers = self.stage.workers().iter();
        let Some(worker) = workers.find(|worker| worker.settings().process == process) else { return };
        let action = worker.killer();
        // Fences and publications are scripts; what a process asks for its reads is not.
        let skip = self.rng.below(4);
        let trap = Trap { text: "EVALSHA", skip, forward, action: Box::new(action) };
        self.slots[WRITER].proxy.trap(trap);
        self.wait_for_death(process);
        self.slots[WRITER].proxy.disarm();
        self.bury(WRITER);
    }

    fn wait_for_death(&self, process: Process) {
        let alive = || {
            let mut workers = self.stage.workers().iter();
            workers.any(|worker| worker.settings().process == process && worker.is_running())
        };
        wait::until_some(LAST_HOUR, || (!alive()).then_some(()));
    }

    fn restart(&mut self, fault: Fault) {
        match fault {
            Fault::RestartWithData => self.server.stop_with_snapshot(),
            Fault::RestartWithOldData => {
                self.server.call(&["SAVE"]);
                self.pause(WHILE);
                self.server.kill();
            }
            _ => self.server.stop(),
        }
        self.pause(0..200);
        self.server.restart(if fault == Fault::RestartEmpty { Restart::Empty } else { Restart::WithData });
    }

    fn delete_entries(&mut self) {
        let keys = self.server.call(&["KEYS", "shop:e:*"]).texts();
        for key in self.rng.some_of(&keys, 50) {
            self.server.call(&["DEL", &key]);
        }
    }

    fn fill_memory(&mut self, fault: Fault) {
        let used = wait::until("the used memory", || self.server.info("used_memory"));
        let limit = if fault == Fault::Evict { &used } else { "1mb" };
        self.server.call(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", limit]);
        self.pause(WHILE);
        self.server.call(&["CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "0"]);
    }

    /// The replica loses its master first, and then misses what is published until the master ends.
    fn fail_over(&mut self) {
        let link = Proxy::start(self.server.address());
        let replica_of = Some(link.address());
        let mut replica = RedisServer::start_with(Options { replica_of, ..Options::default() });
        replica.wait_for_replication(&self.server);
        link.set(if self.rng.chance(50) { Link::Cut } else { Link::Silent });
        self.pause(WHILE);
        match self.rng.chance(50) {
            true => self.server.kill(),
            // It keeps its connections, as a machine that hangs does.
            false => self.server.pause(),
        }
        replica.promote();
        for slot in &self.slots {
            slot.proxy.switch(replica.address());
        }
        self.server = replica;
    }
}
