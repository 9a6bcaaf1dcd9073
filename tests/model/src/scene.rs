//! Who acts, how often, and what may go wrong.

use crate::marks::{Key, Marks, Row};
use crate::server::Declarations;

/// One bounded world: the readers, the writers, and the faults that may happen at any moment.
///
/// ```
/// use cache_model::{Key, Marks, Reader, Row, Scene, Variant, Write, check};
///
/// const SCENE: Scene = Scene {
///     readers: &[Reader { reads: 1, ..Reader::of(0, &[Key::Query]) }],
///     writers: &[&[Write::of(Row::A, Marks::A)]],
///     ..Scene::named("one read and one write")
/// };
/// assert!(check(&SCENE, Variant::Correct).counterexample.is_none());
/// assert!(check(&SCENE, Variant::Correct).states > 5);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// What it is about.
    pub name: &'static str,
    /// Those who read.
    pub readers: &'static [Reader],
    /// Those who write, each one write after the other.
    pub writers: &'static [&'static [Write]],
    /// The parts of the engine that take part.
    pub parts: &'static [Part],
    /// Time, as far as it matters.
    pub time: Time,
    /// Which processes have followed the log from its start; all others know nothing of it yet.
    pub followers: &'static [u8],
    /// Which processes have the older declarations.
    pub old: &'static [u8],
    /// What a read must have seen.
    pub promise: Promise,
    /// How many faults happen at most, and which can.
    pub faults: (u8, &'static [Fault]),
}

/// The promise that reads are held to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Promise {
    /// Every write that had returned when the read started.
    Returned,
    /// Every write that was committed in the database when the read started, whatever became of its writer.
    Committed,
}

/// Clocks run alike everywhere, and show ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// How many ticks there are.
    pub ticks: u8,
    /// For how many a fence is up.
    pub fence: u8,
    /// How many COMMIT takes at most until it has taken effect, as far as writers know; else it never does.
    pub commit: u8,
    /// By how many more it may take all the same.
    pub late: u8,
    /// Who decides what becomes of a fence that ran out.
    pub judge: Judge,
}

/// Who decides what becomes of a fence that ran out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judge {
    /// Nobody: it is a touch, and COMMIT had to be in time.
    Clock,
    /// The database knows what became of the transaction, and COMMIT may take as long as it likes.
    Database,
}

impl Time {
    /// Time stands still.
    pub const NONE: Time = Time { ticks: 0, fence: 0, commit: 0, late: 0, judge: Judge::Clock };

    /// This many ticks, in which fences are up for two and COMMIT takes one.
    #[must_use]
    pub const fn fences(ticks: u8) -> Self {
        Self { ticks, fence: 2, commit: 1, late: 0, judge: Judge::Clock }
    }
}

/// A part of the engine without which the rest works as well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Typed values in each process: the first level.
    Values,
    /// Callers of one key share a load.
    Flights,
    /// Entries get newer positions.
    Restamps,
    /// Records are pushed to the processes.
    Pushes,
    /// Tails of the log reach the index later than they are read, and not in that order.
    LateTails,
    /// Readers of a process share head fetches.
    Sharing,
    /// A task confirms the index, for bounded reads.
    Lease,
    /// Publications of one process travel together.
    Groups,
    /// A write may go on under the fence of the one before it, which has returned and is not published.
    TakingOn,
}

/// One who reads, one read after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reader {
    /// In which process.
    pub process: u8,
    /// How many reads.
    pub reads: u8,
    /// Each of one of these.
    pub keys: &'static [Key],
    /// By how many ticks a result may be old; none if not at all.
    pub bound: Option<u8>,
}

/// One write and what it publishes.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    /// The process that makes it; none if no reader of the scene is in it.
    pub process: Option<u8>,
    /// The row that it changes.
    pub row: Row,
    /// What it touches.
    pub touches: Marks,
    /// What it announces before its COMMIT; none if it has no fence.
    pub fence: Option<Marks>,
    /// How it may end.
    pub endings: &'static [Ending],
    /// By which its marks are made.
    pub declarations: Declarations,
}

/// How a write may end, other than well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Its process dies, at any moment.
    Crash,
    /// It is rolled back.
    Rollback,
    /// The answer to COMMIT is lost, whatever becomes of it.
    Unknown,
}

/// What can go wrong at any moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The server evicts its head.
    LoseHead,
    /// The server evicts its log.
    LoseLog,
    /// The log is cut at its bound: its oldest record goes.
    TrimLog,
    /// The server evicts an entry.
    LoseEntry,
    /// The standby takes over with what it has; the second time the old server comes back.
    FailOver,
    /// A process cannot reach the server for a while.
    CutOff(u8),
    /// The server refuses a publication, for want of memory.
    Refuse,
    /// The answer to a publication is lost.
    LoseAnswer,
    /// The caller of a read goes away.
    Abandon,
}

impl Scene {
    /// A scene in which nobody does anything.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            readers: &[],
            writers: &[],
            parts: &[],
            time: Time::NONE,
            followers: &[],
            old: &[],
            promise: Promise::Returned,
            faults: (0, &[]),
        }
    }

    pub(crate) fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// The same under another name.
    #[must_use]
    pub const fn called(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }
}

impl Reader {
    /// Two reads in this process.
    #[must_use]
    pub const fn of(process: u8, keys: &'static [Key]) -> Self {
        Self { process, reads: 2, keys, bound: None }
    }

    /// One read in this process.
    #[must_use]
    pub const fn once(process: u8, keys: &'static [Key]) -> Self {
        Self { reads: 1, ..Self::of(process, keys) }
    }

    /// The same, which may get results that are so many ticks old.
    #[must_use]
    pub const fn within(mut self, ticks: u8) -> Self {
        self.bound = Some(ticks);
        self
    }
}

impl Write {
    /// A write of this row in a process of its own.
    #[must_use]
    pub const fn of(row: Row, touches: Marks) -> Self {
        Self { process: None, row, touches, fence: None, endings: &[], declarations: Declarations::New }
    }

    /// The same, in this process.
    #[must_use]
    pub const fn within(mut self, process: u8) -> Self {
        self.process = Some(process);
        self
    }

    /// The same, by a process with the older declarations, which touches what they say.
    #[must_use]
    pub const fn by_old(mut self, touches: Marks) -> Self {
        self.declarations = Declarations::Old;
        self.touches = touches;
        self
    }

    /// The same, with these marks announced before COMMIT.
    #[must_use]
    pub const fn announcing(mut self, marks: Marks) -> Self {
        self.fence = Some(marks);
        self
    }

    /// The same, which may also end so.
    #[must_use]
    pub const fn ending(mut self, endings: &'static [Ending]) -> Self {
        self.endings = endings;
        self
    }
}
