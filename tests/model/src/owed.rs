//! Publications that did not reach the log, and those that travel together.

use crate::marks::{Marks, Versions};
use crate::scene::{Part, Scene, Write};
use crate::server::{Kind, Publication};
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};
use crate::writer::Phase;

pub(crate) fn moves(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    for (place, process) in state.processes.iter().enumerate() {
        if process.cut_off {
            actions.push(Action::Reconnect(place));
        } else if !process.owed.is_empty() {
            actions.push(Action::Deliver(place));
        }
        if scene.has(Part::Groups) {
            if process.sending.is_some() {
                actions.push(Action::ConfirmGroup(place));
            } else if !process.batch.is_empty() {
                actions.push(Action::SendGroup(place));
            }
        }
    }
}

impl World<'_> {
    /// The write returns, and its process owes the publication.
    pub(crate) fn owe(&mut self, process: usize, write: &Write, version: u8) {
        let process = &mut self.state.processes[process];
        process.owed = process.owed.and(write.touches);
        process.own = process.own.newest(Versions::default().with(write.row, version));
    }

    /// Delivers what is owed, if the server can be reached.
    pub(crate) fn deliver(&mut self, place: usize) {
        if self.state.processes[place].cut_off {
            return;
        }
        let marks = std::mem::take(&mut self.state.processes[place].owed);
        self.publish_for(place, marks);
        self.state.returned = self.state.returned.newest(self.state.processes[place].own);
    }

    fn publish_for(&mut self, place: usize, marks: Marks) {
        let declarations = self.declarations(place);
        let publication = Publication { kind: Kind::Touch, marks, declarations };
        let (position, record) = self.append(publication);
        self.apply_own(place, position, &record);
    }

    /// A write that comes while a record is on its way waits for the next one.
    pub(crate) fn join_group(&mut self, place: usize, write: &Write, version: u8) -> Phase {
        let process = &mut self.state.processes[place];
        if process.sending.is_some() && self.variant == Variant::GroupJoinsSent {
            return Phase::Sent(version);
        }
        process.batch = process.batch.and(write.touches);
        Phase::Queued(version)
    }

    pub(crate) fn send_group(&mut self, place: usize) {
        let marks = std::mem::take(&mut self.state.processes[place].batch);
        self.publish_for(place, marks);
        self.state.processes[place].sending = Some(marks);
        self.writers_of(place, |phase| match phase {
            Phase::Queued(version) => Phase::Sent(version),
            phase => phase,
        });
    }

    pub(crate) fn confirm_group(&mut self, place: usize) {
        self.state.processes[place].sending = None;
        for writer in 0..self.scene.writers.len() {
            if let (Phase::Sent(version), Some(write)) =
                (self.state.writers[writer].phase, self.write_of(writer))
                && write.process == Some(place as u8)
            {
                self.state.writers[writer].phase = self.returns(writer, &write, version);
            }
        }
    }

    fn writers_of(&mut self, place: usize, change: impl Fn(Phase) -> Phase) {
        for writer in 0..self.scene.writers.len() {
            if self.write_of(writer).is_some_and(|write| write.process == Some(place as u8)) {
                let writer = &mut self.state.writers[writer];
                writer.phase = change(writer.phase);
            }
        }
    }
}
