//! A write: COMMIT, then publication, then return.

use std::fmt;

use crate::scene::{Scene, Write};
use crate::server::{Kind, Publication};
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Writer {
    /// How many writes it has made.
    pub(crate) done: u8,
    pub(crate) phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Phase {
    #[default]
    Idle,
    /// The database has this version of the row.
    Committed(u8),
    /// Published, though nothing is committed yet.
    PublishedEarly,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    Commit,
    Publish,
    PublishEarly,
    CommitLate,
}

pub(crate) fn moves(scene: &Scene, variant: Variant, state: &State, actions: &mut Vec<Action>) {
    for (place, writes) in scene.writers.iter().enumerate() {
        let writer = &state.writers[place];
        let step = match writer.phase {
            Phase::Idle if usize::from(writer.done) == writes.len() => continue,
            Phase::Idle if variant == Variant::PublishBeforeCommit => Move::PublishEarly,
            Phase::Idle => Move::Commit,
            Phase::Committed(_) => Move::Publish,
            Phase::PublishedEarly => Move::CommitLate,
        };
        actions.push(Action::Writer(place, step));
    }
}

impl World<'_> {
    pub(crate) fn writer(&mut self, place: usize, step: Move) {
        let Writer { done, phase } = self.state.writers[place];
        let write = self.scene.writers[place][usize::from(done)];
        let next = match (step, phase) {
            (Move::PublishEarly, _) => {
                self.publish(&write, Kind::Touch);
                Phase::PublishedEarly
            }
            (Move::Commit, _) => Phase::Committed(self.commit(&write)),
            (Move::CommitLate, _) => {
                let version = self.commit(&write);
                self.returns(place, &write, version);
                return;
            }
            (Move::Publish, Phase::Committed(version)) => {
                self.publish(&write, Kind::Touch);
                self.returns(place, &write, version);
                return;
            }
            (Move::Publish, phase) => phase,
        };
        self.state.writers[place].phase = next;
    }

    fn commit(&mut self, write: &Write) -> u8 {
        let version = self.state.database.of(write.row) + 1;
        self.state.database = self.state.database.with(write.row, version);
        version
    }

    fn publish(&mut self, write: &Write, kind: Kind) {
        let publication = Publication { kind, marks: write.touches, declarations: write.declarations };
        self.state.server.publish(publication, self.variant);
    }

    /// The write returns to its caller: from now on every read must see it.
    fn returns(&mut self, place: usize, write: &Write, version: u8) {
        let newest = self.state.returned.of(write.row).max(version);
        self.state.returned = self.state.returned.with(write.row, newest);
        let writer = &mut self.state.writers[place];
        *writer = Writer { done: writer.done + 1, phase: Phase::Idle };
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Move::Commit => "commits",
            Move::Publish => "publishes and returns",
            Move::PublishEarly => "publishes",
            Move::CommitLate => "commits and returns",
        })
    }
}
