//! One state of the world.

use crate::marks::Versions;
use crate::process::Process;
use crate::reader::Reader;
use crate::scene::Scene;
use crate::server::Server;
use crate::writer::Writer;

pub(crate) const MAX_PROCESSES: usize = 2;
pub(crate) const MAX_READERS: usize = 3;
pub(crate) const MAX_WRITERS: usize = 3;
pub(crate) const MAX_TICKS: usize = 6;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct State {
    pub(crate) server: Server,
    /// What is committed.
    pub(crate) database: Versions,
    pub(crate) processes: [Process; MAX_PROCESSES],
    pub(crate) readers: [Reader; MAX_READERS],
    pub(crate) writers: [Writer; MAX_WRITERS],
    /// What every clock shows.
    pub(crate) now: u8,
    pub(crate) faults: u8,
    /// The newest versions whose write has returned with its publication delivered.
    pub(crate) returned: Versions,
    /// The same at the end of each tick that is over, if any read is bounded.
    pub(crate) history: [Versions; MAX_TICKS],
}

impl State {
    pub(crate) fn new(scene: &Scene) -> Self {
        let server = Server::new();
        let mut processes = [Process::default(); MAX_PROCESSES];
        for follower in scene.followers {
            processes[usize::from(*follower)].index.position = server.data.head;
        }
        let mut readers = [Reader::default(); MAX_READERS];
        for (reader, plan) in readers.iter_mut().zip(scene.readers) {
            reader.left = plan.reads;
        }
        Self {
            server,
            database: Versions::default(),
            processes,
            readers,
            writers: Default::default(),
            now: 0,
            faults: scene.faults.0,
            returned: Versions::default(),
            history: Default::default(),
        }
    }
}
