//! A scene with the protocol that is played in it.

use std::fmt;

use crate::explore::{Model, Notes, Report, explore};
use crate::fault::Strike;
use crate::goal::Goal;
use crate::index::Applying;
use crate::scene::Scene;
use crate::server::Declarations;
use crate::share::Fetch;
use crate::state::State;
use crate::variant::Variant;
use crate::{clock, fault, fence, lease, owed, push, reader, share, writer};

/// Visits everything that can happen in a scene under this variant of the protocol.
#[must_use]
pub fn check(scene: &Scene, variant: Variant) -> Report {
    explore(&Play { scene, variant })
}

struct Play<'a> {
    scene: &'a Scene,
    variant: Variant,
}

/// One atomic step.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    Reader(usize, reader::Move),
    Writer(usize, writer::Move),
    Fault(Strike),
    Tick,
    Resolve(usize),
    Push(usize),
    LosePush(usize),
    SendFetch(usize, Fetch),
    AnswerFetch(usize, Fetch),
    EndFetch(usize, Fetch),
    SendBeat(usize),
    AnswerBeat(usize),
    EndBeat(usize),
    SendGroup(usize),
    ConfirmGroup(usize),
    Deliver(usize),
    Reconnect(usize),
}

/// A state with all that a step needs.
pub(crate) struct World<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) variant: Variant,
    pub(crate) state: &'a mut State,
    pub(crate) notes: &'a mut Notes,
}

impl World<'_> {
    pub(crate) fn declarations(&self, process: usize) -> Declarations {
        match self.scene.old.iter().any(|old| usize::from(*old) == process) {
            true => Declarations::Old,
            false => Declarations::New,
        }
    }

    pub(crate) fn applying(&self, process: usize) -> Applying {
        let declarations = self.declarations(process);
        Applying { variant: self.variant, now: self.state.now, declarations, fence: self.scene.time.fence }
    }

    pub(crate) fn reach(&mut self, goal: Goal) {
        self.notes.reached |= goal.bit();
    }
}

impl Model for Play<'_> {
    type State = State;
    type Action = Action;

    fn start(&self) -> State {
        State::new(self.scene)
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        reader::moves(self.scene, state, actions);
        writer::moves(self.scene, self.variant, state, actions);
        fault::strikes(self.scene, state, actions);
        fence::resolutions(self.scene, self.variant, state, actions);
        push::moves(self.scene, state, actions);
        share::moves(self.scene, state, actions);
        lease::moves(self.scene, state, actions);
        owed::moves(self.scene, state, actions);
        clock::ticks(self.scene, state, actions);
    }

    fn step(&self, state: &mut State, action: Action, notes: &mut Notes) {
        let mut world = World { scene: self.scene, variant: self.variant, state, notes };
        match action {
            Action::Reader(reader, step) => world.reader(reader, step),
            Action::Writer(writer, step) => world.writer(writer, step),
            Action::Fault(strike) => world.strike(strike),
            Action::Tick => world.tick(),
            Action::Resolve(process) => world.resolve(process),
            Action::Push(process) => world.push(process),
            Action::LosePush(process) => world.lose_push(process),
            Action::SendFetch(process, fetch) => world.send_fetch(process, fetch),
            Action::AnswerFetch(process, fetch) => world.answer_fetch(process, fetch),
            Action::EndFetch(process, fetch) => world.end_fetch(process, fetch),
            Action::SendBeat(process) => world.send_beat(process),
            Action::AnswerBeat(process) => world.answer_beat(process),
            Action::EndBeat(process) => world.end_beat(process),
            Action::SendGroup(process) => world.send_group(process),
            Action::ConfirmGroup(process) => world.confirm_group(process),
            Action::Deliver(process) => world.deliver(process),
            Action::Reconnect(process) => world.state.processes[process].cut_off = false,
        }
    }

    /// Readers of one process with the same reads are interchangeable.
    fn representative(&self, state: &State) -> State {
        let mut state = *state;
        let plans = self.scene.readers;
        for end in (1..plans.len()).rev() {
            for place in 0..end {
                let alike = plans[place] == plans[place + 1];
                if alike && state.readers[place] > state.readers[place + 1] {
                    state.readers.swap(place, place + 1);
                }
            }
        }
        state
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Reader(reader, step) => write!(f, "reader {reader} {step}"),
            Action::Writer(writer, step) => write!(f, "writer {writer} {step}"),
            Action::Fault(strike) => write!(f, "{strike}"),
            Action::Tick => f.write_str("time passes"),
            Action::Resolve(process) => write!(f, "process {process} asks what became of a fence"),
            Action::Push(process) => write!(f, "a pushed record reaches process {process}"),
            Action::LosePush(process) => write!(f, "a push to process {process} is lost"),
            Action::SendFetch(process, fetch) => write!(f, "process {process} sends {fetch} of the head"),
            Action::AnswerFetch(_, fetch) => write!(f, "the server answers {fetch}"),
            Action::EndFetch(process, fetch) => write!(f, "the answer of {fetch} reaches process {process}"),
            Action::SendBeat(process) => write!(f, "the tail task of process {process} asks for the head"),
            Action::AnswerBeat(_) => f.write_str("the server answers the tail task"),
            Action::EndBeat(process) => write!(f, "the tail task of process {process} confirms the index"),
            Action::SendGroup(process) => write!(f, "process {process} sends the waiting publications"),
            Action::ConfirmGroup(process) => write!(f, "process {process} learns that they are in the log"),
            Action::Deliver(process) => write!(f, "process {process} delivers what it owes"),
            Action::Reconnect(process) => write!(f, "process {process} reaches the server again"),
        }
    }
}
