//! Who else is there while a step runs: readers, and another program.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::DbErr;

use crate::backend::Backend;
use crate::read::Read;
use crate::world::World;
use crate::write::{Beside, Write};

/// How many reads a look takes.
const LOOK: usize = 8;
/// After it another second has begun.
const SECOND: Duration = Duration::from_millis(1_100);

/// The others of one world.
pub(super) struct Others<'a> {
    world: &'a World,
    reads: Vec<&'a Read>,
    next: AtomicUsize,
}

impl<'a> Others<'a> {
    /// Those who read these, from one of them on.
    pub(super) fn new(world: &'a World, reads: impl Iterator<Item = &'a Read>, first: usize) -> Self {
        Self { world, reads: reads.collect(), next: AtomicUsize::new(first) }
    }
}

impl Beside for Others<'_> {
    async fn look(&self) {
        for _ in 0..LOOK.min(self.reads.len()) {
            let read = self.reads[self.next.fetch_add(1, Ordering::Relaxed) % self.reads.len()];
            self.world.subject().cached(read).await;
        }
    }

    async fn change(&self, write: &Write) -> Result<(), DbErr> {
        let subject = self.world.subject();
        if write.backend == Backend::MariaDb {
            // It tells when a table was made in seconds: twice in one is once.
            tokio::time::sleep(SECOND).await;
        }
        let outcome = write.operation.run(subject.untracked()).await;
        subject.refresh_schema().await?;
        outcome
    }
}
