//! Every deliberate fault of the engine is caught through Diesel too: by a directed case, or by a scenario.
//!
//! `MUTATION=<name>` runs one of them, `MUTATIONS_ON=PostgreSQL` on one database.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod scenarios;
mod site;

use std::time::Instant;

use cache_core::mutation::{self, Mutation};
use cache_tests::backend::Backend;
use cache_tests::directed;

use scenarios::SCENARIOS;
use site::Site;

/// Faults in what is done, and not in what is read and written: the scenarios find them.
const OF_THE_PROTOCOL: [Mutation; 16] = [
    Mutation::TemporaryTriggersAreKnown,
    Mutation::SettersPutBack,
    Mutation::AttachedTablesAreOurs,
    Mutation::UnknownTargetsAreNamed,
    Mutation::TemporaryNamesAreForgotten,
    Mutation::FailedReadsAreKept,
    Mutation::FailedPartsAreKept,
    Mutation::EqualSchemasAreOne,
    Mutation::FailKeepsNothing,
    Mutation::ReleaseLosesMarks,
    Mutation::PublishBeforeCommit,
    Mutation::DroppedWritesAreForgotten,
    Mutation::PositionAfterLoad,
    Mutation::JoinBlindly,
    Mutation::BlockTakesLastPosition,
    Mutation::StretchedIgnoresLog,
];

/// What shows a stale read on a database, if anything does.
fn caught(site: &Site, mutation: Option<Mutation>) -> Option<&'static str> {
    let is_of_the_protocol = mutation.is_some_and(|mutation| OF_THE_PROTOCOL.contains(&mutation));
    if is_of_the_protocol { by_scenarios(site) } else { by_cases(site).or_else(|| by_scenarios(site)) }
}

fn by_cases(site: &Site) -> Option<&'static str> {
    let mut cases = directed::ALL.iter().filter(|case| case.on.contains(&site.backend()));
    let is_stale = |case: &&directed::Directed| {
        site.reset();
        let mut conn = site.connect();
        for _ in 0..2 {
            conn.cached(case.read).unwrap();
        }
        conn.write(case.write).unwrap();
        // On the same connection: some reads show what it did last.
        conn.cached(case.read).unwrap() != conn.read(case.read).unwrap()
    };
    cases.find(is_stale).map(|case| case.name)
}

fn by_scenarios(site: &Site) -> Option<&'static str> {
    let is_stale = |scenario: &&scenarios::Scenario| {
        site.reset();
        (scenario.is_stale)(site)
    };
    SCENARIOS.iter().find(is_stale).map(|scenario| scenario.name)
}

/// Why a fault cannot show through Diesel on some databases.
fn exempted(mutation: Mutation, backend: Backend) -> Option<&'static str> {
    match (mutation, backend) {
        (Mutation::ReplaceDeletesNothing, Backend::Postgres) => Some("has no REPLACE"),
        (Mutation::NullKeysAreKnown, Backend::Postgres) => Some("takes no NULL for a key"),
        (
            Mutation::DoubledQuotesAreSingle | Mutation::ReturnedIsGivenToNobody,
            Backend::Sqlite | Backend::MariaDb,
        ) => Some("has no triggers whose text is a function's"),
        (Mutation::HeirsHavePartners, Backend::Sqlite | Backend::MariaDb) => {
            Some("has no tables that inherit")
        }
        (Mutation::ImmutableMeansHarmless, Backend::Sqlite | Backend::MariaDb) => {
            Some("has no functions that are said to be immutable")
        }
        (Mutation::MovedRowsStay, Backend::Sqlite | Backend::MariaDb) => {
            Some("has no partitions that are tables")
        }
        (Mutation::NoRowFiresNothing, Backend::Sqlite | Backend::MariaDb) => {
            Some("has no triggers of statements")
        }
        (Mutation::TablesCallNothing, Backend::Sqlite | Backend::MariaDb) => {
            Some("has no defaults that call stored functions")
        }
        (Mutation::RowsHaveNoColumns, Backend::Sqlite | Backend::MariaDb) => {
            Some("takes no rows for arguments")
        }
        (Mutation::OperatorsAreBelieved, Backend::Sqlite | Backend::MariaDb) => {
            Some("has no operators of the application")
        }
        (Mutation::DefinitionsCallNothing, Backend::Sqlite | Backend::MariaDb) => {
            Some("has no event triggers")
        }
        (Mutation::SettersPutBack, Backend::Sqlite) => Some("has no settings that a trigger can change"),
        (Mutation::ShowCallsNothing, Backend::Sqlite | Backend::Postgres) => {
            Some("shows nothing by a condition")
        }
        (Mutation::SetStatementOnlySets, Backend::Sqlite | Backend::Postgres) => Some("has no SET STATEMENT"),
        (Mutation::AttachedTablesAreOurs, Backend::Postgres | Backend::MariaDb) => {
            Some("attaches no databases")
        }
        (Mutation::TemporaryTriggersAreKnown, Backend::Postgres | Backend::MariaDb) => {
            Some("has no triggers of one connection")
        }
        (Mutation::LooseOperatorsBindTight, Backend::Sqlite | Backend::Postgres) => Some("has no XOR"),
        (Mutation::AliasesAreTables, Backend::Sqlite | Backend::Postgres) => {
            Some("names a table where it is deleted from")
        }
        (
            Mutation::ByHandKeepsReads
            | Mutation::EndsByHandAreUnseen
            | Mutation::LooksBeginByHand
            | Mutation::BrokenSavepointsGoOn
            | Mutation::ReleasesOutliveTransactions,
            _,
        ) => Some("a connection knows the transactions that it is in"),
        (Mutation::OldPlansHold, _) => Some("a statement is run as soon as it is planned"),
        (Mutation::FirstReturnedRowIsAll, _) => Some("all rows that a write returns are read"),
        (Mutation::FailKeepsNothing, Backend::Postgres) => {
            Some("has no statement that keeps what it wrote before it failed")
        }
        _ => None,
    }
}

/// One test, for a fault is one of the whole process.
#[test]
fn every_fault_is_caught_through_diesel_on_every_database() {
    let only = std::env::var("MUTATION").ok();
    let chosen = |mutation: &&Mutation| only.as_ref().is_none_or(|only| *only == format!("{mutation:?}"));
    let on = std::env::var("MUTATIONS_ON").ok();
    let is_meant = |backend: &&Backend| on.as_ref().is_none_or(|on| on == backend.name());

    let mut missed = Vec::new();
    for backend in Backend::ALL.iter().filter(is_meant) {
        mutation::set(None);
        let site = Site::open(*backend);
        assert_eq!(caught(&site, None), None, "without a fault nothing is stale");
        for mutation in Mutation::ALL.iter().filter(chosen) {
            let name = format!("{} {mutation:?}", backend.name());
            if let Some(reason) = exempted(*mutation, *backend) {
                println!("{name:<46}         {reason}");
                continue;
            }
            let start = Instant::now();
            mutation::set(Some(*mutation));
            let by = caught(&site, Some(*mutation));
            mutation::set(None);
            println!("{name:<46} {:>5.1} s  {}", start.elapsed().as_secs_f32(), by.unwrap_or("NOT CAUGHT"));
            if by.is_none() {
                missed.push(name);
            }
        }
    }
    assert!(missed.is_empty(), "not caught: {}", missed.join(", "));
}
