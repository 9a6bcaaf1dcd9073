//! The one way of every statement: plan it, run it, tell the session what came of it, even if nobody waits for that.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use cache_core::Value;
use cache_core::session::{BeforeQuery, Outcome, TextSession, TextStep};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::row::Row as _;
use diesel_async::{AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::{BoxFuture, FutureExt, TryFutureExt, join};
use futures_util::stream::TryStreamExt;

use super::AsyncCachedConnection;
use super::attached::{Attached, Reach};
use super::connection::Row;
use super::introspect::Introspection;
use super::task::start;
use super::turns::{Company, Turn};
use crate::backend::postgres::catalog;
use crate::backend::{CacheBackend, value_at};
use crate::error::{failure, refused};
use crate::known::Id;
use crate::observe::{Observed, WithText};
use crate::rows::All;

/// A statement as its session sees it. It borrows nothing of the user's.
pub(super) struct Statement {
    sql: Arc<str>,
    id: Id,
    /// None if it is known only to read, and nobody asks for them.
    values: Option<Vec<Value>>,
    /// What it is prepared by, if not as Diesel would.
    prepared_as: Option<Arc<str>>,
}

/// When it is known who notes what a read depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    /// When the statement is made ready.
    Already,
    /// When it is run.
    WhenRun,
}

impl Statement {
    pub(super) fn of<T>(attached: &Attached, source: &T, noted: Noted) -> QueryResult<Self>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        let id = Id::of::<_, Pg>(source);
        let sql = attached.known().text::<Pg>(id, source)?;
        if noted == Noted::Already && attached.passes(id) {
            return Ok(Self { sql, id, values: None, prepared_as: None });
        }
        let written = attached.text_session().writes_rows(&sql);
        let prepared_as = attached.known().prepared_text::<Pg>(id, &sql, written);
        Ok(Self { sql, id, values: Some(Pg::collect(source, Pg::bound)?), prepared_as })
    }

    pub(super) fn of_text(sql: &str) -> Self {
        Self { sql: sql.into(), id: Id::NONE, values: Some(Vec::new()), prepared_as: None }
    }

    /// What is sent.
    pub(super) fn prepared<T: QueryId>(&self, source: T) -> Observed<T> {
        Observed::new(source, None).prepared_as(self.prepared_as.clone())
    }
}

/// The query that shows what a write is about to change, ready to be sent before it.
pub(super) type Look<'c> = BoxFuture<'c, QueryResult<Vec<Row>>>;

/// What a statement needs of its connection.
#[derive(Clone, Copy)]
pub(super) struct Way<'c> {
    pub(super) conn: &'c AsyncCachedConnection<AsyncPgConnection>,
    pub(super) attached: &'c Arc<Attached>,
}

impl<'c> Way<'c> {
    /// Made before the statement is planned: what it binds cannot be kept until then.
    pub(super) fn look(self, statement: &Statement, source: &impl QueryFragment<Pg>) -> Option<Look<'c>> {
        statement.values.as_ref()?;
        let query = self.attached.text_session().before_query(&statement.sql)?;
        let kept = self.attached.known().keep_look(&query.sql);
        let source = WithText::before(&query, source, kept);
        let rows = AsyncConnectionCore::load(&mut &*self.conn.inner, source);
        Some(rows.and_then(TryStreamExt::try_collect).boxed())
    }

    /// Waits for the turn of a statement that is known only to read; none if it is not, or no more.
    pub(super) async fn pass(self, statement: &Statement) -> Option<Turn> {
        if statement.values.is_some() {
            return None;
        }
        self.attached.keep_up(&self.conn.inner, &self.conn.turns).await;
        let turn = self.conn.turns.take(Company::Shared).await;
        self.attached.passes(statement.id).then_some(turn)
    }

    /// As the connection inside would tell its own transaction manager, which knows of no transaction.
    pub(super) fn note_failure(self, error: Option<&DieselError>) {
        if let Some(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) = error {
            self.conn.must_roll_back.store(true, Ordering::Relaxed);
        }
    }

    /// Plans a statement, after all that it has to wait for. It may be sent when this returns.
    pub(super) async fn begin(self, statement: Statement, looks: bool) -> QueryResult<UnderWay<'c>> {
        let Self { conn, attached } = self;
        let part = attached.session().part();
        attached.keep_up(&conn.inner, &conn.turns).await;
        let reach_now = || attached.reach(&statement.sql);
        // To look before it takes a transaction, into which no other statement may come.
        let needs_transaction = looks && !attached.session().is_in_transaction();
        let is_alone = needs_transaction || reach_now() == Reach::WhatFollows;
        let mut company = if is_alone { Company::Alone } else { Company::Shared };
        let mut turn = conn.turns.take(company).await;
        let mut reach = reach_now();
        if company == Company::Shared && reach == Reach::WhatFollows {
            // Under a schema that was read meanwhile.
            company = Company::Alone;
            drop(turn);
            turn = conn.turns.take(company).await;
            reach = reach_now();
        }
        let catalog = attached.session().database().catalog();
        let mut step = attached.text_session().step(&statement.sql);
        part.hand_over();
        if let TextStep::Statement(step) = &mut step {
            if step.is_read() {
                attached.known().only_reads(statement.id, &catalog);
            }
            if step.needs_values() {
                step.bind(statement.values.unwrap_or_default());
            }
        }
        let mut under_way =
            UnderWay { way: self, step: Some(step), turn: Some(turn), company, reach, phase: Phase::NotSent };
        if let Some(step) = under_way.step.as_mut().filter(|step| step.is_write())
            && let Err(error) = self.announce(step).await
        {
            // A COMMIT that is not sent leaves the transaction open, and the transaction manager believes it to have
            // failed by itself.
            if matches!(step, TextStep::Control(_)) {
                conn.must_roll_back.store(true, Ordering::Relaxed);
            }
            return Err(refused(error));
        }
        under_way.phase = Phase::Sent;
        Ok(under_way)
    }

    /// Announces a write; with a COMMIT, whose transaction it is.
    async fn announce(self, step: &mut TextStep) -> cache_core::Result<()> {
        if TextSession::wants_transaction(step) {
            let mut connection = Introspection::new(&self.conn.inner, &self.conn.turns);
            let number = catalog::transaction(&mut connection).await;
            number.inspect(|number| TextSession::note_transaction(step, number));
        }
        TextSession::announce(step).await
    }

    /// Runs a statement that returns no rows.
    pub(super) async fn execute<T>(
        self,
        statement: Statement,
        look: Option<Look<'c>>,
        run: BoxFuture<'c, QueryResult<T>>,
        count: fn(&T) -> Option<u64>,
    ) -> QueryResult<T> {
        let mut under_way = self.begin(statement, look.is_some()).await?;
        let result = under_way.through(look, run).await;
        let outcome = match &result {
            Ok(value) => Outcome::Done { rows_affected: count(value) },
            Err(error) => failure::<Pg>(error),
        };
        under_way.end(outcome, result.as_ref().err()).await;
        result
    }
}

/// A statement that has been planned. Dropped before it was sent, it is given up; after that, its end is waited for by a
/// task.
pub(super) struct UnderWay<'c> {
    way: Way<'c>,
    step: Option<TextStep>,
    /// Held until the session knows what came of it.
    turn: Option<Turn>,
    company: Company,
    reach: Reach,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    NotSent,
    Sent,
    /// In a transaction of its own.
    InItsOwn,
}

impl UnderWay<'_> {
    /// Whether somebody has to see its rows.
    pub(super) fn is_watched(&self) -> bool {
        match &self.step {
            Some(TextStep::Statement(step)) => step.is_write() || step.is_tracked(),
            Some(TextStep::Control(_)) => true,
            None => false,
        }
    }

    /// The places of the columns that it looks at.
    pub(super) fn places(&self) -> Vec<usize> {
        match &self.step {
            Some(TextStep::Statement(step)) => step.places(),
            _ => Vec::new(),
        }
    }

    /// Runs a statement, after the query that shows what its rows were if there is one.
    pub(super) async fn through<T>(
        &mut self,
        look: Option<Look<'_>>,
        run: impl Future<Output = QueryResult<T>>,
    ) -> QueryResult<T> {
        let query = match &self.step {
            Some(TextStep::Statement(step)) => step.before_query(),
            _ => None,
        };
        let Some((look, query)) = look.zip(query) else { return run.await };
        if self.way.attached.session().is_in_transaction() {
            // One that fails has ended the transaction, as the write would have.
            self.note(&query, &look.await?);
            return run.await;
        }
        if self.company == Company::Shared {
            // What was a transaction when its turn was asked for is none any more.
            return run.await;
        }
        self.phase = Phase::InItsOwn;
        let inner = &*self.way.conn.inner;
        let batch = async |sql: &str| (&mut &*inner).batch_execute(sql).await;
        let (begun, looked) = join(batch("BEGIN"), look).await;
        begun?;
        let result = match looked {
            Ok(rows) => {
                self.note(&query, &rows);
                run.await
            }
            Err(_) => {
                batch("ROLLBACK").await?;
                self.phase = Phase::Sent;
                // The write says by itself what is wrong.
                return run.await;
            }
        };
        let ended = batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
        self.phase = Phase::Sent;
        // What the statement said counts, not how its transaction was rolled back.
        result.and_then(|value| ended.map(|()| value))
    }

    fn note(&mut self, query: &BeforeQuery, rows: &[Row]) {
        if let Some(TextStep::Statement(step)) = &mut self.step {
            let values =
                rows.iter().map(|row| (0..row.field_count()).map(|place| value_at::<Pg, _>(row, place)));
            step.note_before(query, &All(values.map(Iterator::collect).collect()));
        }
    }

    /// Tells the session what came of the statement.
    ///
    /// # Cancel safety
    /// The session has taken it up; what is left to publish is published without waiting.
    pub(super) fn end(
        mut self,
        outcome: Outcome<'_>,
        error: Option<&DieselError>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let turn = self.turn.take();
        let finish = self.step.take().map(|step| {
            let is_commit = matches!(step, TextStep::Control(_)) && step.is_write();
            self.way.note_failure(error.filter(|_| !is_commit));
            self.way.attached.finish(step, outcome, self.reach)
        });
        async move {
            if let Some(finish) = finish {
                finish.await;
            }
            drop(turn);
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let Some(step) = self.step.take() else { return };
        let Way { conn, attached } = self.way;
        if self.phase == Phase::NotSent {
            return attached.text_session().give_up(step);
        }
        if self.reach == Reach::WhatFollows {
            attached.schema_may_have_changed();
        }
        let Some(lost) = attached.text_session().lose_track(step) else { return };
        let Some(turn) = self.turn.take() else { return };
        let inner = Arc::clone(&conn.inner);
        let then = if self.phase == Phase::InItsOwn { "ROLLBACK" } else { "" };
        let abandoned = conn.turns.abandon(turn);
        let task = async move {
            // The database runs the statements of a connection one after the other. If it cannot answer, nothing that
            // was sent is known to have been run, and to publish is all that can be done.
            let _ = (&mut &*inner).batch_execute(then).await;
            lost.await;
            drop(abandoned);
        };
        if let Err(error) = start(task) {
            tracing::error!(%error, "a statement is published before its end is known");
        }
    }
}
