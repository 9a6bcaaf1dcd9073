//! One statement: planned before it runs, finished with what came of it.

mod effects;
mod publish;

use std::fmt;
use std::sync::Arc;

use self::effects::Effects;
use super::by_hand::Beginning;
use super::context::Session;
use super::refusal;
use super::taint::Renaming;
use crate::cache::{Announcement, Naming};
use crate::deps::{Before, BeforeQuery, Catalog, Planned, Ran, Rows, before_query, watches};
use crate::error::Result;
use crate::mutation::{self, Mutation};
use crate::schema::Dialect;
use crate::sql::{Control, Duration, Effect, Plan, Returned, Temporary, WritePlan};
use crate::value::Value;

/// What came of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'o> {
    /// It failed, and may have had its effect all the same.
    Failed,
    /// It failed with this code of the database, which may say that it has changed nothing.
    Refused(&'o str),
    /// It returned these rows, all of them.
    Rows(&'o dyn Rows),
    /// It returned rows of which only the first was read.
    First(&'o dyn Rows),
    /// It returned no rows and changed this many; `None` if it did not tell.
    Done {
        /// How many rows it changed.
        rows_affected: Option<u64>,
    },
    /// It returned no rows, and the database chose a number for a row that it inserted.
    Numbered {
        /// How many rows it changed.
        rows_affected: u64,
        /// The number of the first of them.
        first: u64,
    },
}

/// What the adapter has to do after a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Aftermath {
    /// Nothing.
    Nothing,
    /// Read the schema anew and hand it to [`Database::take_up`](super::Database::take_up).
    SchemaChanged,
}

/// One statement on its way.
///
/// Dropping a writing step that is not finished publishes (or, in a transaction, journals) all that the
/// statement may have touched. Outside a transaction the caller must make sure that a statement which was
/// sent is finished, whoever goes away or does not go on: it may take effect after the drop.
#[must_use = "finish it with what came of the statement"]
pub struct Step {
    session: Session,
    catalog: Arc<Catalog>,
    plan: Arc<Plan>,
    sql: Arc<str>,
    values: Vec<Value>,
    before: Option<Before>,
    announcement: Option<Announcement>,
    foreseen: Option<Box<Effects>>,
    beginning: Option<Beginning>,
    temporary: Option<Arc<Temporary>>,
    renaming: Option<Renaming>,
    finished: bool,
}

impl Step {
    pub(super) fn new(session: &Session, sql: &str, values: &dyn Fn() -> Vec<Value>) -> Self {
        let catalog = session.database().catalog();
        let planned = catalog.planned(sql);
        let mut step = Self::planned(session, catalog, planned);
        if step.needs_values() {
            step.bind(values());
        }
        step
    }

    pub(super) fn planned(session: &Session, catalog: Arc<Catalog>, planned: Planned) -> Self {
        let Planned { sql, plan, temporary } = planned;
        if let Some(temporary) = &temporary {
            session.makes_temporary(&temporary.made);
        }
        let renaming = match &*plan {
            Plan::Write(WritePlan { changes_session: Some(Duration::Reading), controls, .. }) => {
                session.rename(controls)
            }
            Plan::Setting(duration) | Plan::Write(WritePlan { changes_session: Some(duration), .. }) => {
                session.taint(*duration);
                None
            }
            _ => None,
        };
        let dialect = catalog.schema().dialect();
        let by_hand = session.by_hand();
        let beginning = by_hand.and_then(|by_hand| by_hand.will_run(dialect, controls(&plan)));
        let step = Self {
            session: session.clone(),
            catalog,
            plan,
            sql,
            values: Vec::new(),
            before: None,
            announcement: None,
            foreseen: None,
            beginning,
            temporary,
            renaming,
            finished: false,
        };
        match step.session.tracker() {
            Some(tracker) if step.is_tracked() => tracker.expect(),
            // Whoever gives it up does not keep it from being run.
            Some(tracker) => tracker.refuse("it writes"),
            None => {}
        }
        step
    }

    /// Whether the statement reads, and does nothing else.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(&*self.plan, Plan::Read(_))
    }

    /// If it is one INSERT, UPDATE or DELETE, and does nothing else: whether its rows come back.
    #[must_use]
    pub fn writes_rows(&self) -> Option<Returned> {
        self.plan.writes_rows()
    }

    /// Whether what it reads is noted.
    #[must_use]
    pub fn is_tracked(&self) -> bool {
        self.session.tracker().is_some() && !self.is_write()
    }

    /// Whether its bound values matter.
    #[must_use]
    pub fn needs_values(&self) -> bool {
        self.plan.is_write() || self.session.tracker().is_some() && matches!(*self.plan, Plan::Read(_))
    }

    /// Gives its bound values, in their order, to a step that was planned without them. Until then nothing is known
    /// of them, which is right, and wide.
    pub fn bind(&mut self, values: Vec<Value>) {
        self.values = values;
        self.foreseen = None;
    }

    /// The places of the columns that it looks at in each row of the result.
    #[must_use]
    pub fn places(&self) -> Vec<usize> {
        let mut places: Vec<usize> = match &*self.plan {
            Plan::Read(plan) if self.session.tracker().is_some() => {
                let shown = plan.sources.iter().flat_map(|source| {
                    let outputs = source.outputs.iter().map(|output| output.position);
                    outputs.chain(source.referenced_from.iter().copied())
                });
                shown.collect()
            }
            Plan::Write(plan) => plan.effects.iter().flat_map(returned).collect(),
            _ => Vec::new(),
        };
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The transaction control among its statements, if it has several; or that it may do it in its own way (CALL).
    pub(super) fn controls(&self) -> Vec<Control> {
        match &*self.plan {
            Plan::Write(plan) if plan.controls.is_empty() && plan.ends_transaction => vec![Control::Other],
            Plan::Write(plan) => plan.controls.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether the statement may change data: outside a transaction, run it to its end, whoever goes away.
    #[must_use]
    pub fn is_write(&self) -> bool {
        match &*self.plan {
            Plan::Write(_) => true,
            Plan::Control(control) => self.ends(control),
            Plan::Read(_) | Plan::Setting(_) | Plan::Neutral => false,
        }
    }

    /// To be called before a statement that writes outside of a transaction, or may commit the one that it is in, is sent;
    /// after the
    /// [query before it](Self::before_query), if that shows the number of its transaction.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if it must not be sent: give the step up.
    pub async fn announce(&mut self) -> Result<()> {
        let is_due = self.publishes_at_once() || self.may_commit();
        if is_due && self.announcement.is_none() && self.is_write() && self.session.cache().announces() {
            let mut marks = self.foresee();
            if let Some(journal) = self.session.journal().filter(|_| self.may_commit()) {
                marks.merge(&journal.marks());
            }
            let number = self.before.as_ref().and_then(Before::transaction);
            let transaction = number.map(|number| self.session.database().transaction(number));
            let naming = transaction.map_or(Naming::Never, |transaction| Naming::May(Some(transaction)));
            self.announcement = Some(self.session.cache().announce_as(naming, &marks).await?);
        }
        Ok(())
    }

    /// Ends a step whose statement is not sent.
    pub fn give_up(mut self) {
        self.note_given_up();
        self.session.cache().withdraw(self.announcement.take().unwrap_or_default());
        if let Some(renaming) = self.renaming.take() {
            renaming.undone();
        }
        self.finished = true;
    }

    /// The query to run before the statement, with the statement's own bound values, if what its rows were
    /// is worth knowing. It must run where no other writer can come between: outside of a transaction, begin
    /// one that excludes writers, and commit it before the step is finished.
    #[must_use]
    pub fn before_query(&self) -> Option<BeforeQuery> {
        query_before(&self.session, &self.catalog, &self.plan)
    }

    /// Notes what the query before the statement showed.
    pub fn note_before(&mut self, query: &BeforeQuery, rows: &dyn Rows) {
        self.before = query.read(&self.catalog, rows);
        self.foreseen = None;
        let number = self.before.as_ref().and_then(Before::transaction);
        if let (Some(number), Some(journal)) = (number, self.session.journal()) {
            journal.note_transaction(number);
        }
    }

    /// Notes what came of the statement: a read tells the tracker what it watches, a write publishes what it
    /// touched or journals it. What was announced may still be on its way to the log when this returns: readers meet its
    /// fence meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future of a write publishes all that it may have touched.
    pub fn finish(mut self, outcome: Outcome<'_>) -> impl Future<Output = Aftermath> + Send + use<> {
        // What a failure has ended of a transaction is not known of SQLite; of the others it is nothing. Under another
        // schema the effects are not known.
        let is_known = (self.dialect() != Dialect::Sqlite || !self.session.is_in_transaction())
            && self.session.database().is_current(&self.catalog)
            && matches!((outcome, &*self.plan), (Outcome::Refused(code), Plan::Write(plan))
                if refusal::changed_nothing(&self.catalog, plan, &self.sql, code));
        let has_effects = self.is_write() && !is_known;
        let effects = has_effects.then(|| self.take_effects(Ran::from(outcome)));
        let is_error = matches!(outcome, Outcome::Failed | Outcome::Refused(_));
        let failed = is_error && !is_known;
        if let (false, Some(by_hand)) = (is_error, self.session.by_hand()) {
            by_hand.ran(self.dialect(), controls(&self.plan));
            self.beginning = None;
        }
        self.finish_renaming(outcome);
        if let (false, Some(temporary)) = (is_error, &self.temporary) {
            self.session.drops_temporary(temporary.dropped.as_deref());
        }
        if !self.is_write() {
            self.note_read(outcome);
            if is_error {
                self.session.note_failed_read();
            }
            self.finished = true;
        }
        async move {
            if self.finished {
                return Aftermath::Nothing;
            }
            if let (true, Some(journal)) = (failed, self.session.journal()) {
                journal.failed(self.dialect());
            }
            let announcement = self.announcement.take().filter(|_| !failed).unwrap_or_default();
            self.emit(effects.unwrap_or_default(), announcement).await;
            self.finished = true;
            if self.publishes_at_once() { self.aftermath() } else { Aftermath::Nothing }
        }
    }

    /// What a transaction that a statement began has renamed is not in the database yet. What is refused was undone, unless
    /// it may have committed before.
    fn finish_renaming(&mut self, outcome: Outcome<'_>) {
        let Some(renaming) = self.renaming.take() else { return };
        match outcome {
            Outcome::Refused(_) if self.controls().is_empty() => renaming.undone(),
            Outcome::Failed | Outcome::Refused(_) => {}
            _ if self.session.is_open_by_hand() => {}
            _ => renaming.happened(),
        }
    }

    /// Whether what it does may be in the database when it returns.
    pub(super) fn publishes_at_once(&self) -> bool {
        self.session.journal().is_none_or(|journal| journal.may_have_ended())
    }

    /// Whoever goes on without a statement may have it the next time.
    fn note_given_up(&self) {
        let Some(tracker) = self.session.tracker() else { return };
        if self.is_tracked() {
            tracker.met();
        }
        tracker.refuse("a statement in it was given up");
    }

    fn note_read(&self, outcome: Outcome<'_>) {
        let Some(tracker) = self.session.tracker() else { return };
        tracker.met();
        let Plan::Read(plan) = &*self.plan else {
            tracker.refuse("a statement in it is not a SELECT");
            return;
        };
        if let Some(refusal) = &plan.refusal {
            tracker.refuse(refusal.to_string());
            return;
        }
        if let Some(reason) = self.session.distrust() {
            tracker.refuse(reason);
            return;
        }
        let rows = match outcome {
            Outcome::Failed | Outcome::Refused(_) if mutation::is(Mutation::FailedReadsAreKept) => return,
            Outcome::Failed | Outcome::Refused(_) => {
                tracker.refuse("a read in it failed");
                return;
            }
            Outcome::Rows(rows) => Some(rows),
            // One row that was read of several says nothing about the others, unless a limit does.
            Outcome::First(rows) => Some(rows).filter(|rows| rows.is_empty() || plan.limited),
            Outcome::Done { .. } | Outcome::Numbered { .. } => None,
        };
        tracker.note(&self.catalog, &watches(&self.catalog, plan, &self.values, rows));
    }

    /// Whose SQL it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.catalog.schema().dialect()
    }

    /// Whether it may end a transaction: MySQL commits the one that is open when another begins.
    fn ends(&self, control: &Control) -> bool {
        control.ends() || *control == Control::Begin && self.dialect() == Dialect::MySql
    }

    fn aftermath(&self) -> Aftermath {
        match &*self.plan {
            Plan::Write(write) if write.changes_schema => Aftermath::SchemaChanged,
            _ => Aftermath::Nothing,
        }
    }
}

/// See [`Step::before_query`].
pub(super) fn query_before(session: &Session, catalog: &Catalog, plan: &Plan) -> Option<BeforeQuery> {
    let Plan::Write(plan) = plan else { return None };
    if session.is_open_by_hand() && !mutation::is(Mutation::LooksBeginByHand) {
        return None;
    }
    let excludes_writers = session.journal().is_none_or(|journal| match catalog.schema().dialect() {
        // The query locks its rows, unless the transaction is gone.
        Dialect::MySql => !journal.may_have_ended(),
        // A transaction that has not written yet would take a snapshot with the query, and then fail to write.
        Dialect::Sqlite | Dialect::Postgres => journal.has_written(),
    });
    excludes_writers.then(|| before_query(catalog, plan, session.database().before_images()))?
}

/// The transaction control in a text.
fn controls(plan: &Plan) -> &[Control] {
    match plan {
        Plan::Control(control) => std::slice::from_ref(control),
        Plan::Write(plan) => &plan.controls,
        Plan::Read(_) | Plan::Setting(_) | Plan::Neutral => &[],
    }
}

/// Where a write's RETURNING shows columns of its table.
fn returned(effect: &Effect) -> Vec<usize> {
    let returning = match effect {
        Effect::Insert(insert) => &insert.returning,
        Effect::Update(update) => &update.returning,
        Effect::Delete(delete) => &delete.returning,
        Effect::Table(_) | Effect::Everything => &None,
    };
    let outputs = returning.iter().flat_map(|returning| &returning.outputs);
    outputs.map(|output| output.position).collect()
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("plan", &self.plan).finish_non_exhaustive()
    }
}
