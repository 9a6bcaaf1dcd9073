//! One row's versions, and when each can have been seen.
//!
//! A version came to be at some moment between the begin of the write that made it and the first proof of its
//! commit. Who reads may be shown it from its begin on, and an older one until somebody had a **right** to it:
//! the writer when the write returned, others when it had been published.

use super::event::{Image, Moment, Process};

/// Never.
pub const NEVER: Moment = Moment::MAX;

/// From one moment to another, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first moment.
    pub from: Moment,
    /// The last one.
    pub to: Moment,
}

impl Span {
    /// Whether the moment lies in it.
    #[must_use]
    pub fn contains(self, moment: Moment) -> bool {
        (self.from..=self.to).contains(&moment)
    }

    /// Whether a moment lies in both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// Who reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// A process, through its cache.
    Cache(Process),
    /// Somebody who asks the database itself.
    Database,
}

/// What a row was, from one change to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// The version; of a row that is gone, the last one.
    pub version: i64,
    /// The group; none if the row is gone.
    pub group: Option<i64>,
    /// The name of the change.
    pub stamp: i64,
    /// Whose change it was.
    pub writer: Process,
    /// Whether it is known that the change took effect.
    pub certain: bool,
    /// It was not so before.
    pub begin: Moment,
    /// It had been committed by then.
    pub committed: Moment,
    /// From then on the writer's process must not see what was before.
    pub own: Moment,
    /// From then on no other process may.
    pub others: Moment,
}

impl State {
    /// Before anybody wrote.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            version: i64::MIN,
            group: None,
            stamp: 0,
            writer: 0,
            certain: true,
            begin: 0,
            committed: 0,
            own: 0,
            others: 0,
        }
    }

    /// From then on this reader must not see what was before.
    #[must_use]
    pub fn right(&self, reader: Reader) -> Moment {
        match reader {
            Reader::Database => self.committed,
            Reader::Cache(process) if process == self.writer => self.own,
            Reader::Cache(_) => self.others,
        }
    }

    fn order(&self) -> (i64, bool) {
        (self.version, self.group.is_none())
    }
}

/// A change whose place among the others nobody knows: nobody waited for it, and nobody saw its version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loose {
    /// The group that it put the row into; none if it deleted it.
    pub group: Option<i64>,
    /// It was not so before.
    pub begin: Moment,
    /// It was so before that, or never.
    pub done: Moment,
}

/// What a read says of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// It is exactly this.
    Image(Image),
    /// It exists, or not.
    Exists(bool),
    /// It is in this group, or not.
    InGroup(i64, bool),
}

impl Want {
    fn holds(self, state: &State) -> bool {
        match self {
            Self::Image(image) => is_image(state, image),
            Self::Exists(exists) => state.group.is_some() == exists,
            Self::InGroup(of, is) => (state.group == Some(of)) == is,
        }
    }

    /// Whether it may hold of a row of which only the group is known. An image that was seen is known.
    fn may_hold(self, group: Option<i64>) -> bool {
        match self {
            Self::Image(_) => false,
            Self::Exists(exists) => group.is_some() == exists,
            Self::InGroup(of, is) => (group == Some(of)) == is,
        }
    }
}

/// One row's history.
#[derive(Clone, Debug)]
pub struct Timeline {
    states: Vec<State>,
    loose: Vec<Loose>,
    /// When everybody has a right to each state and to all before it.
    settled: Vec<Moment>,
    /// When what somebody may have made of the row can no longer be seen.
    forgotten: Vec<Moment>,
    /// How long after a change everybody knows it, whoever made it.
    lag: Moment,
}

/// Of a row that nobody wrote.
impl Default for Timeline {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new(), 0, |_| (NEVER, NEVER))
    }
}

impl Timeline {
    /// From what was written, in any order. `lag` is how long after a commit everybody knows it, published or not;
    /// `right` says from when on the writer and others have a right to a state.
    #[must_use]
    pub fn new(
        mut states: Vec<State>,
        loose: Vec<Loose>,
        lag: Moment,
        right: impl Fn(&State) -> (Moment, Moment),
    ) -> Self {
        states.sort_by_key(State::order);
        // A version has one writer: who is not known to have made it has not if another one is.
        let taken: Vec<_> = states.iter().filter(|state| state.certain).map(State::order).collect();
        states.retain(|state| state.certain || taken.binary_search(&state.order()).is_err());
        let mut committed = NEVER;
        for state in states.iter_mut().rev() {
            committed = state.committed.min(committed);
            state.committed = committed;
        }
        let (mut begin, mut settled) = (0, 0);
        let settled = states.iter_mut().map(|state| {
            begin = state.begin.max(begin);
            state.begin = begin;
            let (own, others) = right(state);
            let late = state.committed.saturating_add(lag);
            (state.own, state.others) = (own.min(late), others.min(late));
            settled = settled.max(late);
            settled
        });
        let settled = Vec::from_iter(std::iter::once(lag).chain(settled));
        states.insert(0, State::nothing());
        let forgotten = loose.iter().map(|loose| {
            let later = states.iter().filter(|state| state.certain && state.begin >= loose.done);
            later.map(|state| state.committed.saturating_add(lag)).min().unwrap_or(NEVER)
        });
        Self { forgotten: forgotten.collect(), states, loose, settled, lag }
    }

    /// The states, the oldest first.
    #[must_use]
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// Whether somebody may have made the row this.
    #[must_use]
    pub fn knows(&self, image: Image) -> bool {
        let same = self.states.partition_point(|state| state.version < image.version);
        self.states[same..]
            .iter()
            .take_while(|state| state.version == image.version)
            .any(|s| is_image(s, image))
    }

    /// The spans in which the reader may be told what it says of this row, as far as they meet `within`.
    #[must_use]
    pub fn windows(&self, want: Want, reader: Reader, within: Span) -> Vec<Span> {
        let mut windows = Vec::new();
        let mut until = NEVER;
        let known = self.states.partition_point(|state| state.begin <= within.to);
        for (index, state) in self.states[..known].iter().enumerate().rev() {
            let holds = want.holds(state);
            if holds {
                windows.push(Span { from: state.begin, to: until });
            }
            // What was before adds nothing, or can no longer be seen.
            let over = if holds { state.begin } else { self.settled[index] };
            until = until.min(self.end_before(want, index, reader));
            if until < within.from || over < within.from {
                break;
            }
        }
        let loose = self.loose.iter().zip(&self.forgotten).filter(|(loose, _)| want.may_hold(loose.group));
        windows.extend(loose.map(|(loose, until)| Span { from: loose.begin, to: *until }));
        windows.retain(|window| window.meets(within));
        windows
    }

    /// When the reader can no longer be told what was before this state. A change that is owed is not made known by
    /// a later one of something else, for lists and counts do not follow rows; so only the change that made the
    /// difference counts, or some time if it is not known which one that was.
    fn end_before(&self, want: Want, index: usize, reader: Reader) -> Moment {
        let state = &self.states[index];
        if matches!(want, Want::Image(_)) {
            return state.right(reader);
        }
        let Some(before) = index.checked_sub(1).map(|before| &self.states[before]) else { return NEVER };
        let follows = match (before.group, state.group) {
            (Some(_), Some(_)) => state.version == before.version + 1,
            (Some(_), None) => state.version == before.version,
            (None, _) => true,
        };
        match want.holds(before) == want.holds(state) {
            true => NEVER,
            false if follows => state.right(reader),
            false => state.right(reader).saturating_add(self.lag),
        }
    }
}

fn is_image(state: &State, image: Image) -> bool {
    (state.version, state.stamp, state.group) == (image.version, image.stamp, Some(image.group))
}
