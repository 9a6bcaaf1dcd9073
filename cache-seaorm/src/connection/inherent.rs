//! The methods that a `DatabaseConnection` has beside its traits.

use std::fmt::{Debug, Display};

use sea_orm::{
    AccessMode, DbBackend, DbErr, IsolationLevel, SchemaBuilder, TransactionError, TransactionTrait,
};

use super::CachedConnection;
use crate::transaction::CachedTransaction;

impl CachedConnection {
    /// Which database it is.
    #[must_use]
    pub fn get_database_backend(&self) -> DbBackend {
        self.inner().get_database_backend()
    }

    /// A builder that creates the tables of entities.
    #[must_use]
    pub fn get_schema_builder(&self) -> SchemaBuilder {
        self.inner().get_schema_builder()
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.inner().ping().await
    }

    /// Closes the connection. The cache stays open: close it with `db.cache().close()`.
    ///
    /// # Errors
    /// If the connection cannot be closed.
    pub async fn close(self) -> Result<(), DbErr> {
        self.close_by_ref().await
    }

    /// Closes the connection for all its handles.
    ///
    /// # Errors
    /// If the connection cannot be closed.
    pub async fn close_by_ref(&self) -> Result<(), DbErr> {
        self.inner().close_by_ref().await
    }

    /// Runs the function in a transaction: commits if it returns `Ok`, rolls back otherwise.
    ///
    /// # Errors
    /// What the function returns, and what BEGIN, COMMIT and ROLLBACK do.
    pub async fn transaction_async<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> AsyncFnOnce(&'c CachedTransaction) -> Result<T, E> + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        self.transaction_with_config_async(callback, None, None).await
    }

    /// As [`transaction_async`](Self::transaction_async), with an isolation level and an access mode.
    ///
    /// # Errors
    /// What the function returns, and what BEGIN, COMMIT and ROLLBACK do.
    pub async fn transaction_with_config_async<F, T, E>(
        &self,
        callback: F,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<T, TransactionError<E>>
    where
        F: for<'c> AsyncFnOnce(&'c CachedTransaction) -> Result<T, E> + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        let begun = self.begin_with_config(isolation_level, access_mode).await;
        let transaction = begun.map_err(TransactionError::Connection)?;
        let result = callback(&transaction).await;
        transaction.end(result).await
    }
}
