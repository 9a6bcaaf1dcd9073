//! The wrapped transaction.

mod traits;

use std::fmt::{Debug, Display};

use cache_core::session::{Aftermath, Committed, Session, Step};
use futures_util::future::join;
use sea_orm::{
    AccessMode, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, TransactionError, TransactionTrait,
};

use crate::connection::CachedConnection;
use crate::introspect;
use crate::statement::{self, Call};
use crate::{rows, task};

/// A transaction, or a savepoint in one, on a [`CachedConnection`].
///
/// What it writes is invalidated when the outermost transaction has committed, and not at all if it is
/// rolled back or dropped. `.cached()` reads in it go to the database: a transaction may see what no other
/// reader may.
pub struct CachedTransaction {
    /// Taken by commit and rollback.
    inner: Option<DatabaseTransaction>,
    session: Session,
    db: CachedConnection,
}

impl CachedTransaction {
    pub(crate) fn begun(inner: DatabaseTransaction, session: Session, db: CachedConnection) -> Self {
        Self { inner: Some(inner), session, db }
    }

    /// Commits, and invalidates what was written if this is the outermost transaction.
    ///
    /// # Errors
    /// What COMMIT says. The outcome may then be unknown, so the writes are invalidated all the same. With
    /// `strict_writes`, that the cache server cannot be told: the transaction is rolled back.
    ///
    /// # Cancel safety
    /// COMMIT runs in a task of its own: dropping the future stops neither it nor the invalidation. A savepoint is released
    /// in place, and rolled back if that is cut short.
    pub async fn commit(mut self) -> Result<(), DbErr> {
        if self.session.is_broken_off() {
            self.rollback().await?;
            return Err(broken_off());
        }
        let inner = self.take()?;
        let mut step = self.session.commit();
        if !step.is_outermost() {
            // In a task it could outlive the handle of the transaction that it is in, and then end that.
            return inner.commit().await;
        }
        let db = self.db.clone();
        task::finish(async move {
            let (announced, number) = if step.wants_transaction() {
                join(step.announce(), introspect::transaction(&inner)).await
            } else {
                (step.announce().await, None)
            };
            if let Some(number) = number {
                step.note_transaction(&number);
            }
            if let Err(error) = announced {
                step.give_up();
                inner.rollback().await?;
                return Err(task::refused(error));
            }
            let result = inner.commit().await;
            let committed = if result.is_ok() { Committed::Yes } else { Committed::Unknown };
            if step.finish(committed).await == Aftermath::SchemaChanged {
                db.reread_schema().await;
            }
            result
        })
        .await
    }

    /// Rolls back; nothing is invalidated.
    ///
    /// # Errors
    /// What ROLLBACK says.
    ///
    /// # Cancel safety
    /// A dropped rollback is a dropped transaction, which is rolled back.
    pub async fn rollback(mut self) -> Result<(), DbErr> {
        let inner = self.take()?;
        let _ended = Ended(&self.session);
        inner.rollback().await
    }

    pub(crate) async fn end<T, E>(self, result: Result<T, E>) -> Result<T, TransactionError<E>>
    where
        E: Debug + Display,
    {
        let ended = if result.is_ok() { self.commit().await } else { self.rollback().await };
        ended.map_err(TransactionError::Connection)?;
        result.map_err(TransactionError::Transaction)
    }

    /// Runs the function in a savepoint: releases it if the function returns `Ok`, rolls back to it
    /// otherwise.
    ///
    /// # Errors
    /// What the function returns, and what the savepoint's statements do.
    pub async fn transaction_async<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> AsyncFnOnce(&'c CachedTransaction) -> Result<T, E> + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        self.transaction_with_config_async(callback, None, None).await
    }

    /// As [`transaction_async`](Self::transaction_async), with an isolation level, which PostgreSQL and MariaDB refuse
    /// of a savepoint, and an access mode.
    ///
    /// # Errors
    /// What the function returns, and what the savepoint's statements do.
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

    /// Only a transaction that has ended has no inner one, and that is owned by nobody.
    fn take(&mut self) -> Result<DatabaseTransaction, DbErr> {
        self.inner.take().ok_or_else(ended)
    }

    /// What may be asked of a transaction that is open.
    pub(crate) fn inner(&self) -> Result<&DatabaseTransaction, DbErr> {
        if self.session.is_broken_off() {
            return Err(broken_off());
        }
        self.inner.as_ref().ok_or_else(ended)
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    async fn statement<K: Call>(&self, call: K) -> Result<K::Answer, DbErr> {
        let step = statement::begin(&self.session, &call);
        self.run(call, step).await
    }

    /// A dropped statement may have run all the same: its guard leaves what it may have touched in the
    /// journal.
    pub(crate) async fn run<K: Call>(&self, call: K, step: Step) -> Result<K::Answer, DbErr> {
        match self.inner() {
            Ok(inner) if rows::are_shown_by(self.db.inner()) => {
                statement::run_in_transaction(inner, call, step).await.0
            }
            Ok(inner) => statement::run_announced(inner, call, step).await.0,
            Err(error) => {
                step.give_up();
                Err(error)
            }
        }
    }

    /// Sets a savepoint. SeaORM takes its level for its own before it is set: if it never is, the level that is rolled
    /// back is that of this transaction, whose handle would go on outside of any.
    async fn nest(
        &self,
        set: impl Future<Output = Result<DatabaseTransaction, DbErr>> + Send,
    ) -> Result<CachedTransaction, DbErr> {
        let step = self.session.savepoint();
        let savepoint = set.await;
        if savepoint.is_ok() || savepoint.as_ref().is_err_and(|error| self.takes_back_alone(error)) {
            step.settled();
        }
        Ok(Self::begun(savepoint?, self.session.begin(), self.db.clone()))
    }

    /// PostgreSQL has set the savepoint when it refuses the level that it is to have.
    fn takes_back_alone(&self, error: &DbErr) -> bool {
        self.db.get_database_backend() == DbBackend::Postgres && matches!(error, DbErr::Exec(_))
    }
}

fn broken_off() -> DbErr {
    let reason =
        "the transaction has ended, because a savepoint in it was not set: roll it back and begin again";
    DbErr::Custom(reason.to_owned())
}

fn ended() -> DbErr {
    DbErr::Custom("the transaction has ended".to_owned())
}

/// Drops the journal of a transaction when ROLLBACK has run, or was cut short.
struct Ended<'a>(&'a Session);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.rolled_back();
    }
}

/// A dropped transaction is rolled back; the pool sends ROLLBACK before the connection's next use.
impl Drop for CachedTransaction {
    fn drop(&mut self) {
        if self.inner.take().is_some() {
            self.session.rolled_back();
        }
    }
}

impl Debug for CachedTransaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CachedTransaction").field("inner", &self.inner).finish_non_exhaustive()
    }
}
