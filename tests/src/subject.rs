//! The seam: the only place that knows the cache under test.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_seaorm::cache::Stats;
use cache_seaorm::{Cache, CachedConnection, Declaration, Policy};
use sea_orm::{DatabaseConnection, DbErr};

use crate::backend::Backend;
use crate::gate::Gate;
use crate::misses::{Miss, Misses};
use crate::read::{Answer, Order, Read};

/// The connection that writes go through.
pub type Connection = CachedConnection;

/// How a cached read was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Without a question to the database.
    Hit,
    /// From the database.
    Miss,
}

/// A wrapped connection with a cache of its own; or two, for reads and for writes, whose caches share a server as
/// those of two processes do.
#[derive(Debug)]
pub struct Subject {
    reader: Connection,
    writer: Connection,
    policy: Policy,
    statements: Arc<AtomicU64>,
    looks: Arc<AtomicU64>,
    misses: Misses,
}

/// Which caches a subject has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Caches {
    /// One, in this process.
    #[default]
    One,
    /// One for reads and one for writes, which share this server as two processes do.
    Two(SocketAddr),
}

impl Caches {
    /// The URLs for reads and for writes.
    fn urls(self) -> (String, Option<String>) {
        match self {
            Self::One => ("memory://?private".to_owned(), None),
            Self::Two(server) => {
                static SUBJECTS: AtomicU64 = AtomicU64::new(0);
                let number = SUBJECTS.fetch_add(1, Ordering::Relaxed);
                // Without fences, since each change of a schema would keep everything out for a while.
                let url =
                    format!("redis://{server}/0?prefix=subject{number}&private&fence=nobody&timeout=20s");
                (url.clone(), Some(url))
            }
        }
    }
}

impl Subject {
    /// Wraps a connection, with scopes registered by hand.
    ///
    /// # Errors
    ///
    /// If the schema cannot be read.
    pub async fn wrap(
        mut connection: DatabaseConnection,
        declarations: &[Declaration],
        caches: Caches,
    ) -> Result<Self, DbErr> {
        let (statements, looks) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let counters = [&statements, &looks].map(Arc::clone);
        connection.set_metric_callback(move |info| {
            let is_look = Backend::looks_at_schema(&info.statement.sql);
            counters[usize::from(is_look)].fetch_add(1, Ordering::Relaxed);
        });
        let (reads, writes) = caches.urls();
        let reader = wrap(connection.clone(), declarations, &reads).await?;
        let writer = match writes {
            Some(writes) => wrap(connection, declarations, &writes).await?,
            None => reader.clone(),
        };
        let misses = Misses::of(reader.cache());
        Ok(Self { reader, writer, policy: Policy::new(), statements, looks, misses })
    }

    /// The same, whose reads have this policy.
    #[must_use]
    pub fn reading_as(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// What the cache of the reads has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.reader.cache().stats()
    }

    /// How many statements have looked whether the schema has changed.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// What writes go through.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.writer
    }

    /// Around the cache.
    #[must_use]
    pub fn untracked(&self) -> &DatabaseConnection {
        self.reader.untracked()
    }

    /// Runs a read through the cache.
    pub async fn cached(&self, read: &Read) -> (Answer, Source) {
        self.observe(read.run_cached(&self.reader, &self.policy)).await
    }

    async fn observe(&self, reading: impl Future<Output = Result<Answer, DbErr>>) -> (Answer, Source) {
        let before = self.statements.load(Ordering::Relaxed);
        let answer = Answer::settle(reading.await);
        let asked = self.statements.load(Ordering::Relaxed) > before;
        (answer, if asked { Source::Miss } else { Source::Hit })
    }

    /// Why a read since the last call was no hit, if the cache says so.
    #[must_use]
    pub fn miss(&self) -> Option<Miss> {
        self.misses.take()
    }

    /// Runs a read around the cache.
    pub async fn truth(&self, read: &Read) -> Answer {
        Answer::settle(read.run_on(self.untracked()).await)
    }

    /// Runs a read in a block that stops at the gate after the read and before its end.
    pub async fn cached_behind(&self, read: &Read, gate: &Gate) -> (Answer, Source) {
        let block = self.reader.cached_query(("behind", read.to_string()));
        let body = async |db: &Connection| {
            let answer = read.run_on(db).await?;
            gate.pass().await;
            Ok(answer)
        };
        self.observe(block.run(body)).await
    }

    /// Runs a block that holds a cached read, the gate, and another read.
    pub async fn cached_around(&self, inner: &Read, gate: &Gate, outer: &Read) -> (Answer, Source) {
        let block = self.reader.cached_query(("around", inner.to_string(), outer.to_string()));
        let body = async |db: &Connection| {
            let inner = inner.run_cached(db, &self.policy).await?;
            gate.pass().await;
            let outer = outer.run_on(db).await?;
            Ok(Answer::of([inner.to_string(), outer.to_string()], Order::Total))
        };
        self.observe(block.run(body)).await
    }

    /// What [`cached_around`](Self::cached_around) should answer.
    pub async fn truth_around(&self, inner: &Read, outer: &Read) -> Answer {
        let answers = [self.truth(inner).await.to_string(), self.truth(outer).await.to_string()];
        Answer::of(answers, Order::Total)
    }

    /// Reads the schema again, as after a migration around the wrapper.
    ///
    /// # Errors
    ///
    /// If the schema cannot be read.
    pub async fn refresh_schema(&self) -> Result<(), DbErr> {
        self.writer.refresh_schema().await.map_err(custom)
    }
}

fn custom(error: cache_core::Error) -> DbErr {
    let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
    DbErr::Custom(format!("{error}{source}"))
}

async fn wrap(
    connection: DatabaseConnection,
    declarations: &[Declaration],
    url: &str,
) -> Result<Connection, DbErr> {
    let cache = Cache::from_url(url).map_err(custom)?;
    let connection = CachedConnection::new(connection, cache).await.map_err(custom)?;
    connection.declare(declarations.to_vec()).await.map_err(custom)?;
    Ok(connection)
}
