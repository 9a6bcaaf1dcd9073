//! What can go wrong.

/// What can go wrong. Each is injected, kept for a while, and ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// A process is killed at a random moment.
    Kill,
    /// A process kills itself when a transaction is written and not committed.
    KillBeforeCommit,
    /// A process is killed when it announces or publishes a write, which the server does not get.
    KillBeforePublication,
    /// A process is killed when the server gets an announcement or a publication, before it answers.
    KillAfterPublication,
    /// The server ends in order and begins again without data.
    RestartEmpty,
    /// The server ends in order and begins again with its data.
    RestartWithData,
    /// The server is killed and begins again with data of some time ago.
    RestartWithOldData,
    /// All keys are deleted.
    Flush,
    /// The log's head is deleted.
    DeleteHead,
    /// The log's records are deleted.
    DeleteLog,
    /// Some entries are deleted.
    DeleteEntries,
    /// The server has no room for more, and evicts whatever it likes.
    Evict,
    /// The server has no room at all.
    OutOfMemory,
    /// A replica takes over that has not seen the last publications.
    Failover,
    /// No process reaches the server.
    CutAll,
    /// One process does not reach the server.
    CutOne,
    /// The way to the server is slow, for each process as much as it happens.
    Slow,
    /// No process gets answers, and what it sends arrives late.
    SilenceAll,
    /// One process gets no answers, and what it sends arrives late.
    SilenceOne,
    /// The server is halted.
    Freeze,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Kill,
        Self::KillBeforeCommit,
        Self::KillBeforePublication,
        Self::KillAfterPublication,
        Self::RestartEmpty,
        Self::RestartWithData,
        Self::RestartWithOldData,
        Self::Flush,
        Self::DeleteHead,
        Self::DeleteLog,
        Self::DeleteEntries,
        Self::Evict,
        Self::OutOfMemory,
        Self::Failover,
        Self::CutAll,
        Self::CutOne,
        Self::Slow,
        Self::SilenceAll,
        Self::SilenceOne,
        Self::Freeze,
    ];

    /// Whether a process may have been unable to reach the log, or the log may have lost what a process told it.
    #[must_use]
    pub fn reaches(self) -> Reach {
        match self {
            Self::Kill
            | Self::KillBeforeCommit
            | Self::KillBeforePublication
            | Self::KillAfterPublication => Reach::Nobody,
            Self::DeleteEntries => Reach::Nobody,
            Self::CutOne | Self::SilenceOne => Reach::One,
            _ => Reach::All,
        }
    }
}

/// Whose way to the log a fault disturbs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Nobody's.
    Nobody,
    /// That of one process.
    One,
    /// Everybody's.
    All,
}
