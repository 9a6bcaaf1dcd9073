//! A scene with the protocol that is played in it.

use std::fmt;

use crate::explore::{Model, Notes, Report, explore};
use crate::fault::Strike;
use crate::goal::Goal;
use crate::index::Applying;
use crate::scene::Scene;
use crate::state::State;
use crate::variant::Variant;
use crate::{clock, fault, reader, writer};

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
}

/// A state with all that a step needs.
pub(crate) struct World<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) variant: Variant,
    pub(crate) state: &'a mut State,
    pub(crate) notes: &'a mut Notes,
}

impl World<'_> {
    pub(crate) fn applying(&self) -> Applying {
        Applying { variant: self.variant, now: self.state.now, fence: self.scene.time.fence }
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
        clock::ticks(self.scene, state, actions);
    }

    fn step(&self, state: &mut State, action: Action, notes: &mut Notes) {
        let mut world = World { scene: self.scene, variant: self.variant, state, notes };
        match action {
            Action::Reader(reader, step) => world.reader(reader, step),
            Action::Writer(writer, step) => world.writer(writer, step),
            Action::Fault(strike) => world.strike(strike),
            Action::Tick => world.tick(),
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
        }
    }
}
