//! What is announced before it is made, on a log that processes share.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::*;
use crate::error::Result;
use crate::log::{BoxFuture, Epoch, Fence, Fences, Log, MemoryLog, Position, Record, Remote, Tail};
use crate::mark::Marks;
use crate::schema::{Routine, Routines};

/// A log as if reached over a network, which remembers the fences that were raised.
#[derive(Debug, Default)]
struct SharedLog {
    log: MemoryLog,
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
    let cache = Cache::builder().log(Arc::clone(&log) as _).build();
    let table = TableDefinition::new("t").column(Column::int("id")).column(Column::text("c"));
    let mut routines = Routines::default();
    for name in ["pg_current_xact_id", "pg_xact_status"] {
        routines.add(name, Routine::Volatile);
    }
    let schema = Schema::new(dialect, [table.primary_key(["id"])], []).unwrap().with_routines(routines);
    let database = Database::attach(&cache, DatabaseId::new("test"), schema, vec![]).await.unwrap();
    (Session::new(database), log)
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
