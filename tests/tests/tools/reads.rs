//! Reads that the generator makes.

use cache_tests::backend::Backend;
use cache_tests::read::{Answer, Read, texts};
use cache_tests::rng::Rng;
use cache_tests::world::{Bare, Layout, Pool};

/// Those of a server take longer to make.
fn layouts(backend: Backend) -> u64 {
    if backend.is_server() { 3 } else { 6 }
}

async fn bare(backend: Backend, seed: u64) -> (Bare, Rng) {
    let mut rng = Rng::new(seed);
    let layout = Layout::random(backend, &mut rng);
    (Bare::open(layout, Pool::One, &mut rng).await.unwrap(), rng)
}

async fn every_text_runs_on_every_layout(backend: Backend) {
    let _held = backend.hold();
    for seed in 0..layouts(backend) {
        let (bare, mut rng) = bare(backend, seed).await;
        let (mut empty, texts) = (0, texts(backend));
        for text in &texts {
            let read = Read::text(text, bare.layout().theme(), &mut rng);
            match Answer::settle(read.run_on(bare.connection()).await) {
                Answer::Rows(rows) => empty += usize::from(rows.is_empty()),
                Answer::Failed(error) => panic!("{error}: {read}\n{}", bare.layout()),
            }
        }
        assert!(empty < texts.len() / 2, "seed {seed}: {empty} of {} texts find nothing", texts.len());
    }
}

async fn a_seed_makes_the_same_reads_and_they_run(backend: Backend) {
    let _held = backend.hold();
    let mut failed = 0;
    for seed in 0..layouts(backend) {
        let (bare, rng) = bare(backend, seed).await;
        let (mut one, mut other) = (rng.clone(), rng);
        for _ in 0..150 {
            let read = Read::random(bare.layout().theme(), &mut one);
            assert_eq!(read.to_string(), Read::random(bare.layout().theme(), &mut other).to_string());
            if let Answer::Failed(error) = Answer::settle(read.run_on(bare.connection()).await) {
                failed += 1;
                println!("{error}: {read}");
            }
        }
    }
    assert_eq!(failed, 0, "reads that the generator makes must run");
}

macro_rules! on {
    ($($database:ident $backend:ident;)*) => {$(
        mod $database {
            use cache_tests::backend::Backend;

            #[tokio::test]
            async fn every_text_runs_on_every_layout() {
                super::every_text_runs_on_every_layout(Backend::$backend).await;
            }

            #[tokio::test]
            async fn a_seed_makes_the_same_reads_and_they_run() {
                super::a_seed_makes_the_same_reads_and_they_run(Backend::$backend).await;
            }
        }
    )*};
}

on! {
    sqlite Sqlite;
    postgres Postgres;
    mariadb MariaDb;
}
