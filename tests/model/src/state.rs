//! One state of the world.

use crate::index::Index;
use crate::marks::{Key, Marks, Versions};
use crate::reader::Reader;
use crate::scene::Scene;
use crate::server::{Position, Server};
use crate::variant::Variant;
use crate::writer::Writer;

pub(crate) const MAX_PROCESSES: usize = 2;
pub(crate) const MAX_READERS: usize = 3;
pub(crate) const MAX_WRITERS: usize = 3;

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
}

/// What the tasks of one process share.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Process {
    pub(crate) index: Index,
    /// The first level.
    pub(crate) values: [Option<Slot>; Key::COUNT],
}

/// A typed value in a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Slot {
    pub(crate) value: Versions,
    pub(crate) position: Position,
    /// The newest position at which it is known to be valid.
    pub(crate) validated: Position,
}

impl State {
    pub(crate) fn new(scene: &Scene) -> Self {
        let mut readers = [Reader::default(); MAX_READERS];
        for (reader, plan) in readers.iter_mut().zip(scene.readers) {
            reader.left = plan.reads;
        }
        let server = Server::new();
        let mut processes = [Process::default(); MAX_PROCESSES];
        for follower in scene.followers {
            processes[usize::from(*follower)].index.position = server.data.head;
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
        }
    }
}

impl Process {
    /// Where a slot is valid for a reader who read `head`; the slot keeps that for the next reader.
    pub(crate) fn validate(&self, slot: &mut Slot, marks: Marks, head: Position, variant: Variant) -> Option<Position> {
        if slot.validated.epoch == head.epoch && slot.validated.seq >= head.seq {
            return Some(slot.validated);
        }
        let at = self.index.judge(head, slot.validated, marks, variant)?;
        slot.validated.seq = slot.validated.seq.max(at.seq);
        Some(at)
    }

    /// Puts a slot, unless there is one that was loaded later.
    pub(crate) fn put(&mut self, key: Key, slot: Slot) {
        let newer = self.values[key as usize].is_some_and(|there| {
            there.position.epoch == slot.position.epoch && there.position.seq > slot.position.seq
        });
        if !newer {
            self.values[key as usize] = Some(slot);
        }
    }
}
