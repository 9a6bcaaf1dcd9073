//! The processes, each with a way of its own to one server.

mod inject;

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::event::{Event, Process};
use super::stage::Stage;
use super::table::Scopes;
use super::worker::{Caching, Role, Settings};
use crate::rng::Rng;
use crate::servers::{Link, Proxy, RedisServer, wait};

/// The processes, each with a way of its own to one server.
#[derive(Debug)]
pub struct Cluster {
    stage: Stage,
    server: RedisServer,
    slots: Vec<Slot>,
    /// What cache URLs end with.
    options: String,
    rng: Rng,
}

/// The place of a process; one that is killed is followed by another.
#[derive(Debug)]
struct Slot {
    proxy: Proxy,
    role: Role,
    scopes: Scopes,
    process: Process,
}

/// Those who read, one of them with other declarations, and one who writes.
const SLOTS: [(Role, Scopes); 4] = [
    (Role::Both, Scopes::Groups),
    (Role::Both, Scopes::Groups),
    (Role::Reader, Scopes::NotesOnly),
    (Role::Writer, Scopes::Groups),
];

/// The one whose processes are killed most: it does nothing but write.
const WRITER: usize = 3;

impl Cluster {
    /// Starts a server, and processes with a cache there. `options` are those of the cache URL.
    #[must_use]
    pub fn start(program: &Path, options: &str, rng: Rng) -> Self {
        let server = RedisServer::start();
        let slot = |(role, scopes)| Slot { proxy: Proxy::start(server.address()), role, scopes, process: 0 };
        let slots = SLOTS.into_iter().map(slot).collect();
        let stage = Stage::new(program);
        let mut cluster = Self { stage, server, slots, options: options.to_owned(), rng };
        for slot in 0..SLOTS.len() {
            cluster.begin(slot, None);
        }
        cluster
    }

    /// Stops all processes in order and returns what everybody wrote down.
    #[must_use]
    pub fn finish(self) -> Vec<(Process, Vec<Event>)> {
        self.stage.finish()
    }

    /// Starts a process and waits until it works.
    fn begin(&mut self, slot: usize, dies_before_commit: Option<u64>) {
        let Slot { proxy, role, scopes, .. } = &self.slots[slot];
        let settings = Settings {
            process: 0,
            seed: self.rng.next(),
            cache: Caching::Url(format!("redis://{}/0?prefix=shop&{}", proxy.address(), self.options)),
            folder: self.stage.folder().to_owned(),
            role: *role,
            scopes: *scopes,
            dies_before_commit,
        };
        let process = self.stage.start(settings);
        self.slots[slot].process = process;
        let worker = self.stage.workers().last().expect("it was started");
        let begun = wait::until_some(wait::PATIENCE, || {
            (worker.has_begun() || !worker.is_running()).then(|| worker.has_begun())
        });
        assert_eq!(begun, Some(true), "process {process} does not begin: {:?}", worker.settings());
    }

    fn link(&self, link: Link) {
        for slot in &self.slots {
            slot.proxy.set(link);
        }
    }

    fn pause(&mut self, milliseconds: std::ops::Range<i64>) {
        thread::sleep(Duration::from_millis(self.rng.within(milliseconds) as u64));
    }
}
