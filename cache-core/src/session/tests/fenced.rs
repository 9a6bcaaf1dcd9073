//! What is announced before it is made, on a log that processes share.

use std::future::{pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::*;
use crate::error::Result;
use crate::log::{BoxFuture, Epoch, Fate, Fence, Fences, Log, MemoryLog, Position, Record, Remote, Tail};
use crate::mark::{Mark, Marks};
use crate::schema::{Routine, Routines};

/// A log as if reached over a network, which remembers the fences that were raised.
#[derive(Debug, Default)]
struct SharedLog {
    log: Arc<MemoryLog>,
    raised: Mutex<Vec<Fence>>,
}

impl SharedLog {
    /// What was raised since the last call.
    fn raised(&self) -> Vec<Fence> {
        std::mem::take(&mut *self.raised.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Log for SharedLog {
    fn remote(&self) -> Option<&dyn Remote> {
        Some(self)
    }

    fn head(&self) -> BoxFuture<'_, Result<Position>> {
        self.log.head()
    }

    fn append<'a>(&'a self, marks: &'a Marks, fences: Fences) -> BoxFuture<'a, Result<Record>> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).extend(fences.raised.iter().cloned());
        self.log.append(marks, fences)
    }

    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>> {
        self.log.read_after(position)
    }

    fn renew(&self) -> BoxFuture<'_, Result<(Epoch, Position)>> {
        self.log.renew()
    }
}

impl Remote for SharedLog {
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }

    fn recovered(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

async fn session_of(dialect: Dialect) -> (Session, Arc<SharedLog>) {
    let log = Arc::new(SharedLog::default());
    (session_on(dialect, Arc::clone(&log) as _).await, log)
}

async fn session_on(dialect: Dialect, log: Arc<dyn Log>) -> Session {
    let cache = Cache::builder().log(log).build();
    let table = TableDefinition::new("t").column(Column::int("id")).column(Column::text("c"));
    let mut routines = Routines::default();
    for name in ["pg_current_xact_id", "pg_xact_status"] {
        routines.add(name, Routine::Volatile);
    }
    let schema = Schema::new(dialect, [table.primary_key(["id"])], []).unwrap().with_routines(routines);
    let database = Database::attach(&cache, DatabaseId::new("test"), schema, vec![]).await.unwrap();
    Session::new(database)
}

fn announces_everything(log: &SharedLog) -> bool {
    log.raised().iter().any(|fence| fence.marks.contains(Mark::EVERYTHING))
}

#[tokio::test]
async fn the_number_of_a_transaction_ends_with_it() {
    let (session, log) = session_of(Dialect::Postgres).await;
    let transaction = session.begin();
    let journal = transaction.journal().unwrap();
    journal.note_transaction(7);
    let _ = update(&transaction, 1).finish(DONE).await;
    let _ = transaction.step("COMMIT AND CHAIN", &Vec::new).finish(DONE).await;
    // What runs outside of any has one of its own.
    journal.note_transaction(8);
    let _ = update(&transaction, 2).finish(DONE).await;
    log.raised();
    let mut commit = transaction.commit();
    assert!(commit.wants_transaction());
    commit.note_transaction("9");
    commit.announce().await.unwrap();
    let numbers: Vec<u64> = log.raised().iter().map(|fence| fence.transaction.unwrap().number).collect();
    assert_eq!(numbers, [9]);
    let _ = commit.finish(Committed::Yes).await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_what_became_of_a_transaction_is_asked_again() {
    let (session, _log) = session_of(Dialect::Postgres).await;
    let (database, cache) = (session.database(), session.cache());
    let one = Entry::fill(&session, 1).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    database.set_ask_fate(Box::new(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Box::pin(pending()),
        _ => Box::pin(ready(Some(Fate::RolledBack))),
    }));
    let everything = [Mark::EVERYTHING].into_iter().collect();
    drop(cache.announce(&everything, Some(database.transaction(7))).await.unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    while !one.survived().await {
        assert!(Instant::now() < deadline, "the fence stays up");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn updates_of_one_row_that_name_no_transaction_share_a_fence_if_they_follow_closely() {
    let (session, log) = session_of(Dialect::Postgres).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        log.raised();
        for _ in 0..2 {
            let mut step = update(&session, 1);
            step.announce().await.unwrap();
            let _ = step.finish(DONE).await;
        }
        if log.raised().len() < 2 {
            break;
        }
        assert!(Instant::now() < deadline, "each raises one");
    }
}

/// Transaction control that is not followed, after what it may commit.
const UNSEEN: [(Dialect, &str, &str); 4] = [
    (Dialect::Postgres, "BEGIN", "PREPARE TRANSACTION 'x'"),
    (Dialect::Postgres, "SELECT 1", "COMMIT PREPARED 'x'"),
    (Dialect::MySql, "START TRANSACTION", "START TRANSACTION"),
    (Dialect::MySql, "START TRANSACTION", "COMMIT AND NO CHAIN"),
];

#[tokio::test]
async fn a_commit_that_is_not_followed_is_announced_and_waited_for() {
    for (dialect, before, sql) in UNSEEN {
        let (session, log) = session_of(dialect).await;
        let elsewhere = session_on(dialect, Arc::clone(&log.log) as _).await;
        let mut connection = TextSession::new(Arc::clone(session.database()));
        let _ = connection.finish(connection.step(before), DONE).await;
        let one = Entry::fill(&elsewhere, 1).await;
        let mut step = connection.step(sql);
        assert!(step.is_write(), "{sql}");
        TextSession::announce(&mut step).await.unwrap();
        assert!(announces_everything(&log), "{sql}");
        assert!(!one.survived().await && !one.survived().await, "{sql}");
        let _ = connection.finish(step, DONE).await;
        assert!(!one.survived().await, "{sql}");
        assert!(one.survived().await, "{sql}");
    }
}

#[tokio::test]
async fn one_that_failed_may_have_happened_and_one_that_is_not_sent_has_not() {
    for (dialect, before, sql) in UNSEEN {
        let session = session_on(dialect, Arc::new(MemoryLog::new())).await;
        let mut connection = TextSession::new(Arc::clone(session.database()));
        let _ = connection.finish(connection.step(before), DONE).await;
        let one = Entry::fill(&session, 1).await;
        let step = connection.step(sql);
        connection.give_up(step);
        assert!(one.survived().await, "{sql}");
        let failed = connection.finish(connection.step(sql), Outcome::Failed);
        let _ = failed.await;
        assert!(!one.survived().await, "{sql}");
        let one = Entry::fill(&session, 1).await;
        drop(connection.finish(connection.step(sql), DONE));
        assert!(!one.survived().await, "{sql}");
    }
}

#[tokio::test]
async fn a_statement_that_commits_by_itself_announces_what_the_transaction_owes() {
    let texts = ["CREATE TABLE v (id INT)", "CALL p()", "START TRANSACTION", "COMMIT"];
    for (dialect, sql) in
        texts.map(|sql| (Dialect::MySql, sql)).into_iter().chain([(Dialect::Postgres, "COMMIT")])
    {
        let (session, log) = session_of(dialect).await;
        let transaction = session.begin();
        let mut write = update(&transaction, 1);
        write.announce().await.unwrap();
        let _ = write.finish(DONE).await;
        assert!(log.raised().is_empty(), "nothing is in the database yet");
        let mut step = transaction.step(sql, &Vec::new);
        step.announce().await.unwrap();
        assert!(announces_everything(&log), "{dialect:?} {sql}");
        let _ = step.finish(DONE).await;
    }
}
