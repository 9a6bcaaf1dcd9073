//! The way of one statement, the same on connections and in transactions: plan it, run it, tell the session
//! what came of it.

use std::future::Future;

use cache_core::Value;
use cache_core::schema::Dialect;
use cache_core::session::{Aftermath, BeforeQuery, Outcome, Session, Step};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Values,
};

use crate::rows::Returned;
use crate::task;
use crate::values;

/// One call of [`ConnectionTrait`], owned, so that it can outlive its caller.
pub(crate) trait Call: Send + 'static {
    type Answer: Send + 'static;

    fn sql(&self) -> &str;

    fn values(&self) -> Vec<Value>;

    /// Another text with the same bound values, or with these of them.
    fn with_text(&self, sql: String, parameters: Option<&[usize]>) -> Statement;

    fn run<C: ConnectionTrait>(self, db: &C) -> impl Future<Output = Result<Self::Answer, DbErr>> + Send;

    fn finish(step: Step, answer: &Self::Answer) -> impl Future<Output = Aftermath> + Send;

    /// What the call would have said of a failure that its own COMMIT reported (a deferred constraint).
    fn failed_late(error: DbErr) -> DbErr {
        error
    }
}

/// Plans the call and arms its guard.
pub(crate) fn begin<K: Call>(session: &Session, call: &K) -> Step {
    session.step(call.sql(), &|| call.values())
}

/// Runs a planned call.
pub(crate) async fn run<C: ConnectionTrait, K: Call>(
    db: &C,
    call: K,
    step: Step,
) -> (Result<K::Answer, DbErr>, Aftermath) {
    let answer = call.run(db).await;
    let aftermath = match &answer {
        Ok(answer) => K::finish(step, answer).await,
        Err(error) => finish_failed(step, error).await,
    };
    (answer, aftermath)
}

/// Runs a planned call in a transaction, after the query that shows what its rows were, if there is one.
pub(crate) async fn run_in_transaction<K: Call>(
    db: &DatabaseTransaction,
    call: K,
    mut step: Step,
) -> (Result<K::Answer, DbErr>, Aftermath) {
    match look_before(db, query_before(&call, &step), &mut step).await {
        Looked::Through => run_announced(db, call, step).await,
        Looked::AndLost(error) => {
            let aftermath = step.finish(Outcome::Failed).await;
            (Err(K::failed_late(error)), aftermath)
        }
    }
}

/// Runs a planned write in a transaction of its own that keeps other writers out, so that nothing comes
/// between it and the query that shows what its rows were. It is finished after its COMMIT.
pub(crate) async fn run_excluding_writers<K: Call>(
    db: &DatabaseConnection,
    call: K,
    mut step: Step,
) -> (Result<K::Answer, DbErr>, Aftermath) {
    let is_sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let mode = is_sqlite.then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
    let transaction = match db.begin_with_options(options).await {
        Ok(transaction) => transaction,
        // The write would wait for a connection as long again.
        Err(error @ DbErr::ConnectionAcquire(_)) => {
            step.give_up();
            return (Err(error), Aftermath::Nothing);
        }
        // The write itself then says best what is wrong.
        Err(_) => return run_announced(db, call, step).await,
    };
    if let Looked::AndLost(_) = look_before(&transaction, query_before(&call, &step), &mut step).await {
        let _ = transaction.rollback().await;
        return run_announced(db, call, step).await;
    }
    if let Err(error) = step.announce().await {
        let _ = transaction.rollback().await;
        step.give_up();
        return (Err(task::refused(error)), Aftermath::Nothing);
    }
    let answer = match call.run(&transaction).await {
        Ok(answer) => transaction.commit().await.map(|()| answer).map_err(K::failed_late),
        Err(error) => {
            // What the write said counts, not how its transaction ended.
            let _ = transaction.rollback().await;
            Err(error)
        }
    };
    let aftermath = match &answer {
        Ok(answer) => K::finish(step, answer).await,
        Err(error) => finish_failed(step, error).await,
    };
    (answer, aftermath)
}

/// Runs a planned call, announced by then if it has to be.
pub(crate) async fn run_announced<C: ConnectionTrait, K: Call>(
    db: &C,
    call: K,
    mut step: Step,
) -> (Result<K::Answer, DbErr>, Aftermath) {
    if let Err(error) = step.announce().await {
        step.give_up();
        return (Err(task::refused(error)), Aftermath::Nothing);
    }
    run(db, call, step).await
}

/// The database's own code says whether the statement can have changed anything.
async fn finish_failed(step: Step, error: &DbErr) -> Aftermath {
    match code(error) {
        Some(code) => step.finish(Outcome::Refused(&code)).await,
        None => step.finish(Outcome::Failed).await,
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
fn code(error: &DbErr) -> Option<String> {
    use sea_orm::RuntimeErr;

    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    error.as_database_error().and_then(|error| error.code()).map(std::borrow::Cow::into_owned)
}

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn code(_: &DbErr) -> Option<String> {
    None
}

fn query_before<K: Call>(call: &K, step: &Step) -> Option<(BeforeQuery, Statement)> {
    let query = step.before_query()?;
    let statement = call.with_text(query.sql.clone(), query.parameters.as_deref());
    Some((query, statement))
}

/// How the query before a write ended.
enum Looked {
    /// It showed the rows or failed, and the write can be made.
    Through,
    /// It did not get its locks, as the write would not have: MySQL may have ended the transaction, and what is
    /// written then would be written outside of it. PostgreSQL lets nothing else run in it.
    AndLost(DbErr),
}

/// A query that fails shows nothing, and the write is then as wide as without it.
async fn look_before(
    db: &DatabaseTransaction,
    query: Option<(BeforeQuery, Statement)>,
    step: &mut Step,
) -> Looked {
    let Some((query, mut statement)) = query else { return Looked::Through };
    statement.db_backend = db.get_database_backend();
    match db.query_all_raw(statement).await {
        Ok(rows) => step.note_before(&query, &Returned(&rows)),
        Err(error) if db.get_database_backend() == DbBackend::Postgres || lost_locks(&error) => {
            return Looked::AndLost(error);
        }
        Err(_) => {}
    }
    Looked::Through
}

#[cfg(feature = "mysql")]
fn lost_locks(error: &DbErr) -> bool {
    use sea_orm::RuntimeErr;
    use sea_orm::sqlx::mysql::MySqlDatabaseError;

    const TIMEOUT: u16 = 1205;
    const DEADLOCK: u16 = 1213;

    let DbErr::Query(RuntimeErr::SqlxError(error)) = error else { return false };
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| [TIMEOUT, DEADLOCK].contains(&error.number()))
}

#[cfg(not(feature = "mysql"))]
fn lost_locks(_error: &DbErr) -> bool {
    false
}

fn as_execution(error: DbErr) -> DbErr {
    match error {
        DbErr::Query(error) => DbErr::Exec(error),
        error => error,
    }
}

fn with_text(statement: &Statement, sql: String, parameters: Option<&[usize]>) -> Statement {
    let values = match (&statement.values, parameters) {
        (Some(values), Some(parameters)) => {
            Some(Values(parameters.iter().filter_map(|number| values.0.get(*number).cloned()).collect()))
        }
        (values, _) => values.clone(),
    };
    Statement { sql, values, db_backend: statement.db_backend }
}

/// What a statement without rows told. Which number the database chose is told by MariaDB and MySQL alone.
fn told(step: &Step, answer: &ExecResult) -> Outcome<'static> {
    let rows_affected = answer.rows_affected();
    if step.dialect() == Dialect::MySql && answer.last_insert_id() != 0 {
        return Outcome::Numbered { rows_affected, first: answer.last_insert_id() };
    }
    Outcome::Done { rows_affected: Some(rows_affected) }
}

pub(crate) struct Execute(pub(crate) Statement);

impl Call for Execute {
    type Answer = ExecResult;

    fn sql(&self) -> &str {
        &self.0.sql
    }

    fn values(&self) -> Vec<Value> {
        values::of_statement(&self.0)
    }

    fn with_text(&self, sql: String, parameters: Option<&[usize]>) -> Statement {
        with_text(&self.0, sql, parameters)
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<ExecResult, DbErr> {
        db.execute_raw(self.0).await
    }

    async fn finish(step: Step, answer: &ExecResult) -> Aftermath {
        let told = told(&step, answer);
        step.finish(told).await
    }

    fn failed_late(error: DbErr) -> DbErr {
        as_execution(error)
    }
}

/// A text of any number of statements without bound values.
pub(crate) struct ExecuteText(pub(crate) String);

impl Call for ExecuteText {
    type Answer = ExecResult;

    fn sql(&self) -> &str {
        &self.0
    }

    fn values(&self) -> Vec<Value> {
        Vec::new()
    }

    fn with_text(&self, sql: String, _parameters: Option<&[usize]>) -> Statement {
        Statement { sql, values: None, db_backend: DbBackend::Sqlite }
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<ExecResult, DbErr> {
        db.execute_unprepared(&self.0).await
    }

    async fn finish(step: Step, answer: &ExecResult) -> Aftermath {
        let told = told(&step, answer);
        step.finish(told).await
    }

    fn failed_late(error: DbErr) -> DbErr {
        as_execution(error)
    }
}

pub(crate) struct QueryOne(pub(crate) Statement);

impl Call for QueryOne {
    type Answer = Option<QueryResult>;

    fn sql(&self) -> &str {
        &self.0.sql
    }

    fn values(&self) -> Vec<Value> {
        values::of_statement(&self.0)
    }

    fn with_text(&self, sql: String, parameters: Option<&[usize]>) -> Statement {
        with_text(&self.0, sql, parameters)
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<Option<QueryResult>, DbErr> {
        db.query_one_raw(self.0).await
    }

    /// There may be more rows than the one fetched.
    async fn finish(step: Step, answer: &Option<QueryResult>) -> Aftermath {
        step.finish(Outcome::First(&Returned(answer.as_slice()))).await
    }
}

pub(crate) struct QueryAll(pub(crate) Statement);

impl Call for QueryAll {
    type Answer = Vec<QueryResult>;

    fn sql(&self) -> &str {
        &self.0.sql
    }

    fn values(&self) -> Vec<Value> {
        values::of_statement(&self.0)
    }

    fn with_text(&self, sql: String, parameters: Option<&[usize]>) -> Statement {
        with_text(&self.0, sql, parameters)
    }

    async fn run<C: ConnectionTrait>(self, db: &C) -> Result<Vec<QueryResult>, DbErr> {
        db.query_all_raw(self.0).await
    }

    async fn finish(step: Step, answer: &Vec<QueryResult>) -> Aftermath {
        step.finish(Outcome::Rows(&Returned(answer))).await
    }
}
