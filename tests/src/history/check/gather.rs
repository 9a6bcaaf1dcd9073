//! From what processes wrote down to the timelines of rows.

use std::collections::HashMap;

use super::{Fence, History, Writes};
use crate::history::event::{Answer, Change, Delivery, Effect, Event, Image, Moment, Process, Row};
use crate::history::timeline::{Loose, NEVER, Span, State, Timeline};

/// A write that nobody waited for has ended after that long: longer than a statement waits for the database's lock
/// and for a cache that does not answer.
const PATIENCE: Moment = 6_000_000_000;

/// A change, and what is known of it.
struct Known {
    writer: Process,
    change: Change,
    begin: Moment,
    /// When the writer said that it was done, and when others could know.
    returned: Option<(Moment, Moment)>,
}

/// What reads prove of a change: it was committed.
#[derive(Clone, Copy)]
struct Proof {
    image: Image,
    at: Moment,
}

pub(super) fn timelines(history: &History) -> HashMap<Row, Timeline> {
    let proofs = proofs(history);
    let unreachable = unreachable(history);
    let mut rows: HashMap<Row, (Vec<State>, Vec<Loose>)> = HashMap::new();
    for (process, events) in &history.processes {
        for known in changes(*process, events, history.rules.writes) {
            let (states, loose) = rows.entry(known.change.row).or_default();
            let proof = proofs.get(&(known.change.row, known.change.stamp));
            match known.state(proof) {
                Some(state) => states.push(state),
                None => loose.extend(known.loose()),
            }
        }
    }
    let rules = history.rules;
    let right = |state: &State| {
        let reached = Span { from: state.begin, to: state.committed.min(state.own) };
        let spans = unreachable.get(&state.writer).map_or(&[][..], Vec::as_slice);
        let fenced = rules.fence == Fence::On && !spans.iter().any(|span| span.meets(reached));
        let latest = if fenced { state.committed } else { NEVER };
        (state.own.min(latest), state.others.min(latest).saturating_add(rules.bound))
    };
    rows.into_iter()
        .map(|(row, (states, loose))| (row, Timeline::new(states, loose, rules.lag, right)))
        .collect()
}

/// Who has seen a change has seen that it is committed.
fn proofs(history: &History) -> HashMap<(Row, i64), Proof> {
    let mut proofs: HashMap<(Row, i64), Proof> = HashMap::new();
    for event in history.processes.iter().flat_map(|(_, events)| events) {
        let Event::Read { to, parts, .. } = event else { continue };
        let rows = parts.iter().filter_map(|(_, answer)| match answer {
            Answer::Rows(rows) => Some(rows),
            Answer::Count(_) => None,
        });
        for (row, image) in rows.flatten() {
            let proof = proofs.entry((*row, image.stamp)).or_insert(Proof { image: *image, at: *to });
            proof.at = proof.at.min(*to);
        }
    }
    proofs
}

fn unreachable(history: &History) -> HashMap<Process, Vec<Span>> {
    let mut spans: HashMap<Process, Vec<Span>> = HashMap::new();
    for event in history.processes.iter().flat_map(|(_, events)| events) {
        if let Event::Unreachable { process, from, to } = event {
            spans.entry(*process).or_default().push(Span { from: *from, to: *to });
        }
    }
    spans
}

/// All changes of a process that may have taken effect.
fn changes(writer: Process, events: &[Event], writes: Writes) -> Vec<Known> {
    let mut pending: HashMap<u64, (Moment, &[Change])> = HashMap::new();
    let mut all: Vec<Known> = Vec::new();
    let mut owed: Vec<usize> = Vec::new();
    for event in events {
        match event {
            Event::Began { write, at, changes } => {
                pending.insert(*write, (*at, changes));
            }
            Event::Refused { write } => {
                pending.remove(write);
            }
            Event::Ended { write, at, changes, delivery } => {
                let begin = pending.remove(write).map_or(*at, |(begin, _)| begin);
                for change in changes {
                    let others = match (delivery, writes) {
                        (Delivery::Owed, Writes::Owed) => {
                            owed.push(all.len());
                            NEVER
                        }
                        _ => *at,
                    };
                    all.push(Known { writer, change: *change, begin, returned: Some((*at, others)) });
                }
            }
            Event::Settled { at } => {
                for index in owed.drain(..) {
                    all[index].returned = all[index].returned.map(|(own, _)| (own, *at));
                }
            }
            _ => {}
        }
    }
    let maybe =
        pending.into_values().flat_map(|(begin, changes)| changes.iter().map(move |change| (begin, change)));
    all.extend(maybe.map(|(begin, change)| Known { writer, change: *change, begin, returned: None }));
    all
}

impl Known {
    /// Its place among the versions, if that is known.
    fn state(&self, proof: Option<&Proof>) -> Option<State> {
        let Change { version, effect, stamp, .. } = self.change;
        let (version, group) = match (version, effect, proof) {
            (Some(version), Effect::Group(group), _) => (version, Some(group)),
            (Some(version), Effect::Gone, _) => (version, None),
            (None, Effect::Kept | Effect::Group(_), Some(proof)) => {
                (proof.image.version, Some(proof.image.group))
            }
            _ => return None,
        };
        // Who says that it is something else has not seen it.
        let proof = proof.filter(|proof| group == Some(proof.image.group) && proof.image.version == version);
        let (own, others) = self.returned.unwrap_or((NEVER, NEVER));
        Some(State {
            version,
            group,
            stamp,
            writer: self.writer,
            certain: self.returned.is_some() || proof.is_some(),
            begin: self.begin,
            committed: own.min(proof.map_or(NEVER, |proof| proof.at)),
            own,
            others,
        })
    }

    /// What the row may be then, if that is another than before.
    fn loose(&self) -> Option<Loose> {
        let group = match self.change.effect {
            Effect::Kept => return None,
            Effect::Group(group) => Some(group),
            Effect::Gone => None,
        };
        Some(Loose { group, begin: self.begin, done: self.begin + PATIENCE })
    }
}
