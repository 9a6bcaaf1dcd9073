//! Deliberate faults, one for each rule whose breach would serve stale results.
//!
//! The feature `mutations` compiles them in, for the tests that prove that the oracle finds every one.
//! Without it no fault can be switched on, and the checks cost nothing.

macro_rules! mutations {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// A fault.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[cfg_attr(not(feature = "mutations"), allow(dead_code))]
        pub enum Mutation {
            $($(#[doc = $doc])* $name,)*
        }

        impl Mutation {
            /// Every fault.
            #[cfg(feature = "mutations")]
            pub const ALL: &[Mutation] = &[$(Mutation::$name,)*];
        }
    };
}

mutations! {
    /// 4.1 rule 1: ON of a left join narrows the preserved side.
    OnNarrowsPreservedSide,
    /// 4.1 rule 1: IS NULL on the optional side of an outer join narrows.
    AntiJoinNarrows,
    /// 4.1 rule 2: columns of ORDER BY do not decide membership.
    OrderIsNotMembership,
    /// 4.1 rule 2: columns that are only shown are not watched.
    PayloadIsNotWatched,
    /// 4.1 rule 2: a source whose rows are not identified watches conditions only.
    UnidentifiedPayloadIsNotWatched,
    /// 4.1 rule 3: a look-up that found nothing does not watch births.
    AbsentRowsAreNotWatched,
    /// 4.1 rule 4: a partner that may be missing is not watched for.
    MissingPartnersAreNotWatched,
    /// 4.1 rule 4: a partner that is filtered counts as unfiltered.
    FilteredPartnersAreUnfiltered,
    /// 4.1 rule 5: every scope read counts as exact.
    EveryReadIsExact,
    /// 4.1 rule 6: a reader names a pattern although a value of it is not canonical.
    ReadersNameUnknownValues,
    /// 4.1: an UPDATE that changes a key is an ordinary UPDATE.
    KeyChangesAreUpdates,
    /// 4.2: a value that the column converts counts as its image.
    ConvertedValuesAreImages,
    /// 4.2: a collated column narrows.
    CollatedColumnsNarrow,
    /// 4.2: RETURNING counts although only its first row was read.
    FirstReturnedRowIsAll,
    /// 4.2: an inserted key of NULL is a known key.
    NullKeysAreKnown,
    /// 4.2: VALUES of an upsert are the new image.
    UpsertValuesAreImages,
    /// 4.2: REPLACE deletes no other rows.
    ReplaceDeletesNothing,
    /// 4.2: a reference that is no column is ignored.
    UnresolvedNamesAreIgnored,
    /// 4.1: foreign keys cascade nowhere.
    CascadesAreIgnored,
    /// 4.1: triggers write nothing.
    TriggersAreIgnored,
    /// 4.1: generated columns do not follow the columns that they are computed from.
    GeneratedColumnsAreIgnored,
    /// 4.1: a doubled quote in the text of a trigger or rule is read as one.
    DoubledQuotesAreSingle,
    /// 4.1: what a statement of a trigger returns is given to no column of its row.
    ReturnedIsGivenToNobody,
    /// 4.1: a parent's reference guarantees the partners of its children's rows.
    HeirsHavePartners,
    /// 4.1: a row that an UPDATE moves to another partition neither dies nor is born.
    MovedRowsStay,
    /// 4.1: a statement that concerns no row fires nothing.
    NoRowFiresNothing,
    /// 4.1: what a default, a check or an index calls writes nothing.
    TablesCallNothing,
    /// 4.1: what a temporary trigger writes is known to all connections.
    TemporaryTriggersAreKnown,
    /// 4.2: a row among the arguments of a call is none of its columns.
    RowsHaveNoColumns,
    /// 4.3: what is said to be immutable calls nothing that writes.
    ImmutableMeansHarmless,
    /// 4.3: an operator of the application is what it says it is.
    OperatorsAreBelieved,
    /// 4.3: changes of the schema call nothing.
    DefinitionsCallNothing,
    /// 4.3: what a statement shows calls nothing.
    ShowCallsNothing,
    /// 4.3: what a routine or a trigger sets of its session is put back.
    SettersPutBack,
    /// 5: XOR, and `||` where it is OR, bind as the parser says.
    LooseOperatorsBindTight,
    /// 5: a name that is deleted from is that of a table, whatever else has it for an alias.
    AliasesAreTables,
    /// 5: a statement with settings of its own sets them and does nothing else.
    SetStatementOnlySets,
    /// 5: a table of an attached database is that of its name here.
    AttachedTablesAreOurs,
    /// 5: what names a table that is not known writes the known ones that it names.
    UnknownTargetsAreNamed,
    /// 4.5: another fingerprint of an equal schema is no change.
    EqualSchemasAreOne,
    /// 4.5: what was planned under another schema has the effects that were planned.
    OldPlansHold,
    /// 4.5: a name of which a session has made a temporary table means the same to all.
    TemporaryNamesAreForgotten,
    /// 4.3: volatile calls are cached.
    VolatileCallsAreCached,
    /// 7.1: a statement that violates a constraint changes nothing, whatever its conflict clause.
    FailKeepsNothing,
    /// 7.1: a released savepoint's marks are lost.
    ReleaseLosesMarks,
    /// 7.1: what is read while a transaction is open that a statement began on a pool is kept.
    ByHandKeepsReads,
    /// 7.1: what follows an end by hand in a transaction waits for the end of its handle.
    EndsByHandAreUnseen,
    /// 7.1: a transaction of the wrapper's own begins beside one that a statement began.
    LooksBeginByHand,
    /// 7.1: what follows a savepoint that is cut short is in its transaction.
    BrokenSavepointsGoOn,
    /// 7.1: a RELEASE goes on without its caller, as COMMIT does.
    ReleasesOutliveTransactions,
    /// 7.1: a transaction publishes before its COMMIT.
    PublishBeforeCommit,
    /// 7.4: a write that is dropped half-way publishes nothing.
    DroppedWritesAreForgotten,
    /// 3: the position is taken after the load.
    PositionAfterLoad,
    /// 3: a waiter takes the result of a flight that began before a publication it has seen.
    JoinBlindly,
    /// 3: a block takes the position of its end.
    BlockTakesLastPosition,
    /// 3: a block in which a read has failed is kept.
    FailedReadsAreKept,
    /// 3: a block of which a part has failed or was given up is kept.
    FailedPartsAreKept,
    /// 3: an entry whose life is stretched is served whatever the log says.
    StretchedIgnoresLog,
    /// 3: the index's summary does not learn of what is touched.
    GroupsMissTouches,
}

#[cfg(feature = "mutations")]
mod switch {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Mutation;

    /// The place of the fault in `ALL`, plus one.
    static ACTIVE: AtomicUsize = AtomicUsize::new(0);

    /// Switches one fault on, or all off, for the whole process.
    pub fn set(mutation: Option<Mutation>) {
        let place = mutation.and_then(|mutation| Mutation::ALL.iter().position(|other| *other == mutation));
        ACTIVE.store(place.map_or(0, |place| place + 1), Ordering::SeqCst);
    }

    pub(crate) fn is(mutation: Mutation) -> bool {
        match ACTIVE.load(Ordering::SeqCst) {
            0 => false,
            place => Mutation::ALL[place - 1] == mutation,
        }
    }
}

#[cfg(feature = "mutations")]
pub(crate) use switch::is;
#[cfg(feature = "mutations")]
pub use switch::set;

#[cfg(not(feature = "mutations"))]
pub(crate) const fn is(_mutation: Mutation) -> bool {
    false
}
