//! The one way of every statement: plan it, run it, tell the session what came of it.

use std::sync::Arc;

use cache_core::session::{Outcome, TextSession, TextStep};
use diesel::QueryResult;
use diesel::mysql::Mysql;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::row::Row as _;
use diesel_async::{AsyncConnectionCore, AsyncMysqlConnection, SimpleAsyncConnection};
use futures_util::{FutureExt, TryStreamExt};

use super::lent::Lent;
use super::schema;
use super::statement::Statement;
use crate::asynchronous::attached::{Attached, Reach};
use crate::asynchronous::turns::Turns;
use crate::backend::value_at;
use crate::error::{failure, refused};
use crate::rows::{All, Seen};

/// A row as the connection hands it out.
pub(super) type Row = <AsyncMysqlConnection as AsyncConnectionCore>::Row<'static, 'static>;

/// What is asked of a statement.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// That it is run: it may be several.
    Nothing,
    /// How many rows it changes.
    Count,
    /// The rows that it returns.
    Rows,
}

/// What a statement has given.
pub(super) enum Answer {
    Nothing,
    Count(usize),
    Rows(Vec<Row>),
}

/// What the transaction manager has to be told of the transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    AsItWas,
    MustRollBack,
}

/// What a statement needs of its connection.
pub(super) struct Way<'c> {
    pub(super) lent: &'c Arc<Lent>,
    pub(super) turns: &'c Turns,
    pub(super) attached: &'c Arc<Attached>,
}

impl Way<'_> {
    /// Runs a statement after those before it.
    ///
    /// # Cancel safety
    /// Dropped while it waits for its turn, nothing is run. After that the statement is run to its end, and published.
    pub(super) async fn run(
        &self,
        statement: Statement,
        wanted: Wanted,
    ) -> (QueryResult<Answer>, Transaction) {
        // Of a statement that is run without its caller, the block has nothing.
        let part = self.attached.session().part();
        let attached = Arc::clone(self.attached);
        let ended = self.lent.alone(self.turns, move |db| run(db, attached, statement, wanted).boxed());
        match ended.await {
            Ok(ended) => {
                part.hand_over();
                ended
            }
            Err(error) => (Err(refused(error)), Transaction::AsItWas),
        }
    }
}

async fn run(
    db: &mut AsyncMysqlConnection,
    attached: Arc<Attached>,
    statement: Statement,
    wanted: Wanted,
) -> (QueryResult<Answer>, Transaction) {
    if schema::is_due(&attached) {
        schema::keep_up(db, &attached).await;
    }
    let reach = attached.reach(&statement.sql);
    let mut step = attached.text_session().step(&statement.sql);
    if let TextStep::Statement(step) = &mut step
        && step.needs_values()
    {
        step.bind(statement.values.clone());
    }
    let is_commit = matches!(step, TextStep::Control(_)) && step.is_write();
    if step.is_write()
        && let Err(error) = TextSession::announce(&mut step).await
    {
        attached.text_session().give_up(step);
        // A COMMIT that is not sent leaves the transaction open, and the transaction manager believes it to have failed
        // by itself.
        let transaction = if is_commit { Transaction::MustRollBack } else { Transaction::AsItWas };
        return (Err(refused(error)), transaction);
    }
    let result = through(db, &attached, &mut step, statement, wanted).await;
    let is_serialization_failure =
        matches!(result, Err(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)));
    finish(&attached, step, &result, reach).await;
    let must_roll_back = is_serialization_failure && !is_commit;
    (result, if must_roll_back { Transaction::MustRollBack } else { Transaction::AsItWas })
}

/// Tells the session what came of a statement.
fn finish(
    attached: &Arc<Attached>,
    step: TextStep,
    result: &QueryResult<Answer>,
    reach: Reach,
) -> impl Future<Output = ()> + Send + use<> {
    let places = match &step {
        TextStep::Statement(step) if step.is_write() || step.is_tracked() => step.places(),
        _ => Vec::new(),
    };
    let mut seen = Seen::new(places);
    let outcome = match result {
        Ok(Answer::Nothing) => Outcome::Done { rows_affected: None },
        Ok(Answer::Count(count)) => Outcome::Done { rows_affected: u64::try_from(*count).ok() },
        Ok(Answer::Rows(rows)) => {
            rows.iter().for_each(|row| seen.see::<Mysql, _>(row));
            Outcome::Rows(&seen)
        }
        Err(error) => failure::<Mysql>(error),
    };
    attached.finish(step, outcome, reach)
}

/// Runs a statement, after the query that shows what its rows were if there is one.
async fn through(
    db: &mut AsyncMysqlConnection,
    attached: &Attached,
    step: &mut TextStep,
    statement: Statement,
    wanted: Wanted,
) -> QueryResult<Answer> {
    let TextStep::Statement(step) = step else { return ask(db, statement, wanted).await };
    let Some(query) = step.before_query() else { return ask(db, statement, wanted).await };
    let kept = attached.known().keep_look(&query.sql);
    let look = statement.before(&query, kept);
    if attached.session().is_in_transaction() {
        // One that fails may have ended the transaction, as the write would have.
        let rows = rows(db, look).await?;
        step.note_before(&query, &values(&rows));
        return ask(db, statement, wanted).await;
    }
    if db.batch_execute("START TRANSACTION").await.is_err() {
        // The write itself says best what is wrong.
        return ask(db, statement, wanted).await;
    }
    match rows(db, look).await {
        Ok(rows) => step.note_before(&query, &values(&rows)),
        Err(_) => {
            db.batch_execute("ROLLBACK").await?;
            return ask(db, statement, wanted).await;
        }
    }
    let result = ask(db, statement, wanted).await;
    let ended = db.batch_execute(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
    // What the statement said counts, not how its transaction was rolled back.
    result.and_then(|answer| ended.map(|()| answer))
}

async fn ask(db: &mut AsyncMysqlConnection, statement: Statement, wanted: Wanted) -> QueryResult<Answer> {
    match wanted {
        Wanted::Nothing => db.batch_execute(&statement.sql).await.map(|()| Answer::Nothing),
        Wanted::Count => AsyncConnectionCore::execute_returning_count(db, statement).await.map(Answer::Count),
        Wanted::Rows => rows(db, statement).await.map(Answer::Rows),
    }
}

async fn rows(db: &mut AsyncMysqlConnection, statement: Statement) -> QueryResult<Vec<Row>> {
    AsyncConnectionCore::load(db, statement).await?.try_collect().await
}

fn values(rows: &[Row]) -> All {
    let values =
        rows.iter().map(|row| (0..row.field_count()).map(|place| value_at::<Mysql, _>(row, place)).collect());
    All(values.collect())
}
