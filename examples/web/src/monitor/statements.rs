//! Statements a second at the database.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::{Result, database};

const SECOND: Duration = Duration::from_secs(1);
const SAMPLES: usize = 61;

/// What the server has counted, second by second, for the last minute.
#[derive(Debug, Default)]
pub struct Statements(Mutex<VecDeque<(Instant, u64)>>);

/// Statements a second.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rates {
    pub last_second: f64,
    pub last_minute: f64,
}

impl Statements {
    /// Asks the server on a connection of its own until it is dropped.
    pub(super) async fn follow(url: &str) -> Result<Arc<Self>> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await?;
        let statements = Arc::new(Self::default());
        tokio::spawn(ask(db, Arc::downgrade(&statements)));
        Ok(statements)
    }

    /// None as long as nothing is known, and for ever if the server does not count.
    #[must_use]
    pub fn rates(&self) -> Option<Rates> {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, first) = (*samples.back()?, *samples.front()?);
        let before = *samples.get(samples.len().checked_sub(2)?)?;
        Some(Rates { last_second: rate(before, last), last_minute: rate(first, last) })
    }

    fn add(&self, count: u64) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() == SAMPLES {
            samples.pop_front();
        }
        samples.push_back((Instant::now(), count));
    }
}

async fn ask(db: DatabaseConnection, statements: Weak<Statements>) {
    while let (Some(count), Some(statements)) = (database::statements(&db).await, statements.upgrade()) {
        statements.add(count);
        drop(statements);
        tokio::time::sleep(SECOND).await;
    }
}

fn rate((from, before): (Instant, u64), (to, after): (Instant, u64)) -> f64 {
    after.saturating_sub(before) as f64 / (to - from).as_secs_f64()
}
