//! Named cases: one small schema, one read, one write.

use std::time::{Duration, Instant};

use cache_seaorm::{Declaration, Policy};
use sea_orm::{ConnectionTrait, DbErr};

use crate::backend::{Backend, Home};
use crate::literal::{Sql, Values};
use crate::read::{Answer, Order, Read};
use crate::servers::wait::PATIENCE;
use crate::subject::{Caches, Connection, Source, Subject};
use crate::world::Pool;

/// A small database of one's own with a cache over it.
#[derive(Debug)]
pub struct Case {
    subject: Subject,
    _home: Home,
}

/// A read of this text.
#[must_use]
pub fn read(text: &str) -> Read {
    let mut sql = Sql::new(Values::Inline);
    sql.push(text);
    // Where an order is asked for it is part of the answer.
    let order = if text.contains("ORDER BY") { Order::Total } else { Order::Unspecified };
    Read::Text { order, tables: Vec::new(), sql }
}

impl Case {
    /// A database with this schema and these rows, and these declared scopes.
    ///
    /// # Panics
    ///
    /// If the setup is no valid SQL.
    pub async fn new(setup: &str, declarations: &[Declaration]) -> Self {
        Self::with_pool(setup, declarations, Pool::One).await
    }

    /// The same, with this pool.
    ///
    /// # Panics
    ///
    /// If the setup is no valid SQL.
    pub async fn with_pool(setup: &str, declarations: &[Declaration], pool: Pool) -> Self {
        Self::on(Backend::Sqlite, setup, declarations, pool).await
    }

    /// The same, on this kind of database.
    ///
    /// # Panics
    ///
    /// If the setup is no valid SQL.
    pub async fn on(backend: Backend, setup: &str, declarations: &[Declaration], pool: Pool) -> Self {
        let (home, connection) = backend.open(pool).await.expect("a database can be made");
        connection.execute_unprepared(setup).await.expect("the setup is valid SQL");
        let subject =
            Subject::wrap(connection, declarations, Caches::One).await.expect("the schema can be read");
        Self { subject, _home: home }
    }

    /// The same, whose reads have this policy.
    #[must_use]
    pub fn reading_as(self, policy: Policy) -> Self {
        Self { subject: self.subject.reading_as(policy), ..self }
    }

    /// What is tested.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What writes go through.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        self.subject.connection()
    }

    /// Runs a write through the wrapper.
    ///
    /// # Panics
    ///
    /// If the database refuses it.
    pub async fn write(&self, sql: &str) {
        self.try_write(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Runs a write through the wrapper that may be refused.
    ///
    /// # Errors
    ///
    /// If the database refuses it.
    pub async fn try_write(&self, sql: &str) -> Result<(), DbErr> {
        self.connection().execute_unprepared(sql).await.map(drop)
    }

    /// Fills the entry of a read, and checks that there is one.
    ///
    /// # Panics
    ///
    /// If the read cannot be cached: nothing would be tested.
    pub async fn warm(&self, read: &Read) -> Answer {
        let answer = self.fresh(read).await.0;
        let (_, source) = self.fresh(read).await;
        assert_eq!(source, Source::Hit, "not cached: {read}");
        answer
    }

    /// Reads through the cache, and checks the answer with the database.
    ///
    /// # Panics
    ///
    /// If they differ.
    pub async fn fresh(&self, read: &Read) -> (Answer, Source) {
        let truth = self.subject.truth(read).await;
        assert!(matches!(truth, Answer::Rows(_)), "{truth}: {read}");
        let (answer, source) = self.subject.cached(read).await;
        assert_eq!(answer, truth, "STALE ({source:?}): {read}");
        (answer, source)
    }

    /// Reads until the answer is what the database says, as it is once a change elsewhere has been noticed.
    ///
    /// # Panics
    ///
    /// If it never is.
    pub async fn comes_to_see(&self, read: &Read) {
        let truth = self.subject.truth(read).await;
        let deadline = Instant::now() + PATIENCE;
        while self.subject.cached(read).await.0 != truth {
            assert!(Instant::now() < deadline, "not noticed: {read}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Reads until the cache has looked whether the schema has changed.
    ///
    /// # Panics
    ///
    /// If it never does.
    pub async fn is_looked_at(&self, read: &Read) {
        let (looks, deadline) = (self.subject.looks(), Instant::now() + PATIENCE);
        while self.subject.looks() == looks {
            assert!(Instant::now() < deadline, "nobody looks at the schema");
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.fresh(read).await;
        }
    }

    /// A warm read is fresh after a write that changes its result.
    ///
    /// # Panics
    ///
    /// If it is stale, or if the write does not change its result.
    pub async fn sees(&self, text: &str, write: &str) {
        let read = read(text);
        let before = self.warm(&read).await;
        self.write(write).await;
        let (after, _) = self.fresh(&read).await;
        assert_ne!(before, after, "the write must change the result: {write}");
    }

    /// A warm read is still a hit after a write that does not change its result.
    ///
    /// # Panics
    ///
    /// If it is not.
    pub async fn keeps(&self, text: &str, write: &str) {
        let read = read(text);
        let before = self.warm(&read).await;
        self.write(write).await;
        let (after, source) = self.fresh(&read).await;
        assert_eq!(before, after, "the write must not change the result: {write}");
        assert_eq!(source, Source::Hit, "not kept: {read}\nwrite: {write}");
    }

    /// A read is never answered from the cache.
    ///
    /// # Panics
    ///
    /// If it is.
    pub async fn never_caches(&self, text: &str) {
        let read = read(text);
        for _ in 0..3 {
            let (answer, source) = self.subject.cached(&read).await;
            assert!(matches!(answer, Answer::Rows(_)), "{answer}: {read}");
            assert_eq!(source, Source::Miss, "cached: {read}");
        }
    }
}

/// The scopes of one table, for [`Case::new`].
///
/// ```
/// use cache_tests::case::scopes;
///
/// let declaration = scopes("article", &[&["category"], &["author_id", "published"]]);
/// assert_eq!(declaration.scopes().len(), 2);
/// ```
#[must_use]
pub fn scopes(table: &str, scopes: &[&[&str]]) -> Declaration {
    scopes.iter().fold(Declaration::new(table), |declaration, scope| declaration.scope(scope.iter().copied()))
}
