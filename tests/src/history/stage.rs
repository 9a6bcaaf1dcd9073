//! The database, the processes on it, and who looks at it directly.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{DatabaseConnection, DbErr};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::event::{Change, Delivery, Effect, Event, Image, Moment, Process, Query, Source, now};
use super::record::{self, Recorder};
use super::table::{self, Kept, Table, item, note};
use super::worker::Settings;
use crate::servers::wait;

/// Who makes the database and looks at it directly is a process of the history too.
pub const DIRECTOR: Process = 0;

/// One database with its processes.
#[derive(Debug)]
pub struct Stage {
    runtime: Runtime,
    db: DatabaseConnection,
    recorder: Recorder,
    workers: Vec<Worker>,
    processes: Process,
    program: PathBuf,
    // The files live as long as this does.
    folder: TempDir,
}

/// A process, until it is stopped or killed.
#[derive(Debug)]
pub struct Worker {
    settings: Settings,
    child: Arc<Mutex<Child>>,
}

impl Stage {
    /// Makes a database with a row of every key. `program` is what runs [`worker::main`](super::worker::main).
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be built");
        let recorder = Recorder::create(&history(folder.path(), DIRECTOR)).expect("a file can be made");
        let file = folder.path().join("world.sqlite");
        let db = runtime.block_on(async {
            let db = table::connect(&file).await?;
            table::create(&db).await?;
            fill::<item::Entity>(&db, &recorder).await?;
            fill::<note::Entity>(&db, &recorder).await?;
            Ok::<_, DbErr>(db)
        });
        let db = db.expect("the tables can be made");
        let (workers, program) = (Vec::new(), program.to_owned());
        Self { runtime, db, recorder, workers, processes: DIRECTOR, program, folder }
    }

    /// Where the database is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The processes that were started and not ended.
    #[must_use]
    pub fn workers(&self) -> &[Worker] {
        &self.workers
    }

    /// Starts a process with these settings and a number of its own.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start(&mut self, settings: Settings) -> Process {
        self.processes += 1;
        let settings = Settings { process: self.processes, ..settings };
        let argument = serde_json::to_string(&settings).expect("settings have a text");
        let child = Command::new(&self.program).arg(argument).stdin(Stdio::piped()).spawn();
        let child = Arc::new(Mutex::new(child.expect("the worker can be started")));
        self.workers.push(Worker { settings, child });
        self.processes
    }

    /// Ends a process at once, and forgets it.
    pub fn kill(&mut self, process: Process) -> Option<Settings> {
        let index = self.workers.iter().position(|worker| worker.settings.process == process)?;
        let worker = self.workers.remove(index);
        worker.kill();
        Some(worker.settings.clone())
    }

    /// Reads all rows from the database itself.
    ///
    /// # Panics
    ///
    /// If they cannot be read.
    pub fn look(&self) {
        for table in Table::ALL {
            let (query, from) = (Query::All(table), now());
            let answer = self.runtime.block_on(query.run_on(&self.db)).expect("the database answers");
            let (to, parts) = (now(), vec![(query, answer)]);
            self.recorder.record(&Event::Read { from, to, source: Source::Database, parts });
        }
    }

    /// Notes that a process may not have reached the log between these moments.
    pub fn note_unreachable(&self, process: Process, from: Moment, to: Moment) {
        self.recorder.record(&Event::Unreachable { process, from, to });
    }

    /// Stops all processes in order and returns what everybody wrote down.
    ///
    /// # Panics
    ///
    /// If a process does not end, or ended in disorder.
    #[must_use]
    pub fn finish(mut self) -> Vec<(Process, Vec<Event>)> {
        for worker in &self.workers {
            worker.stop();
        }
        for worker in &self.workers {
            worker.wait();
        }
        self.look();
        self.workers.clear();
        let read =
            |process| record::read(&history(self.folder.path(), process)).expect("a history can be read");
        // A process that was killed before it began has written nothing.
        let began = |process: &Process| history(self.folder.path(), *process).exists();
        (DIRECTOR..=self.processes).filter(began).map(|process| (process, read(process))).collect()
    }
}

impl Worker {
    /// What it was told.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.lock().try_wait(), Ok(None))
    }

    /// Whether it has begun to work.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.settings.history().metadata().is_ok_and(|file| file.len() > 0)
    }

    /// What kills the process, from wherever it is called.
    pub fn killer(&self) -> impl FnOnce() + Send + use<> {
        let child = Arc::clone(&self.child);
        move || {
            let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
        }
    }

    fn kill(&self) {
        let mut child = self.lock();
        // Who has ended already has nothing to be killed.
        let _ = child.kill();
        let _ = child.wait();
    }

    fn stop(&self) {
        drop(self.lock().stdin.take());
    }

    fn wait(&self) {
        let process = self.settings.process;
        let ended = wait::until_some(wait::PATIENCE, || self.lock().try_wait().ok().flatten());
        let status = ended.unwrap_or_else(|| panic!("process {process} hangs: {:?}", self.settings));
        assert!(status.success(), "process {process} ended with {status}: {:?}", self.settings);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No process outlives the one who started it.
impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Inserts a row of every key.
async fn fill<E: Kept>(db: &DatabaseConnection, recorder: &Recorder) -> Result<(), DbErr> {
    for (write, id) in (0..).zip(E::TABLE.ids()) {
        let groups = E::TABLE.groups();
        let group = groups.start + id % (groups.end - groups.start);
        let (at, stamp) = (now(), -id);
        let image = Image { version: at as i64, stamp, group };
        sea_orm::ActiveModelTrait::insert(E::born(id, image), db).await?;
        let row = super::event::Row(E::TABLE, id);
        let changes = vec![Change { row, stamp, effect: Effect::Group(group), version: Some(image.version) }];
        recorder.record(&Event::Began { write, at, changes: changes.clone() });
        recorder.record(&Event::Ended { write, at: now(), changes, delivery: Delivery::Confirmed });
    }
    Ok(())
}

fn history(folder: &Path, process: Process) -> PathBuf {
    folder.join(format!("{process}.jsonl"))
}
