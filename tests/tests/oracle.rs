//! Every cached read equals the database after every random write.
//!
//! A failure prints its seed: `ORACLE_SEED=<seed> cargo test -p cache-tests --test oracle` runs it again.
//! `ORACLE_SEEDS=<count or a..b>` and `ORACLE_STEPS=<count>` run more.

use cache_tests::backend::Backend;
use cache_tests::oracle::{Plan, Report, Settings, run_all, storm};
use cache_tests::servers::RedisServer;

/// How many seeds a short run has: of the random schemas, of those that mislead, and of the blog and shop.
struct Seeds {
    random: u64,
    misleading: u64,
    shop: u64,
}

fn seeds(backend: Backend) -> Seeds {
    match backend.is_server() {
        true => Seeds { random: 2, misleading: 1, shop: 1 },
        false => Seeds { random: 8, misleading: 3, shop: 4 },
    }
}

fn nothing_is_stale(seeds: u64, plan: impl Fn(usize) -> Plan, backend: Backend, what: &str) {
    let Settings { seeds, steps } = Settings::from_environment(seeds, 40);
    let report = run_all(seeds, plan(steps).on(backend));
    println!("{} {what}: {report}", backend.name());
    report.assert_fresh();
}

macro_rules! on {
    ($($database:ident $backend:ident;)*) => {$(
        mod $database {
            use super::*;

            #[test]
            fn nothing_is_stale_under_the_default_mix() {
                let seeds = seeds(Backend::$backend).random;
                nothing_is_stale(seeds, Plan::default_mix, Backend::$backend, "random schemas, default mix");
            }

            #[test]
            fn nothing_is_stale_under_the_adversarial_mix() {
                let seeds = seeds(Backend::$backend).random;
                nothing_is_stale(seeds, Plan::adversarial, Backend::$backend, "random schemas, adversarial mix");
            }

            #[test]
            fn nothing_is_stale_where_texts_mislead() {
                let seeds = seeds(Backend::$backend).misleading;
                nothing_is_stale(seeds, Plan::hostile, Backend::$backend, "misleading texts");
            }

            #[test]
            fn nothing_is_stale_in_a_blog_and_shop() {
                nothing_is_stale(seeds(Backend::$backend).shop, Plan::shop, Backend::$backend, "blog and shop");
            }
        }
    )*};
}

on! {
    sqlite Sqlite;
    postgres Postgres;
    mariadb MariaDb;
}

#[test]
fn nothing_is_stale_when_another_process_writes() {
    let Settings { seeds, steps } = Settings::from_environment(4, 20);
    let server = RedisServer::start();
    let (half, end) = (seeds.start + (seeds.end - seeds.start) / 2, seeds.end);
    let mut report = run_all(seeds.start..half, Plan::adversarial(steps).across(server.address()));
    report.merge(run_all(half..end, Plan::shop(steps).across(server.address())));
    println!("two processes, adversarial mix, and blog and shop: {report}");
    report.assert_fresh();
}

/// Entries live for three milliseconds; nearly all reads are served stretched, and loaded anew behind their backs.
#[test]
fn what_lives_stretched_is_not_stale() {
    let Settings { seeds, steps } = Settings::from_environment(4, 20);
    let server = RedisServer::start();
    let third = |number| seeds.start + (seeds.end - seeds.start) * number / 3;
    let mut report = run_all(seeds.start..third(1), Plan::adversarial(steps).stretched());
    report.merge(run_all(third(1)..third(2), Plan::shop(steps).stretched()));
    report.merge(run_all(third(2)..seeds.end, Plan::default_mix(steps).stretched().across(server.address())));
    println!(
        "stretched: {} reads compared, {} served beyond their time to live, {} stale",
        report.compared,
        report.stretched,
        report.stale.len()
    );
    assert!(report.stretched > 0, "nothing would be tested");
    report.assert_fresh();
}

#[test]
fn nothing_is_stale_after_a_storm_of_readers_and_writers() {
    let Settings { seeds, steps } = Settings::from_environment(4, 60);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(3).enable_all().thread_stack_size(32 << 20);
    let runtime = runtime.build().expect("a runtime can be built");
    let mut report = Report::default();
    for seed in seeds {
        let plan = if seed % 2 == 0 { Plan::default_mix(steps) } else { Plan::adversarial(steps) };
        let plan = if seed % 4 < 2 { plan } else { plan.stretched() };
        report.merge(runtime.block_on(storm(seed, plan)));
    }
    println!("storm: {} reads compared in the calm, {} stale", report.compared, report.stale.len());
    report.assert_fresh();
}

#[test]
fn a_seed_is_the_same_run_again() {
    let run = |seed| run_all(seed..seed + 1, Plan { reads: 20, ..Plan::adversarial(10) });
    assert_eq!(run(3).digest, run(3).digest);
    assert_ne!(run(3).digest, run(4).digest);
}
