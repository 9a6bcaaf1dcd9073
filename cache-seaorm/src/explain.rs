//! `db.explain(..)`: what reads depend on and would find, what writes touch, and why.

use std::fmt;
use std::sync::Arc;

use cache_core::session::{Explainer, Explanation};

use crate::connection::CachedConnection;

/// What ran, and its explanation. Displayed, it is a paragraph for each read and write.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explained<T> {
    /// What the block returned.
    pub value: T,
    /// One for each cached read and each write, in their order.
    pub explanations: Vec<Explanation>,
}

impl<T> fmt::Display for Explained<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, explanation) in self.explanations.iter().enumerate() {
            write!(f, "{}{explanation}", if index > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl CachedConnection {
    /// Explains the cached reads and the writes of a block.
    ///
    /// The block really runs: its writes are written and invalidate. Its cached reads ask the database, not
    /// the cache, so that what they depend on can be told; each says what an ordinary read would have found,
    /// and leaves the cache as it is.
    ///
    /// ```
    /// use cache_seaorm::{Cache, CacheExt, CachedConnection};
    /// use sea_orm::{ConnectionTrait, Database, DbBackend, FromQueryResult, JsonValue, Statement};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::from_url("memory://?private")?;
    /// # let db = CachedConnection::new(Database::connect("sqlite::memory:").await?, cache).await?;
    /// db.execute_unprepared("CREATE TABLE cake (id INTEGER PRIMARY KEY, name TEXT)").await?;
    /// let cakes = || {
    ///     let sql = "SELECT id, name FROM cake WHERE id = 1";
    ///     JsonValue::find_by_statement(Statement::from_string(DbBackend::Sqlite, sql)).cached()
    /// };
    /// cakes().all(&db).await?;
    /// db.execute_unprepared("INSERT INTO cake VALUES (1, 'cheese')").await?;
    ///
    /// let why = db.explain(async |db| cakes().all(db).await).await?.to_string();
    /// assert!(why.contains("miss: touched by publication"), "{why}");
    /// assert!(why.contains("`INSERT INTO cake VALUES (1, 'cheese')`"), "{why}");
    /// assert!(why.contains("depends on: row cake(1), columns id, name"), "{why}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the block returns.
    ///
    /// # Cancel safety
    /// As the block's own calls.
    pub async fn explain<T, E, B>(&self, body: B) -> Result<Explained<T>, E>
    where
        B: for<'c> AsyncFnOnce(&'c CachedConnection) -> Result<T, E>,
    {
        let explainer = Arc::<Explainer>::default();
        let value = body(&self.explained(Arc::clone(&explainer))).await?;
        Ok(Explained { value, explanations: explainer.take() })
    }
}
