//! Texts that write.

use cache_tests::backend::Backend;
use cache_tests::literal::Values;
use cache_tests::read::template;
use cache_tests::rng::Rng;
use cache_tests::world::{Bare, Layout, Pool};
use cache_tests::write::Operation;
use cache_tests::write::texts;

/// What a database says when a constraint or the kind of an object refuses what it has understood.
const REFUSED: &[&str] = &[
    "constraint",
    "mismatch",
    "is a view",
    // PostgreSQL
    "cannot insert into view",
    "cannot update view",
    "cannot delete from view",
    "value too long",
    "operation is not supported on views",
    "cannot execute MERGE on relation",
    // MariaDB
    "Duplicate entry",
    "foreign key constraint",
    "cannot be null",
    "Data too long",
    "Data truncated",
    "already used by statement",
    "not updatable",
    "not insertable",
    "Can not",
    "Truncated incorrect",
];

/// Refusals by constraints are part of the oracle; mistakes in a text would test nothing.
async fn every_text_is_understood(backend: Backend) {
    let _held = backend.hold();
    let texts = texts(backend);
    let mut succeeded = vec![false; texts.len()];
    // It takes MariaDB a second to make one.
    for seed in 0..if backend == Backend::MariaDb { 4 } else { 8 } {
        let mut rng = Rng::new(seed);
        let bare = Bare::open(Layout::random(backend, &mut rng), Pool::One, &mut rng).await.unwrap();
        for (text, succeeded) in texts.iter().zip(&mut succeeded) {
            let sql = template::fill(text.sql, Values::Inline, bare.layout().theme(), &mut rng);
            let write = Operation::Text { sql: sql.clone(), call: text.call };
            match write.run(bare.connection()).await {
                Ok(()) => *succeeded = true,
                Err(error) => {
                    let error = error.to_string();
                    let refused = REFUSED.iter().any(|part| error.contains(part));
                    assert!(refused, "{error}: {sql}\n{}", bare.layout());
                }
            }
        }
    }
    for (text, succeeded) in texts.iter().zip(succeeded) {
        // The one that is there to fail.
        assert!(succeeded || text.sql.contains("NULL)"), "never succeeded: {}", text.sql);
    }
}

#[tokio::test]
async fn every_text_is_understood_by_sqlite() {
    every_text_is_understood(Backend::Sqlite).await;
}

#[tokio::test]
async fn every_text_is_understood_by_postgres() {
    every_text_is_understood(Backend::Postgres).await;
}

#[tokio::test]
async fn every_text_is_understood_by_mariadb() {
    every_text_is_understood(Backend::MariaDb).await;
}
