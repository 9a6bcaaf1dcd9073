//! Every deliberate fault of the engine is caught: by a directed case or scenario, a named promise, or random seeds.
//!
//! `MUTATION=<name>` runs one of them, `MUTATIONS_ON=PostgreSQL` on one database; `ORACLE_SEEDS` and `ORACLE_STEPS` bound
//! the random search, and with `MUTATIONS_BY_SEEDS=1` there is no other.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]
#![allow(unreachable_pub, reason = "modules that another test shares")]

/// A fault is one of the whole process: promises are checked one by one, not each as a test.
macro_rules! promise_test {
    ($(#[$doc:meta])* $name:ident) => {};
}

use std::time::Instant;

#[path = "soundness/algebra.rs"]
mod algebra;
#[path = "soundness/images.rs"]
mod images;
#[path = "soundness/invisible.rs"]
mod invisible;
#[path = "soundness/names.rs"]
mod names;
#[path = "soundness/setups.rs"]
mod setups;
#[path = "soundness/values.rs"]
mod values;

use cache_core::mutation::{self, Mutation};
use cache_tests::backend::Backend;
use cache_tests::directed;
use cache_tests::oracle::{Plan, Settings, run_all};
use cache_tests::promise::Broken;
use cache_tests::scenario::{self, Verdict};

/// What shows a stale read on a database, if anything does.
async fn caught(backend: Backend, settings: &Settings) -> Option<String> {
    if std::env::var_os("MUTATIONS_BY_SEEDS").is_some() {
        return by_seeds(backend, settings);
    }
    let stage = directed::Stage::open(backend).await.unwrap();
    for directed in directed::ALL.iter().filter(|directed| directed.on.contains(&backend)) {
        if let Verdict::Stale(_) = directed.run(&stage).await.unwrap() {
            return Some(directed.name.to_owned());
        }
    }
    for (name, scenario) in scenario::ALL {
        if let Verdict::Stale(_) = scenario(backend).await.unwrap() {
            return Some((*name).to_owned());
        }
    }
    let promises = [algebra::ALL, images::ALL, names::ALL, invisible::ALL, values::ALL].concat();
    for promise in promises.iter().filter(|promise| promise.setup.backend == backend) {
        if let Err(Broken::Stale(_)) = promise.check().await {
            return Some(promise.name.replace('_', " "));
        }
    }
    by_seeds(backend, settings)
}

fn by_seeds(backend: Backend, settings: &Settings) -> Option<String> {
    let plans = [("", Plan::adversarial(settings.steps)), ("misleading ", Plan::hostile(settings.steps))];
    plans.into_iter().find_map(|(what, plan)| {
        let report = run_all(settings.seeds.clone(), plan.on(backend));
        let stale = report.stale.first()?;
        Some(format!("{what}seed {} step {}, {} reads", stale.seed, stale.step, report.compared))
    })
}

/// Why a fault cannot show on some databases: they refuse what all others take, one way or another.
struct Exemption {
    mutation: Mutation,
    on: &'static [Backend],
    reason: &'static str,
    refused: &'static [&'static str],
}

const A_FUNCTION: &str =
    "CREATE OR REPLACE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$";

const EXEMPTIONS: &[Exemption] = &[
    Exemption {
        mutation: Mutation::ReplaceDeletesNothing,
        on: &[Backend::Postgres],
        reason: "has no REPLACE",
        refused: &["REPLACE INTO article (id) VALUES (9)"],
    },
    Exemption {
        mutation: Mutation::NullKeysAreKnown,
        on: &[Backend::Postgres],
        reason: "takes no NULL for a key",
        refused: &["INSERT INTO article (id) VALUES (NULL)"],
    },
    Exemption {
        mutation: Mutation::DoubledQuotesAreSingle,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no triggers whose text is a function's",
        refused: &[A_FUNCTION],
    },
    Exemption {
        mutation: Mutation::ReturnedIsGivenToNobody,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no triggers whose text is a function's",
        refused: &[A_FUNCTION],
    },
    Exemption {
        mutation: Mutation::HeirsHavePartners,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no tables that inherit",
        refused: &["CREATE TABLE heir () INHERITS (article)"],
    },
    Exemption {
        mutation: Mutation::ImmutableMeansHarmless,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no functions that are said to be immutable",
        refused: &["CREATE FUNCTION one() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'"],
    },
    Exemption {
        mutation: Mutation::MovedRowsStay,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no partitions that are tables",
        refused: &["CREATE TABLE parted (id BIGINT) PARTITION BY LIST (id)"],
    },
    Exemption {
        mutation: Mutation::NoRowFiresNothing,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no triggers of statements",
        refused: &["CREATE TRIGGER more AFTER DELETE ON comment FOR EACH STATEMENT EXECUTE FUNCTION told()"],
    },
    Exemption {
        mutation: Mutation::TablesCallNothing,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no defaults that call stored functions",
        refused: &["CREATE TABLE more (n BIGINT DEFAULT bump(3))"],
    },
    Exemption {
        mutation: Mutation::RowsHaveNoColumns,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "takes no rows for arguments",
        refused: &["SELECT max(ROW(a.*)::text) FROM article a"],
    },
    Exemption {
        mutation: Mutation::OperatorsAreBelieved,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no operators of the application",
        refused: &["CREATE OPERATOR #<# (LEFTARG = BIGINT, RIGHTARG = BIGINT, FUNCTION = is_seen)"],
    },
    Exemption {
        mutation: Mutation::DefinitionsCallNothing,
        on: &[Backend::Sqlite, Backend::MariaDb],
        reason: "has no event triggers",
        refused: &[
            "CREATE EVENT TRIGGER more ON ddl_command_end WHEN TAG IN ('COMMENT') EXECUTE FUNCTION heard()",
        ],
    },
    Exemption {
        mutation: Mutation::SettersPutBack,
        on: &[Backend::Sqlite],
        reason: "has no settings that a trigger can change",
        refused: &["SET NAMES 'utf8'"],
    },
    Exemption {
        mutation: Mutation::ShowCallsNothing,
        on: &[Backend::Sqlite, Backend::Postgres],
        reason: "shows nothing by a condition",
        refused: &["SHOW TABLES WHERE 1 = 1"],
    },
    Exemption {
        mutation: Mutation::SetStatementOnlySets,
        on: &[Backend::Sqlite, Backend::Postgres],
        reason: "has no SET STATEMENT",
        refused: &["SET STATEMENT max_statement_time = 10 FOR SELECT 1"],
    },
    Exemption {
        mutation: Mutation::AttachedTablesAreOurs,
        on: &[Backend::Postgres, Backend::MariaDb],
        reason: "attaches no databases",
        refused: &["ATTACH ':memory:' AS ours"],
    },
    Exemption {
        mutation: Mutation::TemporaryTriggersAreKnown,
        on: &[Backend::Postgres, Backend::MariaDb],
        reason: "has no triggers of one connection",
        refused: &["CREATE TEMP TRIGGER more AFTER UPDATE ON comment BEGIN SELECT 1; END"],
    },
    Exemption {
        mutation: Mutation::LooseOperatorsBindTight,
        on: &[Backend::Sqlite, Backend::Postgres],
        reason: "has no XOR",
        refused: &["SELECT 1 FROM author WHERE TRUE XOR FALSE"],
    },
    Exemption {
        mutation: Mutation::AliasesAreTables,
        on: &[Backend::Sqlite, Backend::Postgres],
        reason: "names a table where it is deleted from",
        refused: &["DELETE FROM author USING article AS author WHERE author.id = 99"],
    },
    Exemption {
        mutation: Mutation::LooksBeginByHand,
        on: &[Backend::Sqlite],
        reason: "begins no transaction within another",
        refused: &["BEGIN; BEGIN; ROLLBACK"],
    },
    Exemption {
        mutation: Mutation::FailKeepsNothing,
        on: &[Backend::Postgres],
        reason: "has no statement that keeps what it wrote before it failed",
        refused: &[
            "INSERT OR FAIL INTO article (id) VALUES (9)",
            "CREATE TABLE plain (id INT) ENGINE = MyISAM",
        ],
    },
];

/// The exemption of a fault on a database, after a look whether it is deserved.
async fn exempted(mutation: Mutation, backend: Backend, stage: &directed::Stage) -> Option<&'static str> {
    let exemption = EXEMPTIONS.iter().find(|exemption| exemption.mutation == mutation)?;
    let mut is_taken = false;
    for statement in exemption.refused {
        is_taken |= stage.takes(statement).await.unwrap();
    }
    assert_ne!(is_taken, exemption.on.contains(&backend), "{}: {:?}", backend.name(), exemption.refused);
    (!is_taken).then_some(exemption.reason)
}

/// One test, for a fault is one of the whole process.
#[test]
fn every_fault_is_caught_on_every_database() {
    let only = std::env::var("MUTATION").ok();
    let chosen = |mutation: &&Mutation| only.as_ref().is_none_or(|only| *only == format!("{mutation:?}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    let mut missed = Vec::new();
    let on = std::env::var("MUTATIONS_ON").ok();
    let is_meant = |backend: &&Backend| on.as_ref().is_none_or(|on| on == backend.name());
    for backend in Backend::ALL.iter().filter(is_meant) {
        let _held = backend.hold();
        let settings = Settings::from_environment(if backend.is_server() { 2 } else { 4 }, 30);
        mutation::set(None);
        let first = settings.seeds.start;
        let unmutated = Settings { seeds: first..first + 1, ..settings.clone() };
        assert_eq!(runtime.block_on(caught(*backend, &unmutated)), None, "without a fault nothing is stale");
        let stage = runtime.block_on(directed::Stage::open(*backend)).unwrap();
        for mutation in Mutation::ALL.iter().filter(chosen) {
            let name = format!("{} {mutation:?}", backend.name());
            if let Some(reason) = runtime.block_on(exempted(*mutation, *backend, &stage)) {
                println!("{name:<46}         {reason}");
                continue;
            }
            let start = Instant::now();
            mutation::set(Some(*mutation));
            let by = runtime.block_on(caught(*backend, &settings));
            mutation::set(None);
            println!(
                "{name:<46} {:>5.1} s  {}",
                start.elapsed().as_secs_f32(),
                by.as_deref().unwrap_or("NOT CAUGHT")
            );
            if by.is_none() {
                missed.push(name);
            }
        }
    }
    assert!(missed.is_empty(), "not caught: {}", missed.join(", "));
}
