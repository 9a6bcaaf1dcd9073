//! Time: fences run out, and a COMMIT that took too long never takes effect.

use crate::scene::{Judge, Part, Scene};
use crate::state::State;
use crate::world::{Action, World};

pub(crate) fn ticks(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    if state.now < scene.time.ticks {
        actions.push(Action::Tick);
    }
}

impl World<'_> {
    /// The engine compares clocks when it judges; since nothing else looks at them, doing it here is the same.
    pub(crate) fn tick(&mut self) {
        if self.scene.has(Part::Lease) {
            self.state.history[usize::from(self.state.now)] = self.state.returned;
        }
        self.state.now += 1;
        let now = self.state.now;
        let longest = self.scene.time.commit + self.scene.time.late;
        if self.scene.time.judge == Judge::Database {
            return;
        }
        for process in &mut self.state.processes {
            process.index.expire(now, self.variant);
        }
        for writer in &mut self.state.writers {
            if writer.pending.is_some_and(|commit| now > commit.sent + longest) {
                writer.pending = None;
            }
        }
    }
}
