//! What a process does.

use std::time::Duration;

use cache_seaorm::{CacheExt, CachedTransaction};
use rustix::process::{Signal, getpid, kill_process};
use sea_orm::{DbErr, EntityTrait, TransactionTrait};
use std::sync::atomic::Ordering;

use super::Worker;
use crate::gate::Gate;
use crate::history::event::{Change, now};
use crate::history::read::Read;
use crate::history::table::item;
use crate::history::write::Write;
use crate::rng::Rng;

#[derive(Clone, Copy)]
enum Act {
    Write,
    Abandon,
    Transaction,
}

#[derive(Clone, Copy)]
enum End {
    Commit,
    Abandon,
    Rollback,
    Drop,
}

impl Worker {
    pub(super) async fn act(&self, mut rng: Rng) {
        let mut commits = 0;
        while !self.stopped.load(Ordering::Relaxed) {
            if !rng.chance(self.writes()) {
                self.read(&Read::random(&mut rng)).await;
                continue;
            }
            match rng.weighted(&[(5, Act::Write), (1, Act::Abandon), (4, Act::Transaction)]) {
                Act::Write => self.write(&mut rng).await,
                Act::Abandon => self.abandon(&mut rng).await,
                Act::Transaction => self.transaction(&mut commits, &mut rng).await,
            }
            tokio::time::sleep(Duration::from_micros(rng.below(self.rest()) as u64)).await;
        }
    }

    async fn read(&self, read: &Read) {
        let from = now();
        match read.run(&self.db).await {
            Ok(parts) => self.tally.read(from, now(), parts, &self.db.cache().stats()),
            Err(error) => self.tally.fail(format!("{read:?}: {error}")),
        }
    }

    async fn write(&self, rng: &mut Rng) {
        let write = Write::random(self.tally.stamp(), Some(&self.births), rng);
        let pending = self.tally.begin(write.planned());
        let outcome = write.run(&self.db).await;
        let stats = self.db.cache().stats();
        match outcome {
            Ok(changes) => self.tally.end(&pending, changes, &stats),
            Err(error) if is_refusal(&error) => self.tally.refuse(&pending, &stats),
            Err(error) => self.tally.fail(format!("{write:?}: {error}")),
        }
    }

    /// It may run to its end all the same, so nobody may be born by it: the right to that ends here.
    async fn abandon(&self, rng: &mut Rng) {
        let write = Write::random(self.tally.stamp(), None, rng);
        let from = now();
        self.tally.begin(write.planned());
        Gate::abandon(write.run(&self.db), rng.below(12)).await;
        self.tally.leave(from, &self.db.cache().stats());
    }

    async fn transaction(&self, commits: &mut u64, rng: &mut Rng) {
        let from = now();
        let outcome = async {
            let transaction = self.db.begin().await?;
            let mut changes = Vec::new();
            for _ in 0..1 + rng.below(3) {
                changes.extend(self.step(&transaction, rng).await?);
            }
            if rng.chance(20) {
                // What is seen here nobody else may see yet.
                item::Entity::find().cached().all(&transaction).await?;
            }
            Ok((transaction, changes))
        };
        match outcome.await {
            Ok((transaction, changes)) => {
                *commits += 1;
                self.end(transaction, changes, *commits, rng).await;
            }
            Err(error) if is_refusal(&error) => self.tally.leave(from, &self.db.cache().stats()),
            Err(error) => self.tally.fail(format!("a transaction: {error}")),
        }
    }

    async fn step(&self, transaction: &CachedTransaction, rng: &mut Rng) -> Result<Vec<Change>, DbErr> {
        let write = Write::random(self.tally.stamp(), Some(&self.births), rng);
        if !rng.chance(20) {
            return write.run(transaction).await;
        }
        let savepoint = transaction.begin().await?;
        let changes = write.run(&savepoint).await?;
        if rng.chance(50) {
            savepoint.rollback().await?;
            return Ok(Vec::new());
        }
        savepoint.commit().await?;
        Ok(changes)
    }

    async fn end(&self, transaction: CachedTransaction, changes: Vec<Change>, number: u64, rng: &mut Rng) {
        let from = now();
        let ends = [(15, End::Commit), (1, End::Abandon), (2, End::Rollback), (1, End::Drop)];
        match rng.weighted(&ends) {
            End::Commit => {
                let pending = self.tally.begin(changes.clone());
                self.perhaps_die(number);
                match transaction.commit().await {
                    Ok(()) => self.tally.end(&pending, changes, &self.db.cache().stats()),
                    Err(error) if is_refusal(&error) => self.tally.refuse(&pending, &self.db.cache().stats()),
                    Err(error) => self.tally.fail(format!("COMMIT: {error}")),
                }
                return;
            }
            End::Abandon => {
                self.tally.begin(changes);
                Gate::abandon(transaction.commit(), rng.below(12)).await;
            }
            End::Rollback => {
                if let Err(error) = transaction.rollback().await {
                    self.tally.fail(format!("ROLLBACK: {error}"));
                }
            }
            End::Drop => drop(transaction),
        }
        self.tally.leave(from, &self.db.cache().stats());
    }

    fn perhaps_die(&self, commit: u64) {
        if self.settings.dies_before_commit.is_some_and(|last| commit >= last) {
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}

/// The database said no, as the row is there already or another writer took too long; or the cache did before the
/// database was asked.
fn is_refusal(error: &DbErr) -> bool {
    let error = error.to_string();
    let refusals = ["UNIQUE constraint failed", "database is locked", "nothing was written"];
    refusals.iter().any(|refusal| error.contains(refusal))
}
