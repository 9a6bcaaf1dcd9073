//! The one way of every statement: plan it, run it, tell the session what came of it.

use cache_core::schema::Dialect;
use cache_core::session::{Outcome, TextSession, TextStep};
use cache_core::sync;
use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::query_builder::QueryFragment;

use super::attached::Attached;
use super::cacheable::{Cacheable, rows};
use super::watch::Watch;
use crate::backend::CacheBackend;
use crate::error::{failure, refused};
use crate::known::Known;
use crate::observe::{Sink, WithText};
use crate::rows::All;

/// What came of a statement that returns no rows.
pub(super) fn done(rows_affected: Option<u64>) -> Outcome<'static> {
    Outcome::Done { rows_affected }
}

/// Gives a step the bound values of its statement before it is run, if somebody asks for them before.
pub(super) fn bind_early<DB: CacheBackend>(
    step: &mut TextStep,
    attached: &Attached,
    source: &impl QueryFragment<DB>,
) -> QueryResult<Bound> {
    match step {
        TextStep::Statement(step) if step.needs_values() => {
            if step.is_write() && (attached.cache().announces() || step.before_query().is_some()) {
                step.bind(DB::collect(source, |collector| DB::bound(collector))?);
                return Ok(Bound::Already);
            }
            Ok(Bound::WhenRun)
        }
        _ => Ok(Bound::Never),
    }
}

/// When a step learns the values that its statement binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bound {
    /// It knows them.
    Already,
    /// They are read off when the connection collects them.
    WhenRun,
    /// They do not matter.
    Never,
}

/// To be called before a statement that writes is sent.
pub(super) fn announce(attached: &mut Attached, mut step: TextStep) -> QueryResult<TextStep> {
    if !step.is_write() {
        return Ok(step);
    }
    match sync::wait(TextSession::announce(&mut step)) {
        Ok(()) => Ok(step),
        Err(error) => {
            attached.session_mut().give_up(step);
            Err(refused(error))
        }
    }
}

/// A transaction of the wrapper's own. Unless it is committed it is rolled back, also by a panic.
struct Begun<'c, C: Cacheable> {
    inner: &'c mut C,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Committed,
}

impl<C: Cacheable> Begun<'_, C> {
    fn commit(mut self) -> QueryResult<()> {
        self.inner.batch_execute("COMMIT")?;
        self.state = State::Committed;
        Ok(())
    }
}

impl<C: Cacheable> Drop for Begun<'_, C> {
    fn drop(&mut self) {
        if self.state == State::Open {
            // What the statement or COMMIT said counts, not how its transaction ended.
            let _ = self.inner.batch_execute("ROLLBACK");
        }
    }
}

/// Runs a write in a transaction of its own that keeps other writers out, so that nothing comes between it and the query
/// that shows what its rows were.
fn run_excluding_writers<C: Cacheable, R>(
    inner: &mut C,
    known: &mut Known,
    step: &mut TextStep,
    source: &impl QueryFragment<C::Backend>,
    run: impl FnOnce(&mut C, &mut TextStep) -> QueryResult<R>,
) -> QueryResult<R> {
    if inner.batch_execute(C::BEGIN_EXCLUDING_WRITERS).is_err() {
        // The write itself says best what is wrong.
        return run(inner, step);
    }
    let begun = Begun { inner: &mut *inner, state: State::Open };
    if look_before(begun.inner, known, step, source).is_err() {
        // The write says by itself what is wrong.
        drop(begun);
        return run(inner, step);
    }
    let result = run(begun.inner, step)?;
    begun.commit()?;
    Ok(result)
}

/// Shows a step what its rows were. A query that fails on SQLite shows nothing, and the write is then as wide as without it.
/// Elsewhere it fails as the write would have, and nothing else can be run in its transaction.
fn look_before<C: Cacheable>(
    inner: &mut C,
    known: &mut Known,
    step: &mut TextStep,
    source: &impl QueryFragment<C::Backend>,
) -> QueryResult<()> {
    let TextStep::Statement(step) = step else { return Ok(()) };
    let Some(query) = step.before_query() else { return Ok(()) };
    match rows(inner, WithText::before(&query, source, known.keep_look(&query.sql))) {
        Ok(rows) => step.note_before(&query, &All(rows)),
        Err(_) if <C::Backend as CacheBackend>::DIALECT == Dialect::Sqlite => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// How much of a text is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extent {
    /// All of its statements.
    All,
    /// What can be prepared.
    One,
}

/// Runs a statement that returns no rows.
pub(super) fn execute<C: Cacheable, S: QueryFragment<C::Backend>>(
    (inner, watch, attached): (&mut C, &Watch, &mut Attached),
    (mut step, extent): (TextStep, Extent),
    source: &S,
    run: impl FnOnce(&mut C, &mut TextStep) -> QueryResult<Option<u64>>,
) -> QueryResult<Option<u64>> {
    let _announced = watch.announce();
    // In one that Diesel has begun, COMMIT would be that of the user's.
    let in_transaction = attached.session().session().is_in_transaction() || is_in_transaction(inner);
    let result = match &step {
        TextStep::Statement(statement) if !in_transaction && statement.before_query().is_some() => {
            run_excluding_writers(inner, &mut attached.known, &mut step, source, run)
        }
        _ => look_before_in_transaction(inner, attached, &mut step, source)
            .and_then(|()| run(inner, &mut step)),
    };
    let outcome = match &result {
        Ok(count) => done(*count),
        Err(error) => failure::<C::Backend>(error),
    };
    match extent {
        Extent::All => attached.finish(step, outcome),
        Extent::One => attached.finish_one(step, outcome),
    }
    result
}

/// Whether Diesel has a transaction open on a connection.
pub(super) fn is_in_transaction<C: Cacheable>(connection: &mut C) -> bool {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    !matches!(status.transaction_depth(), Ok(None))
}

/// Looks before only where nobody can come between.
pub(super) fn look_before_in_transaction<C: Cacheable>(
    inner: &mut C,
    attached: &mut Attached,
    step: &mut TextStep,
    source: &impl QueryFragment<C::Backend>,
) -> QueryResult<()> {
    if attached.session().session().is_in_transaction() {
        look_before(inner, &mut attached.known, step, source)?;
    }
    Ok(())
}

/// Gives a step the values that were read off while its statement ran.
pub(super) fn bind_late(step: &mut TextStep, sink: Option<Sink>) {
    if let (TextStep::Statement(step), Some(sink)) = (step, sink) {
        step.bind(sink.take());
    }
}

/// The places of the columns that a step looks at.
pub(super) fn places(step: &TextStep) -> Vec<usize> {
    match step {
        TextStep::Statement(step) => step.places(),
        TextStep::Control(_) => Vec::new(),
    }
}
