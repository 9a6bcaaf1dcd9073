//! The connection, while it is here and while a task has it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use cache_core::{Error, ErrorKind, Result};
use diesel::connection::CacheSize;
use diesel_async::{AsyncConnection, AsyncMysqlConnection};

use crate::asynchronous::task::to_its_end;
use crate::asynchronous::turns::{Company, Turns};

/// A connection that is lent to the task that runs a statement on it. A task that ended before it gave the connection back
/// (a panic, the end of its runtime) has closed it.
pub struct Lent(Mutex<Option<AsyncMysqlConnection>>);

/// What a task does with the connection.
type Use<'c, T> = Pin<Box<dyn Future<Output = T> + Send + 'c>>;

impl Lent {
    pub(super) fn new(connection: AsyncMysqlConnection) -> Self {
        Self(Mutex::new(Some(connection)))
    }

    /// Lends the connection to a task, after all who asked before.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if a task has not given it back.
    ///
    /// # Cancel safety
    /// Dropped while it waits for its turn, nothing is done. After that, all of it is.
    pub(super) async fn alone<T, F>(self: &Arc<Self>, turns: &Turns, run: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AsyncMysqlConnection) -> Use<'c, T> + Send + 'static,
    {
        let turn = turns.take(Company::Alone).await;
        let lent = Arc::clone(self);
        to_its_end(async move {
            let mut connection = lent.take().ok_or_else(lost)?;
            let value = run(&mut connection).await;
            lent.give_back(connection);
            drop(turn);
            Ok(value)
        })
        .await?
    }

    fn take(&self) -> Option<AsyncMysqlConnection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn give_back(&self, connection: AsyncMysqlConnection) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    fn get_mut(&mut self) -> Option<&mut AsyncMysqlConnection> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut()
    }

    pub(super) fn resize(&mut self, size: CacheSize) {
        if let Some(connection) = self.get_mut() {
            connection.set_prepared_statement_cache_size(size);
        }
    }

    #[cfg(any(feature = "deadpool", feature = "bb8"))]
    pub(super) fn is_broken(&mut self) -> bool {
        self.get_mut().is_none_or(diesel_async::pooled_connection::PoolableConnection::is_broken)
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

fn lost() -> Error {
    let message = "the connection was lost with the task that ran a statement on it; open another";
    Error::new(ErrorKind::Unavailable, message)
}
