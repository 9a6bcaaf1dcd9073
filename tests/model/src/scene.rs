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
    /// Whether processes keep typed values.
    pub values: Switch,
    /// How many faults happen at most, and which can.
    pub faults: (u8, &'static [Fault]),
}

/// Whether a part takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "they are their names")]
pub enum Switch {
    On,
    Off,
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
    /// By which its marks are made.
    pub declarations: Declarations,
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
}

impl Scene {
    /// A scene in which nobody does anything.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { name, readers: &[], writers: &[], values: Switch::Off, faults: (0, &[]) }
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
        Self { process, reads: 2, keys }
    }
}

impl Write {
    /// A write of this row in a process of its own.
    #[must_use]
    pub const fn of(row: Row, touches: Marks) -> Self {
        Self { process: None, row, touches, declarations: Declarations::New }
    }
}
