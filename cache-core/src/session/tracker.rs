//! What a tracked block has read.

use std::sync::{Arc, Mutex, Once, PoisonError};

use crate::cache::{Outcome, Policy, Reason, Watched};
use crate::deps::Catalog;
use crate::deps::model::Watch;
use crate::log::Position;
use crate::mark::Marks;
use crate::mutation::{self, Mutation};

/// An entry of more marks than this is not kept.
const MAX_WATCHED: usize = 4_096;

/// What is run of a tracked block and has not told it yet what it depends on: a cached read, an inner block, or a
/// statement that is not planned yet.
///
/// Dropped before that, it has failed or was given up, and the block is not stored: whoever went on without it may have
/// it the next time.
#[derive(Debug, Default)]
#[must_use = "dropped, it makes the block unstorable"]
pub struct Part(Option<Arc<Tracker>>);

impl Part {
    pub(super) fn of(block: Option<&Arc<Tracker>>) -> Self {
        block.inspect(|block| block.expect());
        Self(block.cloned())
    }

    /// It gave a cached value, which is as old as the position at which it was validated.
    pub fn absorb<T>(mut self, outcome: &Outcome<T>) {
        if let Some(block) = self.0.take() {
            block.absorb(outcome);
            block.met();
        }
    }

    /// What runs it from here on tells the block: the [step](super::Step) of its statement.
    pub fn hand_over(mut self) {
        self.0.take().inspect(|block| block.met());
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(block) = self.0.take() {
            if !mutation::is(Mutation::FailedPartsAreKept) {
                block.refuse("a part of it failed or was given up");
            }
            block.met();
        }
    }
}

/// Notes the reads of one tracked block; what it has noted at the end is what the block's entry watches.
#[derive(Debug, Default)]
pub struct Tracker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    marks: Marks,
    position: Option<Position>,
    refusal: Option<Reason>,
    words: Option<Vec<(String, Marks)>>,
    /// Reads that have begun, and whose rows have not been noted.
    expected: usize,
}

impl State {
    /// A block that cannot be stored watches nothing: it may go on reading for long.
    fn watch(&mut self, marks: &Marks) {
        if self.refusal.is_some() {
            return;
        }
        self.marks.merge(marks);
        if self.marks.len() > MAX_WATCHED {
            self.refusal = Some(Reason::new("it depends on too many rows"));
            self.marks = Marks::default();
        }
    }
}

impl Tracker {
    /// A tracker that has noted nothing.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A tracker that also keeps what it notes in words.
    #[must_use]
    pub fn explaining() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { words: Some(Vec::new()), ..State::default() }) })
    }

    /// A read has begun. Until it is [met](Self::met), nobody knows what it depends on.
    pub(super) fn expect(&self) {
        self.with(|state| state.expected += 1);
    }

    /// A read has ended.
    pub(super) fn met(&self) {
        self.with(|state| state.expected = state.expected.saturating_sub(1));
    }

    /// Notes what a read watches.
    pub(super) fn note(&self, catalog: &Catalog, watches: &[Watch]) {
        let marks = catalog.watch_marks(watches);
        self.with(|state| {
            state.watch(&marks);
            if let Some(words) = &mut state.words {
                words.extend(watches.iter().map(|watch| {
                    (catalog.describe_watch(watch), catalog.watch_marks(std::slice::from_ref(watch)))
                }));
            }
        });
    }

    /// Notes a cached value that the block used: it is as old as the position at which it was validated.
    pub fn absorb<T>(&self, outcome: &Outcome<T>) {
        self.absorb_watched(&outcome.watched());
    }

    /// Notes what a nested read depends on.
    pub fn absorb_watched(&self, watched: &Watched) {
        self.with(|state| match watched {
            Watched::Unstorable(reason) => _ = state.refusal.get_or_insert_with(|| reason.clone()),
            Watched::Marks { marks, position } => {
                state.watch(marks);
                let older = match (state.position, *position) {
                    (Some(known), Some(new)) if known.epoch != new.epoch => {
                        state
                            .refusal
                            .get_or_insert_with(|| Reason::new("its parts are from different epochs"));
                        Some(known)
                    }
                    (Some(known), Some(new)) => Some(if new.seq < known.seq { new } else { known }),
                    (known, new) => known.or(new),
                };
                state.position = older;
            }
        });
    }

    /// The block cannot be stored, for this reason.
    pub fn refuse(&self, reason: impl Into<std::borrow::Cow<'static, str>>) {
        self.with(|state| {
            state.refusal.get_or_insert_with(|| Reason::new(reason));
        });
    }

    /// What the block's entry watches. A block that depends on nothing is kept only if a tag or a time to
    /// live was given on purpose.
    #[must_use]
    pub fn finish(&self, policy: &Policy) -> Watched {
        self.with(|state| {
            if let Some(reason) = &state.refusal {
                return Watched::Unstorable(reason.clone());
            }
            if state.expected > 0 {
                return Watched::Unstorable(Reason::new("one of its results was neither read nor dropped"));
            }
            if state.marks.is_empty() && policy.tags().is_empty() {
                if policy.get_ttl().is_none() {
                    return Watched::Unstorable(Reason::new("it reads nothing that a write could change"));
                }
                warn_of_no_dependency();
            }
            Watched::Marks { marks: Arc::new(std::mem::take(&mut state.marks)), position: state.position }
        })
    }

    /// What it has noted in words, each with its marks, if it was asked to keep them.
    pub(super) fn words(&self) -> Vec<(String, Marks)> {
        self.with(|state| state.words.clone().unwrap_or_default())
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// It is allowed, and mostly a block that reads through another connection than the one that it is given.
fn warn_of_no_dependency() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!(
            "a block with a time to live has read nothing through the connection that it was given, so no write ends its \
             result; give it a tag if that is meant"
        );
    });
}
