//! A write: announced, committed, published, returned; or what else becomes of it.

use std::fmt;

use crate::marks::Row;
use crate::scene::{Ending, Scene, Write};
use crate::server::{Kind, Publication};
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Writer {
    /// How many writes it has made.
    pub(crate) done: u8,
    pub(crate) phase: Phase,
    /// A COMMIT that the database may still execute, whatever has become of its sender.
    pub(crate) pending: Option<Pending>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Pending {
    pub(crate) row: Row,
    pub(crate) sent: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Phase {
    #[default]
    Idle,
    /// The fence was sent then, and is in the log.
    Announcing(u8),
    /// The log has confirmed the fence, which is up from that moment on.
    Announced(u8),
    /// COMMIT is on its way.
    Committing,
    /// The database has this version of the row.
    Committed(u8),
    /// The answer to COMMIT is lost.
    Uncertain,
    /// Published, though nothing is committed yet.
    PublishedEarly,
    /// Its process has died.
    Dead,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    Announce,
    Learn,
    SendCommit,
    TakeEffect,
    LoseAnswer,
    Commit,
    Publish,
    PublishEarly,
    CommitLate,
    RollBack,
    Crash,
}

pub(crate) fn moves(scene: &Scene, variant: Variant, state: &State, actions: &mut Vec<Action>) {
    for (place, writes) in scene.writers.iter().enumerate() {
        let writer = &state.writers[place];
        let mut add = |step| actions.push(Action::Writer(place, step));
        if writer.pending.is_some() {
            add(Move::TakeEffect);
        }
        if let Some(write) = writes.get(usize::from(writer.done)) {
            writer.moves(scene, variant, state.now, write, &mut add);
        }
    }
}

impl Writer {
    fn moves(&self, scene: &Scene, variant: Variant, now: u8, write: &Write, add: &mut impl FnMut(Move)) {
        let may = |ending| write.endings.contains(&ending);
        match self.phase {
            // One connection executes one COMMIT at a time.
            Phase::Idle if self.pending.is_some() => {}
            Phase::Idle if variant == Variant::PublishBeforeCommit => add(Move::PublishEarly),
            Phase::Idle if write.fence.is_some() && variant != Variant::NoFence => add(Move::Announce),
            Phase::Idle => add(Move::Commit),
            Phase::Announcing(_) => add(Move::Learn),
            Phase::Announced(since) => {
                add(if scene.time.leaves_time(variant, since, now) { Move::SendCommit } else { Move::Announce });
                if may(Ending::Rollback) {
                    add(Move::RollBack);
                }
            }
            Phase::Committing if may(Ending::Unknown) => add(Move::LoseAnswer),
            Phase::Committing | Phase::Dead => {}
            Phase::Committed(_) | Phase::Uncertain => add(Move::Publish),
            Phase::PublishedEarly => add(Move::CommitLate),
        }
        if may(Ending::Crash) && !matches!(self.phase, Phase::Idle | Phase::Dead) {
            add(Move::Crash);
        }
    }
}

impl World<'_> {
    pub(crate) fn writer(&mut self, place: usize, step: Move) {
        if step == Move::TakeEffect {
            return self.take_effect(place);
        }
        let Writer { done, phase, .. } = self.state.writers[place];
        let write = self.scene.writers[place][usize::from(done)];
        let next = match (step, phase) {
            (Move::Announce, _) => self.announce(place, &write),
            (Move::Learn, Phase::Announcing(sent)) => match self.variant {
                Variant::WriterCountsFromAnswer => Phase::Announced(self.state.now),
                _ => Phase::Announced(sent),
            },
            (Move::SendCommit, _) => {
                let pending = Pending { row: write.row, sent: self.state.now };
                self.state.writers[place].pending = Some(pending);
                Phase::Committing
            }
            (Move::LoseAnswer, _) => Phase::Uncertain,
            (Move::Commit, _) => Phase::Committed(self.commit(write.row)),
            (Move::Publish, phase) => self.finish_write(place, &write, phase),
            (Move::PublishEarly, _) => {
                self.publish(&write, Kind::Touch);
                Phase::PublishedEarly
            }
            (Move::CommitLate, _) => {
                let version = self.commit(write.row);
                self.returns(place, &write, version)
            }
            (Move::RollBack, _) => {
                self.roll_back(place, &write);
                self.next_write(place)
            }
            (Move::Crash, _) => Phase::Dead,
            (_, phase) => phase,
        };
        self.state.writers[place].phase = next;
    }

    fn take_effect(&mut self, place: usize) {
        if let Some(Pending { row, .. }) = self.state.writers[place].pending.take() {
            let version = self.commit(row);
            let writer = &mut self.state.writers[place];
            if writer.phase == Phase::Committing {
                writer.phase = Phase::Committed(version);
            }
        }
    }

    fn commit(&mut self, row: Row) -> u8 {
        let version = self.state.database.of(row) + 1;
        self.state.database = self.state.database.with(row, version);
        version
    }

    fn finish_write(&mut self, place: usize, write: &Write, phase: Phase) -> Phase {
        let kind = self.kind_of_publication(place, write, phase);
        self.publish(write, kind);
        match phase {
            Phase::Committed(version) => self.returns(place, write, version),
            _ => self.next_write(place),
        }
    }

    pub(crate) fn publish(&mut self, write: &Write, kind: Kind) {
        let publication = Publication { kind, marks: write.touches, declarations: write.declarations };
        self.state.server.publish(publication, self.variant);
    }

    /// The write returns to its caller: from now on every read must see it.
    fn returns(&mut self, place: usize, write: &Write, version: u8) -> Phase {
        let newest = self.state.returned.of(write.row).max(version);
        self.state.returned = self.state.returned.with(write.row, newest);
        self.next_write(place)
    }

    fn next_write(&mut self, place: usize) -> Phase {
        self.state.writers[place].done += 1;
        Phase::Idle
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Move::Announce => "announces a fence",
            Move::Learn => "learns that the fence is in the log",
            Move::SendCommit => "sends COMMIT",
            Move::TakeEffect => "is committed by the database",
            Move::LoseAnswer => "loses the answer to COMMIT",
            Move::Commit => "commits",
            Move::Publish => "publishes and returns",
            Move::PublishEarly => "publishes",
            Move::CommitLate => "commits and returns",
            Move::RollBack => "rolls back and lifts its fence",
            Move::Crash => "dies",
        })
    }
}
