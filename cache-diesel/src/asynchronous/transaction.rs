//! Transactions of a certain kind, on PostgreSQL.

use diesel::result::Error as DieselError;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager};

use super::AsyncCachedConnection;

type Conn = AsyncCachedConnection<AsyncPgConnection>;

/// Builds a transaction, as diesel-async's `TransactionBuilder` does, which only its own connections can have. Made by
/// [`AsyncCachedConnection::build_transaction`].
#[derive(Debug)]
#[must_use = "a transaction does nothing until it runs"]
pub struct AsyncTransactionBuilder<'c> {
    conn: &'c mut Conn,
    isolation: &'static str,
    mode: &'static str,
    deferrable: &'static str,
}

impl Conn {
    /// Runs a transaction of a certain kind, as
    /// [`AsyncPgConnection::build_transaction`](diesel_async::AsyncPgConnection::build_transaction) does.
    ///
    /// ```no_run
    /// use cache_diesel::{AsyncCachedConnection, Cache};
    /// use diesel::result::Error;
    /// use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let bare = AsyncPgConnection::establish("postgres://localhost/shop").await?;
    /// let mut conn = AsyncCachedConnection::new(bare, Cache::from_url("memory://")?).await?;
    /// let eaten = conn.build_transaction().serializable().run(async |conn| {
    ///     diesel::sql_query("DELETE FROM cake WHERE is_eaten").execute(conn).await
    /// });
    /// assert_eq!(eaten.await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn build_transaction(&mut self) -> AsyncTransactionBuilder<'_> {
        AsyncTransactionBuilder { conn: self, isolation: "", mode: "", deferrable: "" }
    }
}

impl AsyncTransactionBuilder<'_> {
    /// Makes it `READ ONLY`.
    pub fn read_only(self) -> Self {
        Self { mode: " READ ONLY", ..self }
    }

    /// Makes it `READ WRITE`, which it is unless the session says otherwise.
    pub fn read_write(self) -> Self {
        Self { mode: " READ WRITE", ..self }
    }

    /// Makes it `DEFERRABLE`.
    pub fn deferrable(self) -> Self {
        Self { deferrable: " DEFERRABLE", ..self }
    }

    /// Makes it `NOT DEFERRABLE`, which it is unless the session says otherwise.
    pub fn not_deferrable(self) -> Self {
        Self { deferrable: " NOT DEFERRABLE", ..self }
    }

    /// Makes it `READ COMMITTED`, which it is unless the session says otherwise.
    pub fn read_committed(self) -> Self {
        Self { isolation: " ISOLATION LEVEL READ COMMITTED", ..self }
    }

    /// Makes it `REPEATABLE READ`.
    pub fn repeatable_read(self) -> Self {
        Self { isolation: " ISOLATION LEVEL REPEATABLE READ", ..self }
    }

    /// Makes it `SERIALIZABLE`.
    pub fn serializable(self) -> Self {
        Self { isolation: " ISOLATION LEVEL SERIALIZABLE", ..self }
    }

    /// Runs the function in the transaction; commits if it succeeds, and rolls back if not.
    ///
    /// # Errors
    /// What the function returns, what BEGIN, COMMIT and ROLLBACK do, and
    /// [`AlreadyInTransaction`](DieselError::AlreadyInTransaction).
    ///
    /// # Cancel safety
    /// The transaction stays open, as ever: a pool replaces the connection.
    pub async fn run<T, E, R>(self, run: R) -> Result<T, E>
    where
        E: From<DieselError>,
        R: for<'r> AsyncFnOnce(&'r mut Conn) -> Result<T, E>,
    {
        let Self { conn, isolation, mode, deferrable } = self;
        let begin = format!("BEGIN TRANSACTION{isolation}{mode}{deferrable}");
        AnsiTransactionManager::begin_transaction_sql(&mut *conn, &begin).await?;
        match run(&mut *conn).await {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(conn).await?;
                Ok(value)
            }
            Err(error) => {
                AnsiTransactionManager::rollback_transaction(conn).await?;
                Err(error)
            }
        }
    }
}
