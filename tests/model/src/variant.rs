//! The protocol, and the ways to break it.

/// The protocol as it is, or with one rule broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Variant {
    /// Every rule holds.
    Correct,

    /// An entry's position is read after its load.
    PositionAfterLoad,
    /// A publication is sent before its COMMIT.
    PublishBeforeCommit,
    /// Any head is accepted, whoever made its epoch.
    NoIdentityCheck,
    /// A server process that comes back counts as the incarnation that it was.
    RunIdOnly,
    /// Positions are sequence numbers, which start again with a lost head.
    NoEpoch,
    /// Missing records do not raise the floor.
    LogLossIgnored,
    /// A publication that the server refuses is left at that.
    RefusalIgnored,
    /// A pushed record is applied although records before it are missing.
    PushGapIgnored,
    /// A process applies its own publication although records before it are missing.
    OwnRecordSkipsOthers,
    /// An entry of the store counts as valid at the head when it becomes a typed value.
    RefilledAsNew,
    /// An entry gets a newer position without a look at what it is by then.
    RestampBlindly,

    /// A joiner takes whatever the flight lands with.
    JoinBlindly,
    /// The leader calls its result valid at the head without asking the index.
    LandUnjudged,
    /// A reader shares the answer to a fetch that was sent before it arrived.
    ShareInFlight,
    /// A reader takes whichever answer comes first, although its own fetch was sent later.
    FirstAnswerForAll,
    /// A block has the newest position of its parts.
    BlockTakesNewest,

    /// A write returns with a publication that was sent before it joined.
    GroupJoinsSent,
    /// A process serves although it owes a publication.
    OwedIgnored,
    /// The lease of bounded reads counts from the answer.
    LeaseFromAnswer,
    /// The lease is renewed although the index has not followed to the head.
    LeaseBeforeFollowing,
    /// The lease holds although the index has gone back to an earlier epoch.
    LeaseOutlivesIndex,
    /// A process's own index does not know a write that returned in it.
    OwnWriteNotApplied,

    /// Marks of other declarations are taken for one's own, in records.
    ForeignRecordsAreNarrow,
    /// The same, in entries.
    ForeignEntriesAreServed,

    /// A write announces nothing.
    NoFence,
    /// A write announces less than it touches.
    FenceTooNarrow,
    /// A fence that ran out is forgotten.
    ExpiredFenceIsNoTouch,
    /// A newcomer ignores fences that must have run out.
    NewcomerSkipsExpiredFences,
    /// Entries are served although a fence is up on their marks.
    FencedEntriesAreServed,
    /// Loads that start behind a fence are stored as if it was not there.
    FencedLoadsAreStored,
    /// Only fences that are up when a load ends count.
    FencesAtTheEndOnly,
    /// COMMIT is sent however old the fence is.
    CommitAfterExpiry,
    /// COMMIT is sent just before the fence runs out.
    NoTimeForCommit,
    /// The writer's end of the fence counts from when the log has confirmed it.
    WriterCountsFromAnswer,
    /// A reader's end of the fence counts from when it asked for the tail.
    ReaderCountsFromRequest,
    /// A lift lifts every fence.
    AnyLiftLifts,
    /// A fence is lifted although COMMIT may still take effect.
    UnknownOutcomeLifts,
    /// A write returns before its publication although its fence may be down.
    ReturnBehindExpiredFence,
    /// What was touched under a fence that the next write has taken on is not published with that.
    TakenOnIsForgotten,
    /// What was touched under such a fence is published at once, and lifts it.
    TakenOnFenceIsLifted,
    /// A write goes on under a fence of other marks than it would announce.
    AnyFenceIsTakenOn,
    /// The time of a fence that is taken on counts from then.
    TakenOnFenceCountsAnew,
    /// A process's own index does not know a fence of this process.
    OwnFenceNotApplied,
    /// Fences that went with lost records, or with a lost epoch, are not reckoned with.
    HiddenFencesIgnored,
    /// A load is stored although the index is not where its head is, so that it knows no fences.
    IndexIsNotAsked,
    /// A fence whose write the database has committed goes without a trace.
    CommittedIsNoTouch,
    /// A transaction that is still in progress counts as rolled back.
    InProgressIsRolledBack,
}
