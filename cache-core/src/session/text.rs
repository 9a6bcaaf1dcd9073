//! The session of a connection whose transactions are told by its SQL.
//!
//! Such a connection is asked for BEGIN, SAVEPOINT and COMMIT as for any other statement, by its ORM and by the
//! user. The text decides. Where it leaves a doubt (COMMIT failed, several statements of which some control
//! transactions), the transaction counts as open for reads, which bypass the cache, and as ended for writes, which
//! are published at once, until a BEGIN, COMMIT or ROLLBACK succeeds.

use std::future::Future;
use std::sync::Arc;

use super::commit::{CommitStep, Committed};
use super::context::Session;
use super::control::{ControlStep, Ending, Guard};
use super::database::Database;
use super::explain::Explainer;
use super::journal::Journal;
use super::step::{Aftermath, Outcome, Step, query_before};
use super::tracker::Tracker;
use crate::deps::BeforeQuery;
use crate::error::Result;
use crate::mark::Marks;
use crate::schema::Dialect;
use crate::sql::{Control, Plan, Returned};

/// The session of a connection whose transactions are told by its SQL.
#[derive(Debug)]
pub struct TextSession {
    outside: Session,
    open: Option<Open>,
}

/// A transaction.
#[derive(Debug)]
struct Open {
    session: Session,
    /// The savepoint that began each frame; the first has none if it is a BEGIN's.
    frames: Vec<Option<String>>,
}

/// A statement on its way through a [`TextSession`].
#[derive(Debug)]
#[must_use = "finish it with what came of the statement"]
pub enum TextStep {
    /// One that reads or writes.
    Statement(Step),
    /// One that controls transactions.
    Control(ControlStep),
}

impl TextSession {
    /// A session outside of any transaction.
    #[must_use]
    pub fn new(database: Arc<Database>) -> Self {
        Self { outside: Session::new(database), open: None }
    }

    /// The session of a connection to a [replica](Session::on_replica) of the database.
    #[must_use]
    pub fn on_replica(database: Arc<Database>) -> Self {
        Self { outside: Session::new(database).on_replica(), open: None }
    }

    /// A session of the same connection, outside of any transaction. A setting that is changed there is known here.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self { outside: self.outside.clone(), open: None }
    }

    /// The session of what is run now.
    #[must_use]
    pub fn session(&self) -> &Session {
        self.open.as_ref().map_or(&self.outside, |open| &open.session)
    }

    /// Lets another tracker, or none, note what is read; returns the one before.
    pub fn track(&mut self, tracker: Option<Arc<Tracker>>) -> Option<Arc<Tracker>> {
        if let Some(open) = &mut self.open {
            open.session.set_tracker(tracker.clone());
        }
        self.outside.set_tracker(tracker)
    }

    /// Tells another explainer, or none, what is done; returns the one before.
    pub fn explain(&mut self, explainer: Option<Arc<Explainer>>) -> Option<Arc<Explainer>> {
        if let Some(open) = &mut self.open {
            open.session.set_explainer(explainer.clone());
        }
        self.outside.set_explainer(explainer)
    }

    /// Whether statements after this one may mean something else because of it: none may be on its way beside it.
    #[must_use]
    pub fn changes_what_follows(&self, sql: &str) -> bool {
        self.outside.database().catalog().plan(sql).changes_what_follows()
    }

    /// If a statement, planned now, is one INSERT, UPDATE or DELETE, and does nothing else: whether its rows come back.
    #[must_use]
    pub fn writes_rows(&self, sql: &str) -> Option<Returned> {
        self.outside.database().catalog().plan(sql).writes_rows()
    }

    /// The query that a statement, if it were planned now, would ask to be [run before it](Step::before_query): for
    /// connections that must have it ready by then.
    #[must_use]
    pub fn before_query(&self, sql: &str) -> Option<BeforeQuery> {
        let catalog = self.outside.database().catalog();
        query_before(self.session(), &catalog, &catalog.plan(sql))
    }

    /// Plans a statement and arms its guard. Its bound values are not known yet: [`bind`](Step::bind) them.
    pub fn step(&self, sql: &str) -> TextStep {
        let session = self.session();
        let catalog = session.database().catalog();
        let planned = catalog.planned(sql);
        match &*planned.plan {
            Plan::Control(control) => {
                if let Some(tracker) = session.tracker() {
                    tracker.refuse("it controls a transaction");
                }
                TextStep::Control(self.control(control.clone()))
            }
            _ => TextStep::Statement(Step::planned(session, catalog, planned)),
        }
    }

    /// To be called before a statement that [writes](TextStep::is_write) is sent.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if it must not be sent: give the step up.
    pub async fn announce(step: &mut TextStep) -> Result<()> {
        match step {
            TextStep::Statement(step) => step.announce().await,
            TextStep::Control(step) => step.announce().await,
        }
    }

    /// Whether it is worth asking the database for the number of the transaction that a COMMIT ends before it is
    /// announced.
    #[must_use]
    pub fn wants_transaction(step: &TextStep) -> bool {
        step.commit().is_some_and(CommitStep::wants_transaction)
    }

    /// Notes the number that the database has given to the transaction that a COMMIT ends, before or after the COMMIT is
    /// announced: should this process die, others can ask what became of it.
    pub fn note_transaction(step: &TextStep, number: &str) {
        if let Some(commit) = step.commit() {
            commit.note_transaction(number);
        }
    }

    /// Notes what came of a statement.
    ///
    /// # Cancel safety
    /// The session has taken it up when this returns; dropping the future publishes what is left to publish without
    /// waiting.
    pub fn finish(
        &mut self,
        step: TextStep,
        outcome: Outcome<'_>,
    ) -> impl Future<Output = Aftermath> + Send + use<> {
        let failed = matches!(outcome, Outcome::Failed | Outcome::Refused(_));
        let (statement, (ending, committed)) = match step {
            TextStep::Statement(step) => {
                let controls = step.controls();
                let finish = step.finish(outcome);
                let mut ended = (Ending::Nothing, Committed::Yes);
                match &self.open {
                    _ if !controls.is_empty() => ended = self.ran_several(controls, failed),
                    // SQLite ends a transaction on some failures.
                    Some(open) if failed => open.journal(|journal| journal.lose_sight()),
                    _ => {}
                }
                (Some(finish), ended)
            }
            TextStep::Control(step) => (None, self.ran(step, failed)),
        };
        async move {
            let statement = match statement {
                Some(finish) => finish.await,
                None => Aftermath::Nothing,
            };
            match ending.publish(committed).await {
                Aftermath::Nothing => statement,
                changed => changed,
            }
        }
    }

    /// Notes that nobody waits any more for a statement that was sent: it may have run, run later, or not at all. The
    /// future, if there is any, is to be awaited when the statement can run no more (the database has answered a later
    /// one of this connection): it publishes what was then done.
    ///
    /// # Cancel safety
    /// The session has taken it up when this returns. Dropping the future publishes at once, which is too early for what
    /// runs after that; on a shared log the statement's fence then runs out.
    pub fn lose_track(&mut self, step: TextStep) -> Option<impl Future<Output = ()> + Send + use<>> {
        let cache = self.outside.cache().clone();
        let (mut statement, mut ending) = (None, Ending::Nothing);
        match step {
            TextStep::Control(step) => {
                if matches!(step.control, Control::Begin | Control::CommitAndChain) {
                    let open = self.open.get_or_insert_with(|| Open::new(&self.outside, None));
                    open.journal(|journal| journal.lose_sight());
                }
                (ending, _) = self.ran(step, true);
            }
            TextStep::Statement(step) if !step.is_write() => {}
            TextStep::Statement(step) if !step.controls().is_empty() => {
                self.lose_sight();
                ending = Ending::Anything(Guard::of_everything(&cache));
            }
            TextStep::Statement(step) if self.open.is_none() => {
                statement = Some(step.finish(Outcome::Failed))
            }
            TextStep::Statement(step) => {
                // What looks like a transaction may be none.
                if step.publishes_at_once() {
                    ending = Ending::Anything(Guard::new(&cache, step.possible()));
                }
                step.lose();
            }
        }
        let nothing = statement.is_none() && matches!(ending, Ending::Nothing);
        (!nothing).then_some(async move {
            if let Some(statement) = statement {
                let _ = statement.await;
            }
            let _ = ending.publish(Committed::Unknown).await;
        })
    }

    /// Ends a step whose statement is not sent.
    pub fn give_up(&mut self, step: TextStep) {
        match step {
            TextStep::Statement(step) => step.give_up(),
            TextStep::Control(step) => match step.ending {
                Ending::Nothing => {}
                Ending::Commit(commit) => {
                    commit.reopen();
                    self.forget_savepoints();
                }
                Ending::Anything(guard) => guard.give_up(),
            },
        }
    }

    /// Everything may have happened: nobody has seen what was run.
    pub fn lose_sight(&mut self) {
        self.outside.cache().publish_detached(Marks::everything(), None);
        self.owe_anything();
    }

    /// What is open, if anything is, may be anything, and may have ended.
    fn owe_anything(&mut self) {
        let open = self.open.get_or_insert_with(|| Open::new(&self.outside, None));
        open.journal(|journal| {
            journal.owe_everything();
            journal.lose_sight();
        });
    }

    fn anything(&self) -> Ending {
        Ending::Anything(Guard::of_everything(self.outside.cache()))
    }

    fn control(&self, control: Control) -> ControlStep {
        let control = match (control, &self.open) {
            // SQLite's outermost savepoint is a transaction.
            (Control::Release(name), Some(open)) if open.place(&name) == Some(0) => Control::Commit,
            (control, _) => control,
        };
        let ending = match (&control, &self.open) {
            (Control::Commit | Control::CommitAndChain, Some(open)) => {
                open.release(1);
                Ending::Commit(open.session.commit())
            }
            // What is prepared may be committed anywhere.
            (Control::Begin, Some(_)) | (Control::Other, _) => self.anything(),
            // What succeeds has ended a transaction whose beginning nobody has seen.
            (Control::Commit | Control::CommitAndChain | Control::Rollback | Control::Release(_), None) => {
                self.anything()
            }
            _ => Ending::Nothing,
        };
        ControlStep { control, ending }
    }

    /// Follows what was run; returns what is to be published, and what is known of it.
    fn ran(&mut self, step: ControlStep, failed: bool) -> (Ending, Committed) {
        let ControlStep { control, ending } = step;
        if failed {
            return (self.failed(&control, ending), Committed::Unknown);
        }
        match control {
            Control::Begin => self.begun(),
            Control::Savepoint(name) => self.saved(name),
            Control::Commit => self.open = None,
            Control::CommitAndChain => self.open = Some(Open::new(&self.outside, None)),
            Control::Rollback => {
                if let Some(mut open) = self.open.take() {
                    open.roll_back(0);
                }
            }
            Control::Release(name) => {
                if let Some(open) = &mut self.open
                    && let Some(place) = open.place(&name)
                {
                    open.release(place);
                    open.frames.truncate(place);
                }
            }
            Control::RollbackTo(name) => {
                if let Some(open) = &mut self.open
                    && let Some(place) = open.place(&name)
                {
                    open.roll_back_to(place, name);
                }
            }
            Control::Other => self.owe_anything(),
        }
        (ending, Committed::Yes)
    }

    fn failed(&mut self, control: &Control, ending: Ending) -> Ending {
        match (control, ending) {
            (_, Ending::Commit(commit)) => {
                self.forget_savepoints();
                Ending::Commit(commit.lose_sight())
            }
            // Elsewhere a BEGIN that fails has committed nothing.
            (Control::Begin, Ending::Anything(guard)) if self.dialect() != Dialect::MySql => {
                guard.give_up();
                Ending::Nothing
            }
            (_, ending @ Ending::Anything(_)) => {
                if self.open.is_some() {
                    self.owe_anything();
                }
                ending
            }
            (Control::Rollback | Control::RollbackTo(_) | Control::Release(_), _) if self.open.is_some() => {
                self.owe_anything();
                self.anything()
            }
            _ => Ending::Nothing,
        }
    }

    /// BEGIN inside of a transaction: MySQL commits it, PostgreSQL goes on with it, SQLite refuses, so that there was
    /// none.
    fn begun(&mut self) {
        if self.open.is_some() {
            self.owe_anything();
        }
        if self.open.is_none() || self.dialect() == Dialect::Sqlite {
            self.open = Some(Open::new(&self.outside, None));
        }
    }

    /// SQLite's savepoint outside of a transaction begins one, MySQL's does nothing, PostgreSQL's fails.
    fn saved(&mut self, name: String) {
        let begins = self.dialect() == Dialect::Sqlite;
        match &mut self.open {
            Some(open) => open.push(name),
            None if begins => self.open = Some(Open::new(&self.outside, Some(name))),
            None => {}
        }
    }

    /// Several statements in one text, which has touched everything: what they leave open owes everything.
    fn ran_several(&mut self, controls: Vec<Control>, failed: bool) -> (Ending, Committed) {
        if failed {
            self.owe_anything();
            return (self.anything(), Committed::Unknown);
        }
        let mut is_followed = true;
        for control in controls {
            is_followed &= self.open.is_none() || !matches!(control, Control::Begin | Control::Other);
            match control {
                Control::Begin => self.begun(),
                Control::Savepoint(name) => self.saved(name),
                Control::Commit | Control::Rollback => self.open = None,
                Control::CommitAndChain => self.open = Some(Open::new(&self.outside, None)),
                Control::Release(name)
                    if self.open.as_ref().is_some_and(|open| open.place(&name) == Some(0)) =>
                {
                    self.open = None;
                }
                Control::Other if self.open.is_some() => self.owe_anything(),
                Control::Release(_) | Control::RollbackTo(_) | Control::Other => {}
            }
        }
        if let Some(open) = &self.open {
            open.journal(|journal| journal.owe_everything());
        }
        (if is_followed { Ending::Nothing } else { self.anything() }, Committed::Yes)
    }

    /// The journal has one frame left.
    fn forget_savepoints(&mut self) {
        if let Some(open) = &mut self.open {
            open.frames.truncate(1);
        }
    }

    fn dialect(&self) -> Dialect {
        self.outside.database().catalog().schema().dialect()
    }
}

impl Open {
    fn new(outside: &Session, savepoint: Option<String>) -> Self {
        Self { session: outside.begin(), frames: vec![savepoint] }
    }

    fn journal(&self, change: impl FnOnce(&Journal)) {
        if let Some(journal) = self.session.journal() {
            change(journal);
        }
    }

    /// The innermost savepoint of this name.
    fn place(&self, name: &str) -> Option<usize> {
        self.frames.iter().rposition(|frame| frame.as_deref() == Some(name))
    }

    fn push(&mut self, name: String) {
        self.journal(Journal::push);
        self.frames.push(Some(name));
    }

    /// Merges all frames from this place on into the one before.
    fn release(&self, place: usize) {
        let inner = self.frames.len().saturating_sub(place);
        // None of them is the outermost, so none is to be published.
        self.journal(|journal| (0..inner).for_each(|_| drop(journal.release())));
    }

    /// Drops all frames from this place on.
    fn roll_back(&mut self, place: usize) {
        self.frames.drain(place..).for_each(|_| self.session.rolled_back());
    }

    /// The savepoint itself stays, and with it the transaction.
    fn roll_back_to(&mut self, place: usize, name: String) {
        self.roll_back(place);
        self.push(name);
        self.journal(Journal::regain_sight);
    }
}

impl TextStep {
    fn commit(&self) -> Option<&CommitStep> {
        match self {
            TextStep::Statement(_) => None,
            TextStep::Control(step) => step.commit(),
        }
    }

    /// If it is one INSERT, UPDATE or DELETE, and does nothing else: whether its rows come back.
    #[must_use]
    pub fn writes_rows(&self) -> Option<Returned> {
        match self {
            TextStep::Statement(step) => step.writes_rows(),
            TextStep::Control(_) => None,
        }
    }

    /// Whether it is several statements in one text, of which some control transactions.
    #[must_use]
    pub fn controls_among_others(&self) -> bool {
        matches!(self, TextStep::Statement(step) if !step.controls().is_empty())
    }

    /// Whether it may change data or end a transaction.
    #[must_use]
    pub fn is_write(&self) -> bool {
        match self {
            TextStep::Statement(step) => step.is_write(),
            TextStep::Control(step) => step.commits(),
        }
    }
}

impl Drop for TextSession {
    /// The connection goes away, and its transaction is rolled back.
    fn drop(&mut self) {
        if let Some(mut open) = self.open.take() {
            open.roll_back(0);
        }
    }
}
