//! A write: announced, committed, published, returned; or what else becomes of it.

use std::fmt;

use crate::goal::Goal;
use crate::marks::{Marks, Row, Versions};
use crate::scene::{Ending, Fault, Part, Scene, Write};
use crate::server::{Kind, Position, Publication, Record};
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
    /// When the fence was sent that is up for its write.
    pub(crate) fenced: Option<u8>,
    /// Which write that fence was raised for, if this one goes on under it, and what was touched since and is not published.
    pub(crate) taken_on: Option<TakenOn>,
    /// One bit for each of its writes that the database has committed.
    pub(crate) committed: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct TakenOn {
    pub(crate) fence: u8,
    pub(crate) touched: Marks,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Pending {
    pub(crate) write: u8,
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
    /// The same, and the write has returned behind its fence.
    Returned(u8),
    /// It waits for the next record of its process.
    Queued(u8),
    /// The record is on its way.
    Sent(u8),
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
    ReturnFirst,
    GoOn,
    Publish,
    PublishUnheard,
    BeRefused,
    Queue,
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
        writer.moves(scene, variant, state, writes, &mut add);
    }
}

impl Writer {
    fn moves(
        &self,
        scene: &Scene,
        variant: Variant,
        state: &State,
        writes: &[Write],
        add: &mut impl FnMut(Move),
    ) {
        let State { now, faults, .. } = *state;
        let Some(write) = writes.get(usize::from(self.done)) else { return };
        let may = |ending| write.endings.contains(&ending);
        match self.phase {
            // One connection executes one COMMIT at a time.
            Phase::Idle if self.pending.is_some() => {}
            Phase::Idle if variant == Variant::PublishBeforeCommit => add(Move::PublishEarly),
            Phase::Idle if write.fence.is_some() && variant != Variant::NoFence => add(Move::Announce),
            Phase::Idle => add(Move::Commit),
            Phase::Announcing(_) => add(Move::Learn),
            Phase::Announced(since) => {
                add(if scene.time.leaves_time(variant, since, now) {
                    Move::SendCommit
                } else {
                    Move::Announce
                });
                if may(Ending::Rollback) {
                    add(Move::RollBack);
                }
            }
            Phase::Committing if may(Ending::Unknown) => add(Move::LoseAnswer),
            Phase::Committing | Phase::Queued(_) | Phase::Sent(_) | Phase::Dead => {}
            Phase::Committed(_) if scene.has(Part::Groups) => add(Move::Queue),
            Phase::Committed(_) | Phase::Returned(_) | Phase::Uncertain => add(Move::Publish),
            Phase::PublishedEarly => add(Move::CommitLate),
        }
        if matches!(self.phase, Phase::Returned(_)) && self.may_go_on(scene, variant, writes) {
            add(Move::GoOn);
        }
        let happens = |fault| faults > 0 && scene.faults.1.contains(&fault);
        if matches!(self.phase, Phase::Committed(_))
            && self.fenced.is_some_and(|since| scene.time.is_up(variant, since, now))
        {
            add(Move::ReturnFirst);
        }
        if matches!(self.phase, Phase::Committed(_)) && happens(Fault::LoseAnswer) {
            add(Move::PublishUnheard);
        }
        if matches!(self.phase, Phase::Committed(_)) && happens(Fault::Refuse) {
            add(Move::BeRefused);
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
        let mut write = self.scene.writers[place][usize::from(done)];
        write.touches = write.touches.and(self.taken_on(place));
        let next = match (step, phase) {
            (Move::Announce, _) => self.announce(place, &write),
            (Move::Learn, Phase::Announcing(sent)) => {
                let since = match self.variant {
                    Variant::WriterCountsFromAnswer => self.state.now,
                    _ => sent,
                };
                self.state.writers[place].fenced = Some(since);
                Phase::Announced(since)
            }
            (Move::SendCommit, _) => {
                let pending = Pending { write: done, row: write.row, sent: self.state.now };
                self.state.writers[place].pending = Some(pending);
                Phase::Committing
            }
            (Move::LoseAnswer, _) => Phase::Uncertain,
            (Move::Commit, _) => Phase::Committed(self.commit(write.row)),
            (Move::ReturnFirst, Phase::Committed(version)) => {
                self.return_to_caller(&write, version);
                self.reach(Goal::ReturnedFirst);
                Phase::Returned(version)
            }
            (Move::GoOn, _) => self.go_on(place, &write),
            (Move::Publish, phase) => self.finish_write(place, &write, phase),
            (Move::PublishUnheard, Phase::Committed(version)) => {
                self.state.faults -= 1;
                self.publish(&write, Kind::Touch);
                self.owe_or_return(place, &write, version)
            }
            (Move::BeRefused, Phase::Committed(version)) => {
                self.state.faults -= 1;
                self.state.server.refuse(self.variant);
                self.returns(place, &write, version)
            }
            (Move::Queue, Phase::Committed(version)) => match write.process {
                Some(process) => self.join_group(usize::from(process), &write, version),
                None => self.finish_write(place, &write, phase),
            },
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
        if let Some(Pending { write, row, .. }) = self.state.writers[place].pending.take() {
            let version = self.commit(row);
            let writer = &mut self.state.writers[place];
            writer.committed |= 1 << write;
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
        if let (Some(process), Phase::Committed(version) | Phase::Returned(version)) = (write.process, phase)
            && self.state.processes[usize::from(process)].cut_off
        {
            return self.owe_or_return(place, write, version);
        }
        let kind = self.kind_of_publication(place, write, phase);
        self.publish(write, kind);
        match phase {
            Phase::Committed(version) => self.returns(place, write, version),
            _ => self.next_write(place),
        }
    }

    pub(crate) fn publish(&mut self, write: &Write, kind: Kind) {
        let publication = Publication { kind, marks: write.touches, declarations: write.declarations };
        let (position, record) = self.append(publication);
        if let Some(process) = write.process {
            self.apply_own(usize::from(process), position, &record);
        }
    }

    pub(crate) fn append(&mut self, publication: Publication) -> (Position, Record) {
        let (position, record) = self.state.server.publish(publication, self.variant);
        self.send_pushes(position, record);
        (position, record)
    }

    /// The write returns without knowing of its publication.
    fn owe_or_return(&mut self, place: usize, write: &Write, version: u8) -> Phase {
        if let Some(process) = write.process {
            self.owe(usize::from(process), write, version);
        }
        self.next_write(place)
    }

    /// The write returns and is over.
    pub(crate) fn returns(&mut self, place: usize, write: &Write, version: u8) -> Phase {
        self.return_to_caller(write, version);
        self.next_write(place)
    }

    /// From now on every read must see the write.
    fn return_to_caller(&mut self, write: &Write, version: u8) {
        let newest = self.state.returned.of(write.row).max(version);
        self.state.returned = self.state.returned.with(write.row, newest);
        if let Some(process) = write.process {
            let own = &mut self.state.processes[usize::from(process)].own;
            *own = own.newest(Versions::default().with(write.row, version));
        }
    }

    pub(crate) fn write_of(&self, place: usize) -> Option<Write> {
        self.scene.writers[place].get(usize::from(self.state.writers[place].done)).copied()
    }

    fn next_write(&mut self, place: usize) -> Phase {
        let writer = &mut self.state.writers[place];
        writer.done += 1;
        (writer.fenced, writer.taken_on) = (None, None);
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
            Move::ReturnFirst => "returns behind its fence",
            Move::GoOn => "begins its next write behind the fence of this one",
            Move::Publish => "publishes and, if it has not yet, returns",
            Move::PublishUnheard => "publishes, does not hear of it, and returns",
            Move::BeRefused => "finds no room for its publication, which drops the head, and returns",
            Move::Queue => "waits for the next record",
            Move::PublishEarly => "publishes",
            Move::CommitLate => "commits and returns",
            Move::RollBack => "rolls back and lifts its fence",
            Move::Crash => "dies",
        })
    }
}
