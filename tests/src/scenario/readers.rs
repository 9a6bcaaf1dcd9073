//! Readers whom a write overtakes, and blocks.

use std::time::Duration;

use cache_seaorm::{CachedConnection, Policy};
use sea_orm::DbErr;

use super::{CHANGE, LIST, Verdict, case, verdict};
use crate::backend::Backend;
use crate::case::read;
use crate::gate::Gate;
use crate::world::Pool;

/// Its own caller began before the write and may see the rows before it; nobody else may.
pub(super) async fn overtaken_reader(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (list, gate) = (read(LIST), Gate::default());
    let reader = async { case.subject().cached_behind(&list, &gate).await };
    let writer = async {
        gate.reached().await;
        case.write(CHANGE).await;
        gate.open();
    };
    tokio::join!(reader, writer);
    Ok(verdict(&case, &list, "after the reader returned").await)
}

pub(super) async fn joining_reader(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (list, gate) = (read(LIST), Gate::default());
    let first = async { case.subject().cached_behind(&list, &gate).await };
    let second = async {
        gate.reached().await;
        case.write(CHANGE).await;
        // Two may pass: the first one, and the second if it loads by itself.
        let open = async {
            tokio::task::yield_now().await;
            gate.open();
            gate.reached().await;
            gate.open();
        };
        let read = case.subject().cached_behind(&list, &gate);
        let mut read = std::pin::pin!(read);
        tokio::select! {
            answer = &mut read => answer,
            () = open => read.await,
        }
    };
    let (_, (answer, _)) = tokio::join!(first, second);
    Ok(Verdict::of(&answer, &case.subject().truth(&list).await, "for a reader that came after the write"))
}

pub(super) async fn write_after_the_end(backend: Backend) -> Result<Verdict, DbErr> {
    const MOMENT: Duration = Duration::from_millis(1);
    let stretched = Policy::new().ttl(MOMENT).stale_while_revalidate(Duration::from_secs(3600));
    let case = case(backend, Pool::One).await.reading_as(stretched);
    case.subject().cached(&read(LIST)).await;
    tokio::time::sleep(MOMENT).await;
    case.write(CHANGE).await;
    Ok(verdict(&case, &read(LIST), "after the write returned").await)
}

pub(super) async fn write_within_block(backend: Backend) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (inner, outer, gate) = (read(LIST), read("SELECT count(*) FROM article"), Gate::default());
    case.warm(&inner).await;
    let reader = async { case.subject().cached_around(&inner, &gate, &outer).await };
    let writer = async {
        gate.reached().await;
        case.write(CHANGE).await;
        gate.open();
    };
    tokio::join!(reader, writer);
    gate.open();
    let (answer, _) = case.subject().cached_around(&inner, &gate, &outer).await;
    Ok(Verdict::of(&answer, &case.subject().truth_around(&inner, &outer).await, "after the block returned"))
}

/// A read that fails as long as there are articles of both titles, and what makes one of them another.
#[must_use]
pub fn failing(backend: Backend) -> (&'static str, &'static str) {
    let text = match backend {
        Backend::Sqlite => "SELECT json(title) FROM article WHERE id = 2",
        Backend::Postgres | Backend::MariaDb => {
            "SELECT (SELECT id FROM article WHERE title IN ('one', 'two')) AS id"
        }
    };
    (text, "UPDATE article SET title = '2' WHERE id = 2")
}

/// How a read is run in a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Run {
    Plain,
    Cached,
}

/// Whoever went on without it may have it the next time.
pub(super) async fn failed_in_block(backend: Backend, run: Run) -> Result<Verdict, DbErr> {
    let case = case(backend, Pool::One).await;
    let (fails, mends) = failing(backend);
    let (list, fails, policy) = (read(LIST), read(fails), Policy::new());
    let block = async || {
        let body = async |db: &CachedConnection| {
            list.run_on(db).await?;
            let answer = match run {
                Run::Plain => fails.run_on(db).await,
                Run::Cached => fails.run_cached(db, &policy).await,
            };
            Ok::<_, DbErr>(answer.is_ok())
        };
        case.connection().cached_query("fails").run(body).await
    };
    assert!(!block().await?, "nothing would be tested");
    case.write(mends).await;
    Ok(if block().await? { Verdict::Fresh } else { Verdict::Stale("the read fails no more".to_owned()) })
}
