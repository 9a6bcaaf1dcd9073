//! A strict read: head, index, entry, and else load and fill.

use std::fmt;

use crate::goal::Goal;
use crate::index::Applying;
use crate::marks::{Key, Row, Versions};
use crate::scene::{Scene, Switch};
use crate::server::{Entry, Kind, Position, Record};
use crate::state::{Slot, State};
use crate::variant::Variant;
use crate::world::{Action, World};
use crate::writer;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Reader {
    /// How many reads are still to come.
    pub(crate) left: u8,
    /// What the present read must have seen.
    pub(crate) must: Versions,
    pub(crate) phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Phase {
    #[default]
    Idle,
    /// It has read a head that the index has not reached; when, matters to nobody who keeps the rules.
    Behind(Key, u8),
    /// It has read a head, and the index has reached it.
    Ready(Key, Position),
    /// It has fetched an entry.
    Found(Key, Position, Entry),
    /// It loads, from this position on; without one the result is not stored.
    Loading(Key, Option<Position>),
    Loaded(Key, Option<Position>, Versions),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    Begin(Key),
    Follow,
    LookUp,
    Judge,
    Load,
    Fill,
}

pub(crate) fn moves(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    for (place, plan) in scene.readers.iter().enumerate() {
        let reader = &state.readers[place];
        let step = match reader.phase {
            Phase::Idle => {
                let keys = plan.keys.iter().filter(|_| reader.left > 0);
                actions.extend(keys.map(|key| Action::Reader(place, Move::Begin(*key))));
                continue;
            }
            Phase::Behind(..) => Move::Follow,
            Phase::Ready(..) => Move::LookUp,
            Phase::Found(..) => Move::Judge,
            Phase::Loading(..) => Move::Load,
            Phase::Loaded(..) => Move::Fill,
        };
        actions.push(Action::Reader(place, step));
    }
}

impl World<'_> {
    pub(crate) fn reader(&mut self, place: usize, step: Move) {
        let next = match (step, self.state.readers[place].phase) {
            (Move::Begin(key), _) => self.begin(place, key),
            (Move::Follow, Phase::Behind(key, asked)) => self.follow(place, key, asked),
            (Move::LookUp, Phase::Ready(key, head)) => self.look_up(place, key, head),
            (Move::Judge, Phase::Found(key, head, entry)) => self.judge(place, key, head, entry),
            (Move::Load, Phase::Loading(key, start)) => Phase::Loaded(key, start, self.state.database),
            (Move::Fill, Phase::Loaded(key, start, value)) => self.fill(place, key, start, value),
            (_, phase) => phase,
        };
        self.state.readers[place].phase = next;
    }

    pub(crate) fn process_of(&self, reader: usize) -> usize {
        usize::from(self.scene.readers[reader].process)
    }

    fn begin(&mut self, place: usize, key: Key) -> Phase {
        let process = self.process_of(place);
        let must = self.must_see(process);
        let reader = &mut self.state.readers[place];
        reader.left -= 1;
        reader.must = must;
        let head = self.state.server.adopt(self.variant);
        match self.state.processes[process].index.has(head) {
            true => Phase::Ready(key, head),
            false if self.variant == Variant::ReaderCountsFromRequest => Phase::Behind(key, self.state.now),
            false => Phase::Behind(key, 0),
        }
    }

    fn follow(&mut self, place: usize, key: Key, asked: u8) -> Phase {
        let process = self.process_of(place);
        let applying = match self.variant {
            Variant::ReaderCountsFromRequest => Applying { now: asked, ..self.applying() },
            _ => self.applying(),
        };
        let tail = self.state.server.tail(self.variant);
        self.state.processes[process].index.follow(&tail, applying);
        Phase::Ready(key, tail.head)
    }

    fn look_up(&mut self, place: usize, key: Key, head: Position) -> Phase {
        let process = self.process_of(place);
        if self.scene.values == Switch::On
            && let Some(mut slot) = self.state.processes[process].values[key as usize]
            && self.state.processes[process].validate(&mut slot, key.marks(), head, self.variant).is_some()
        {
            self.state.processes[process].values[key as usize] = Some(slot);
            self.note_hit(place, slot.value, Goal::ValueHit);
            return self.finish(place, key, slot.value);
        }
        match self.state.server.data.entries[key as usize] {
            Some(entry) => Phase::Found(key, head, entry),
            None => self.start(place, key, head),
        }
    }

    fn judge(&mut self, place: usize, key: Key, head: Position, entry: Entry) -> Phase {
        let process = self.process_of(place);
        let index = &self.state.processes[process].index;
        let Some(at) = index.judge(head, entry.position, key.marks(), self.variant) else {
            return self.start(place, key, head);
        };
        if self.scene.values == Switch::On {
            let slot = Slot { value: entry.value, position: entry.position, validated: at };
            self.state.processes[process].put(key, slot);
        }
        self.note_hit(place, entry.value, Goal::StoreHit);
        self.note_fences(place, key, &entry);
        if entry.position.epoch != Position::default().epoch {
            self.reach(Goal::HitInNewEpoch);
        }
        self.finish(place, key, entry.value)
    }

    /// Where a load that starts now starts.
    fn start(&mut self, place: usize, key: Key, head: Position) -> Phase {
        let index = &self.state.processes[self.process_of(place)].index;
        let start = match self.variant {
            Variant::FencedLoadsAreStored | Variant::FencesAtTheEndOnly => Some(head),
            _ => index.start(head, key.marks(), self.state.now),
        };
        Phase::Loading(key, start)
    }

    fn fill(&mut self, place: usize, key: Key, start: Option<Position>, value: Versions) -> Phase {
        let process = self.process_of(place);
        let position = match (self.variant, start) {
            (Variant::PositionAfterLoad, _) => Some(self.state.server.adopt(self.variant)),
            (Variant::FencesAtTheEndOnly, Some(start)) => {
                self.state.processes[process].index.start(start, key.marks(), self.state.now)
            }
            _ => start,
        };
        let Some(position) = position else { return self.finish(place, key, value) };
        if self.scene.values == Switch::On {
            let slot = Slot { value, position, validated: position };
            self.state.processes[process].put(key, slot);
        }
        let entry = Entry { position, value, nonce: 0, declarations: Default::default() };
        self.state.server.data.entries[key as usize] = Some(entry);
        self.finish(place, key, value)
    }

    fn finish(&mut self, place: usize, key: Key, value: Versions) -> Phase {
        self.serve(place, key, value);
        self.state.readers[place].must = Versions::default();
        Phase::Idle
    }

    fn note_fences(&mut self, place: usize, key: Key, entry: &Entry) {
        let records = self.state.server.data.records;
        let behind = |seq| seq > entry.position.seq;
        if records.iter().any(|record| is_fence(record) && record.marks.meets(key.marks()) && behind(record.seq)) {
            self.reach(Goal::HitBehindFence);
        }
        let crashed = self.state.writers.iter().any(|writer| writer.phase == writer::Phase::Dead);
        let row = entry.value.of(Row::A);
        if crashed && row == self.state.readers[place].must.of(Row::A) && row > self.state.returned.of(Row::A) {
            self.reach(Goal::HitAfterCrash);
        }
    }

    fn note_hit(&mut self, place: usize, value: Versions, goal: Goal) {
        let must = self.state.readers[place].must;
        if must != Versions::default() && value.newest(must) == value {
            self.reach(goal);
        }
    }
}

fn is_fence(record: &Record) -> bool {
    matches!(record.kind, Kind::Fence { .. })
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Move::Begin(key) => write!(f, "starts to read the {key:?} and fetches the head"),
            Move::Follow => f.write_str("follows the log"),
            Move::LookUp => f.write_str("looks the entry up"),
            Move::Judge => f.write_str("judges the entry"),
            Move::Load => f.write_str("reads the database"),
            Move::Fill => f.write_str("stores the entry"),
        }
    }
}
