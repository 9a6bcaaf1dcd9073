//! One process of a history.

mod acts;
mod tally;

use std::env;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cache_seaorm::{Cache, CachedConnection};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::event::Process;
use super::record::Recorder;
use super::table::{self, Scopes};
use super::write::Births;
use crate::rng::Rng;
use tally::Tally;

/// What a process is told, as JSON in its first argument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Its number.
    pub process: Process,
    /// What it draws its operations from.
    pub seed: u64,
    /// How it uses the cache.
    pub cache: Caching,
    /// The folder with the database, and where it writes what it did.
    pub folder: PathBuf,
    /// What it does most.
    pub role: Role,
    /// Which scopes it declares.
    pub scopes: Scopes,
    /// Before which of its COMMITs it kills itself.
    pub dies_before_commit: Option<u64>,
}

/// How a process uses the cache.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Caching {
    /// Not at all.
    Off,
    /// The cache of this URL.
    Url(String),
}

/// What a process does most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Role {
    /// It reads, and rarely writes.
    Reader,
    /// It does both.
    Both,
    /// It writes in one task, with transactions one after the other.
    Writer,
}

impl Settings {
    /// The file with what a process did.
    #[must_use]
    pub fn history(&self) -> PathBuf {
        self.folder.join(format!("{}.jsonl", self.process))
    }

    /// The database that all processes of a folder share.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.join("world.sqlite")
    }
}

struct Worker {
    settings: Settings,
    db: CachedConnection,
    births: Births,
    tally: Tally,
    stopped: AtomicBool,
}

/// Runs a process until its standard input ends.
///
/// # Panics
///
/// If its argument is wrong, or the database or the cache cannot be opened.
pub fn main() {
    let settings = env::args().nth(1).expect("the settings are the first argument");
    let settings: Settings = serde_json::from_str(&settings).expect("the settings are JSON");
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().expect("a runtime can be built");
    runtime.block_on(run(settings));
}

async fn run(settings: Settings) {
    let worker = Arc::new(Worker::open(settings).await);
    let stopped = Arc::clone(&worker);
    // Also the end of the one who started this process ends it.
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stopped.stopped.store(true, Ordering::Relaxed);
    });
    let mut rng = Rng::new(worker.settings.seed);
    let mut tasks = JoinSet::new();
    for _ in 0..worker.tasks() {
        let (worker, rng) = (Arc::clone(&worker), rng.fork());
        tasks.spawn(async move { worker.act(rng).await });
    }
    while let Some(task) = tasks.join_next().await {
        task.expect("a task does not panic");
    }
    if worker.db.cache().close().await.is_ok() {
        worker.tally.note_debts(0);
    }
    worker.tally.count(&worker.db.cache().stats());
}

impl Worker {
    async fn open(settings: Settings) -> Self {
        settings.scopes.declare();
        let inner = table::connect(&settings.database()).await.expect("the database can be opened");
        let cache = match &settings.cache {
            Caching::Off => Cache::disabled(),
            Caching::Url(url) => Cache::from_url(url).expect("the URL is right"),
        };
        let db = CachedConnection::new(inner, cache).await.expect("the cache can be opened");
        let recorder = Recorder::create(&settings.history()).expect("the history can be written");
        Self {
            db,
            births: Births::at(&settings.folder.join("births")),
            tally: Tally::new(recorder, settings.process),
            stopped: AtomicBool::new(false),
            settings,
        }
    }

    fn tasks(&self) -> usize {
        match self.settings.role {
            Role::Writer => 1,
            Role::Reader | Role::Both => 3,
        }
    }

    /// Writes, of a hundred operations.
    fn writes(&self) -> usize {
        match self.settings.role {
            Role::Reader => 1,
            Role::Both => 3,
            Role::Writer => 80,
        }
    }

    /// How long a task rests at most after a write, in microseconds. Without rests the readers would hardly meet
    /// an entry that is still true.
    fn rest(&self) -> usize {
        match self.settings.role {
            Role::Reader | Role::Both => 2_000,
            Role::Writer => 40_000,
        }
    }
}
