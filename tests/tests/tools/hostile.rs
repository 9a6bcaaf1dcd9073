//! SQL that misleads.

use cache_tests::backend::Backend;
use cache_tests::hostile::{read, step};
use cache_tests::read::Answer;
use cache_tests::rng::Rng;
use cache_tests::world::{Bare, Layout, Pool};
use cache_tests::write::{Mix, Write};

/// Those of a server take longer to make.
fn layouts(backend: Backend) -> u64 {
    if backend.is_server() { 2 } else { 4 }
}

async fn bare(backend: Backend, seed: u64) -> (Bare, Rng) {
    let mut rng = Rng::new(seed);
    let layout = Layout::hostile(backend, &mut rng);
    (Bare::open(layout, Pool::One, &mut rng).await.unwrap(), rng)
}

async fn nearly_all_reads_run_and_a_third_of_them_find_something(backend: Backend) {
    let _held = backend.hold();
    let (mut failed, mut found, mut all) = (0, 0, 0);
    for seed in 0..layouts(backend) {
        let (bare, mut rng) = bare(backend, seed).await;
        for _ in 0..120 {
            let read = read(bare.layout().theme(), &mut rng);
            all += 1;
            match Answer::settle(read.run_on(bare.connection()).await) {
                Answer::Rows(rows) => found += usize::from(!rows.is_empty()),
                Answer::Failed(error) => {
                    failed += 1;
                    println!("{error}: {read}");
                }
            }
        }
    }
    println!("{}: {failed} of {all} reads fail, {found} find something", backend.name());
    assert!(failed * 20 < all, "{failed} of {all} reads fail");
    assert!(found * 3 > all, "{found} of {all} reads find something");
}

async fn most_writes_are_taken(backend: Backend) {
    let _held = backend.hold();
    let (mut refused, mut all) = (0, 0);
    for seed in 0..layouts(backend) {
        let (bare, mut rng) = bare(backend, seed).await;
        for _ in 0..120 {
            let write = Write::random(Mix::Hostile, bare.layout().theme(), &mut rng);
            all += 1;
            if let Err(error) = write.operation.run(bare.connection()).await {
                refused += 1;
                println!("{error}: {write}");
            }
        }
    }
    println!("{}: {refused} of {all} writes are refused", backend.name());
    assert!(refused * 2 < all, "{refused} of {all} writes are refused");
}

#[test]
fn a_seed_makes_the_same_reads_and_steps() {
    for backend in Backend::ALL {
        let texts = |seed| {
            let mut rng = Rng::new(seed);
            let layout = Layout::hostile(*backend, &mut rng);
            let theme = layout.theme();
            let reads: Vec<String> = (0..50).map(|_| read(theme, &mut rng).to_string()).collect();
            let steps: Vec<String> = (0..50).map(|_| step(theme, &mut rng).to_string()).collect();
            (layout.to_string(), reads, steps)
        };
        assert_eq!(texts(7), texts(7));
        assert_ne!(texts(7), texts(8));
    }
}

macro_rules! on {
    ($($database:ident $backend:ident;)*) => {$(
        mod $database {
            use cache_tests::backend::Backend;

            #[tokio::test]
            async fn nearly_all_reads_run_and_a_third_of_them_find_something() {
                super::nearly_all_reads_run_and_a_third_of_them_find_something(Backend::$backend).await;
            }

            #[tokio::test]
            async fn most_writes_are_taken() {
                super::most_writes_are_taken(Backend::$backend).await;
            }
        }
    )*};
}

on! {
    sqlite Sqlite;
    postgres Postgres;
    mariadb MariaDb;
}
