//! The protocol, and the ways to break it.

/// The protocol as it is, or with one rule broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the table of the crate's documentation says what each breaks")]
pub enum Variant {
    Correct,
    PositionAfterLoad,
    NoIdentityCheck,
    RunIdOnly,
    NoEpoch,
    LogLossIgnored,
    PublishBeforeCommit,
    ExpiredFenceIsNoTouch,
    NewcomerSkipsExpiredFences,
    FencedEntriesAreServed,
    FencedLoadsAreStored,
    FencesAtTheEndOnly,
    CommitAfterExpiry,
    NoTimeForCommit,
    WriterCountsFromAnswer,
    ReaderCountsFromRequest,
    NoFence,
    AnyLiftLifts,
    FenceTooNarrow,
    UnknownOutcomeLifts,
    HiddenFencesIgnored,
}
