//! The explorer: breadth first over every state that any order of actions reaches.
//!
//! Of a visited state only 128 bits of its hash are kept, and the action that led to it; whole states are kept for
//! one depth only. A trace is found by walking the actions back and replaying them from the start, and since the
//! search is breadth first, it is a shortest one.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::digest::{Digest, digest};

/// What can be explored.
pub(crate) trait Model {
    /// All that the future depends on.
    type State: Copy + Hash;
    /// One atomic step of one of those who act.
    type Action: Copy + fmt::Display;

    /// Where everything begins.
    fn start(&self) -> Self::State;

    /// What can happen next.
    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>);

    /// What becomes of it. Steps that should never be taken, and those that should be possible, are noted.
    fn step(&self, state: &mut Self::State, action: Self::Action, notes: &mut Notes);

    /// The state that stands for all that differ only in names.
    fn representative(&self, state: &Self::State) -> Self::State {
        *state
    }
}

/// What happened in one step.
#[derive(Clone, Default, Debug)]
pub(crate) struct Notes {
    /// Why the step breaks a promise, if it does.
    pub(crate) broken: Option<String>,
    /// One bit for each thing that should be possible.
    pub(crate) reached: u32,
}

/// What an exploration found.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many states were visited.
    pub states: usize,
    /// How many actions lie between the start and the farthest state.
    pub depth: usize,
    /// Everything that was noted as reached.
    pub reached: u32,
    /// A shortest way to a broken promise, if there is any.
    pub counterexample: Option<Counterexample>,
}

/// A way to a broken promise.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// What happened, in order.
    pub actions: Vec<String>,
    /// Which promise was broken by the last action.
    pub broken: String,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, action) in self.actions.iter().enumerate() {
            writeln!(f, "{:>4}. {action}", number + 1)?;
        }
        write!(f, "      {}", self.broken)
    }
}

/// How a state was reached: from which, and by what.
struct Step<A> {
    from: usize,
    action: A,
}

/// Visits every reachable state, or ends at the first broken promise.
pub(crate) fn explore<M: Model>(model: &M) -> Report {
    let mut visited: HashSet<u128, BuildHasherDefault<Folded>> = HashSet::default();
    let mut steps: Vec<Option<Step<M::Action>>> = vec![None];
    let mut frontier = vec![(0, model.start())];
    let mut report = Report { states: 1, depth: 0, reached: 0, counterexample: None };
    let mut buffer = Digest::default();
    visited.insert(digest(&model.representative(&frontier[0].1), &mut buffer));
    let mut actions = Vec::new();
    while !frontier.is_empty() {
        let mut next = Vec::new();
        for (from, state) in frontier {
            actions.clear();
            model.actions(&state, &mut actions);
            for &action in &actions {
                let mut state = state;
                let mut notes = Notes::default();
                model.step(&mut state, action, &mut notes);
                report.reached |= notes.reached;
                if let Some(broken) = notes.broken {
                    let actions = trace(&steps, from, action);
                    return Report { counterexample: Some(Counterexample { actions, broken }), ..report };
                }
                if visited.insert(digest(&model.representative(&state), &mut buffer)) {
                    next.push((steps.len(), state));
                    steps.push(Some(Step { from, action }));
                    report.states += 1;
                }
            }
        }
        report.depth += usize::from(!next.is_empty());
        frontier = next;
    }
    report
}

fn trace<A: fmt::Display>(steps: &[Option<Step<A>>], mut place: usize, last: A) -> Vec<String> {
    let mut actions = vec![last.to_string()];
    while let Some(step) = &steps[place] {
        actions.push(step.action.to_string());
        place = step.from;
    }
    actions.reverse();
    actions
}

/// Digests are hashes already.
#[derive(Default)]
struct Folded(u64);

impl Hasher for Folded {
    fn write_u128(&mut self, digest: u128) {
        self.0 = digest as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two counters that wrap; they must not both be at their last value.
    struct Counters {
        last: u8,
        forbidden: bool,
    }

    impl Model for Counters {
        type State = [u8; 2];
        type Action = usize;

        fn start(&self) -> [u8; 2] {
            [0, 0]
        }

        fn actions(&self, _: &[u8; 2], actions: &mut Vec<usize>) {
            actions.extend([0, 1]);
        }

        fn step(&self, state: &mut [u8; 2], counter: usize, notes: &mut Notes) {
            state[counter] = if state[counter] == self.last { 0 } else { state[counter] + 1 };
            if self.forbidden && *state == [self.last; 2] {
                notes.broken = Some("both at the end".to_owned());
            }
        }

        fn representative(&self, state: &[u8; 2]) -> [u8; 2] {
            let mut state = *state;
            state.sort_unstable();
            state
        }
    }

    #[test]
    fn every_state_is_visited_once_up_to_symmetry() {
        let report = explore(&Counters { last: 3, forbidden: false });
        assert_eq!(report.states, 10, "multisets of two out of four");
        assert!(report.counterexample.is_none());
    }

    #[test]
    fn a_counterexample_is_a_shortest_one() {
        let report = explore(&Counters { last: 3, forbidden: true });
        assert_eq!(report.counterexample.map(|found| found.actions.len()), Some(6));
    }
}
