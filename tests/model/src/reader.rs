//! A read: head, index, entry, and else load and fill.

use std::fmt;

use crate::block::Block;
use crate::flight::Began;
use crate::goal::Goal;
use crate::marks::{Key, Versions};
use crate::process::Slot;
use crate::scene::{Part, Scene};
use crate::server::{Entry, Position, Tail};
use crate::share::Fetch;
use crate::state::State;
use crate::variant::Variant;
use crate::world::{Action, World};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Reader {
    /// How many reads are still to come.
    pub(crate) left: u8,
    /// What the present read must have seen.
    pub(crate) must: Versions,
    pub(crate) phase: Phase,
    /// Whose flights it leads.
    pub(crate) leads: [bool; Key::COUNT],
    /// When the flight of each key began that it would join now.
    pub(crate) next_flight: [Began; Key::COUNT],
    /// The block that it runs.
    pub(crate) block: Option<Block>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Phase {
    #[default]
    Idle,
    /// It waits for a head fetch to be sent.
    Arrived(Key),
    /// It waits for the answer of this one.
    Sharing(Key, Fetch),
    /// It has read a head that the index has not reached. When, matters only to those who break the rules.
    Behind(Key, u8),
    /// It has read the tail, which the index has not applied.
    Tailing(Key, Tail),
    /// It has read a head, and the index has reached it.
    Ready(Key, Position),
    /// It has fetched an entry.
    Found(Key, Position, Entry),
    /// It loads, from this position on; without one the result is not stored.
    Loading(Key, Option<Position>),
    Loaded(Key, Option<Position>, Versions),
    /// What it has loaded was validated for those who joined.
    Validated(Key, Slot),
    /// It waits for the flight of another.
    Joined(Key, Position, Began),
    /// The flight that it joined has landed.
    Landed(Key, Position, Began, Slot),
    /// It could not take what landed.
    Again(Key),
    /// It runs a block.
    Parts,
    /// It has been served, and found that the entry may have a newer position.
    Restamping(Key, u8, Position),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    Begin(Key),
    Retry,
    AskTail,
    Follow,
    LookUp,
    Judge,
    Load,
    Validate,
    Fill,
    Take,
    Nest,
    ReadOwnPart,
    Restamp,
}

pub(crate) fn moves(scene: &Scene, state: &State, actions: &mut Vec<Action>) {
    for (place, plan) in scene.readers.iter().enumerate() {
        let reader = &state.readers[place];
        let mut add = |step| actions.push(Action::Reader(place, step));
        match reader.phase {
            Phase::Idle if reader.left > 0 => plan.keys.iter().for_each(|key| add(Move::Begin(*key))),
            Phase::Idle | Phase::Arrived(_) | Phase::Sharing(..) | Phase::Joined(..) => {}
            Phase::Behind(..) if scene.has(Part::LateTails) => add(Move::AskTail),
            Phase::Behind(..) | Phase::Tailing(..) => add(Move::Follow),
            Phase::Ready(..) => add(Move::LookUp),
            Phase::Found(..) => add(Move::Judge),
            Phase::Loading(..) => add(Move::Load),
            Phase::Loaded(key, Some(_), _) if reader.leads[key as usize] => add(Move::Validate),
            Phase::Loaded(..) | Phase::Validated(..) => add(Move::Fill),
            Phase::Landed(..) => add(Move::Take),
            Phase::Again(_) => add(Move::Retry),
            Phase::Restamping(..) => add(Move::Restamp),
            Phase::Parts => {
                let block = reader.block.iter();
                block.clone().filter(|block| block.wants_nested()).for_each(|_| add(Move::Nest));
                block.filter(|block| block.wants_own()).for_each(|_| add(Move::ReadOwnPart));
            }
        }
    }
}

impl Reader {
    /// Nothing of the present read is left.
    pub(crate) fn forget(&mut self) {
        *self = Self { left: self.left, ..Self::default() };
    }
}

impl World<'_> {
    pub(crate) fn reader(&mut self, place: usize, step: Move) {
        let next = match (step, self.state.readers[place].phase) {
            (Move::Begin(key), _) => self.begin(place, key),
            (Move::Nest, _) => {
                self.arrive_for_flights(place, Key::Query);
                self.bounded_or_fetch(place, Key::Query)
            }
            (Move::Retry, Phase::Again(key)) => self.fetch(place, key),
            (Move::Follow, Phase::Behind(key, asked)) => self.follow(place, key, asked),
            (Move::AskTail, Phase::Behind(key, _)) => {
                Phase::Tailing(key, self.state.server.tail(self.variant))
            }
            (Move::Follow, Phase::Tailing(key, tail)) => {
                let process = self.process_of(place);
                self.apply_tail(process, &tail);
                Phase::Ready(key, tail.head)
            }
            (Move::LookUp, Phase::Ready(key, head)) => self.look_up(place, key, head),
            (Move::Judge, Phase::Found(key, head, entry)) => self.judge(place, key, head, entry),
            (Move::Load, Phase::Loading(key, start)) => Phase::Loaded(key, start, self.state.database),
            (Move::Validate, Phase::Loaded(key, Some(start), value)) => {
                let slot = Slot { value, position: start, validated: start };
                self.validate_load(place, key, slot)
            }
            (Move::Fill, Phase::Loaded(key, start, value)) => self.fill_loaded(place, key, start, value),
            (Move::Fill, Phase::Validated(key, slot)) => self.fill(place, key, slot),
            (Move::Take, Phase::Landed(key, head, began, slot)) => self.take(place, key, head, began, slot),
            (Move::ReadOwnPart, _) => self.read_own_part(place),
            (Move::Restamp, Phase::Restamping(key, nonce, at)) => self.restamp(key, nonce, at),
            (_, phase) => phase,
        };
        self.state.readers[place].phase = next;
    }

    pub(crate) fn process_of(&self, reader: usize) -> usize {
        usize::from(self.scene.readers[reader].process)
    }

    fn begin(&mut self, place: usize, key: Key) -> Phase {
        let must = self.must_see(place);
        let reader = &mut self.state.readers[place];
        reader.left -= 1;
        reader.must = must;
        self.bounded_or_fetch(place, key)
    }

    fn bounded_or_fetch(&mut self, place: usize, key: Key) -> Phase {
        match self.bounded_hit(place, key) {
            Some((value, at)) => self.finish(place, key, value, Some(at)),
            None => {
                self.hold_to_strict(place, key);
                self.fetch(place, key)
            }
        }
    }

    /// Fetches the head, with everything delivered that the process owes; who cannot do that loads for himself.
    fn fetch(&mut self, place: usize, key: Key) -> Phase {
        let process = self.process_of(place);
        if self.variant != Variant::OwedIgnored && !self.state.processes[process].owed.is_empty() {
            self.deliver(process);
        }
        if self.state.processes[process].cut_off {
            return self.load(place, key, None);
        }
        if self.scene.has(Part::Sharing) {
            return self.arrive(process, key);
        }
        let head = self.state.server.adopt(self.variant);
        self.with_head(process, key, head)
    }

    pub(crate) fn with_head(&self, process: usize, key: Key, head: Position) -> Phase {
        if self.state.processes[process].index.has(head) {
            return Phase::Ready(key, head);
        }
        let matters = self.variant == Variant::ReaderCountsFromRequest;
        Phase::Behind(key, if matters { self.state.now } else { 0 })
    }

    fn follow(&mut self, place: usize, key: Key, asked: u8) -> Phase {
        let process = self.process_of(place);
        if self.state.processes[process].cut_off {
            return self.load(place, key, None);
        }
        let head = self.follow_log(process, asked);
        Phase::Ready(key, head)
    }

    fn look_up(&mut self, place: usize, key: Key, head: Position) -> Phase {
        let place_of_process = self.process_of(place);
        let marks = key.marks(self.declarations(place_of_process));
        let process = &mut self.state.processes[place_of_process];
        if let Some(mut slot) = process.values[key as usize]
            && let Some(at) = process.validate(&mut slot, marks, head, self.variant)
        {
            process.values[key as usize] = Some(slot);
            self.note_hit(place, key, slot.value, Goal::ValueHit);
            return self.finish(place, key, slot.value, Some(at));
        }
        if let Some(joined) = self.enter_flight(place, key, head) {
            return joined;
        }
        let cut_off = self.state.processes[place_of_process].cut_off;
        match self.state.server.data.entries[key as usize].filter(|_| !cut_off) {
            Some(entry) => Phase::Found(key, head, entry),
            None => self.start(place, key, head),
        }
    }

    fn judge(&mut self, place: usize, key: Key, head: Position, entry: Entry) -> Phase {
        let process = self.process_of(place);
        let declarations = self.declarations(process);
        let foreign = entry.declarations != declarations && self.variant != Variant::ForeignEntriesAreServed;
        let index = &self.state.processes[process].index;
        let marks = key.marks(entry.declarations);
        let judged = index.judge(head, entry.position, marks, self.variant);
        let Some(at) = judged.filter(|_| !foreign) else {
            if self.variant == Variant::RefilledAsNew && !foreign {
                self.keep(
                    process,
                    key,
                    Slot { value: entry.value, position: entry.position, validated: head },
                );
            }
            return self.start(place, key, head);
        };
        let slot = Slot { value: entry.value, position: entry.position, validated: at };
        self.keep(process, key, slot);
        self.note_hit(place, key, entry.value, Goal::StoreHit);
        self.note_entry(place, key, &entry);
        self.land(place, key, Some(slot));
        let next = self.finish(place, key, entry.value, Some(at));
        self.after_hit(key, &entry, at, next)
    }

    /// The read returns: to its caller, or to the block that it is nested in.
    pub(crate) fn finish(&mut self, place: usize, key: Key, value: Versions, at: Option<Position>) -> Phase {
        self.serve(place, key, value);
        if self.state.readers[place].block.is_some() {
            return self.absorb(place, value, at);
        }
        self.state.readers[place].must = Versions::default();
        self.state.readers[place].next_flight = Default::default();
        Phase::Idle
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Move::Begin(Key::Query) => "starts to read the query",
            Move::Begin(Key::Block) => "starts to read the block",
            Move::Retry => "looks again",
            Move::AskTail => "reads the tail of the log",
            Move::Follow => "follows the log",
            Move::LookUp => "looks the entry up",
            Move::Judge => "judges the entry",
            Move::Load => "reads the database",
            Move::Validate => "validates what it has loaded",
            Move::Fill => "stores the entry",
            Move::Take => "judges what landed",
            Move::Nest => "starts the nested read",
            Move::ReadOwnPart => "reads row B of its block",
            Move::Restamp => "moves the entry to a newer position",
        })
    }
}
