//! A connection, a transaction or a tracked block: what runs statements.

use std::fmt;
use std::sync::Arc;

use super::by_hand::ByHand;
use super::commit::CommitStep;
use super::database::Database;
use super::explain::{Explainer, Explanation};
use super::journal::Journal;
use super::savepoint::SavepointStep;
use super::step::Step;
use super::taint::{Renaming, Taint};
use super::tracker::{Part, Tracker};
use crate::cache::Cache;
use crate::mutation::{self, Mutation};
use crate::schema::Dialect;
use crate::sql::{Control, Duration};
use crate::value::Value;

/// What one connection, transaction or tracked block runs its statements through.
#[derive(Clone)]
pub struct Session {
    database: Arc<Database>,
    journal: Option<Arc<Journal>>,
    tracker: Option<Arc<Tracker>>,
    explainer: Option<Arc<Explainer>>,
    taint: Arc<Taint>,
    /// Of a pool.
    by_hand: Option<Arc<ByHand>>,
    server: Server,
}

/// Which server a session is with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Server {
    Primary,
    /// It may not have seen yet what was published already.
    Replica,
}

impl Session {
    /// The session of one connection, outside of any transaction.
    #[must_use]
    pub fn new(database: Arc<Database>) -> Self {
        let taint = Taint::new(database.readings());
        Self {
            database,
            journal: None,
            tracker: None,
            explainer: None,
            taint,
            by_hand: None,
            server: Server::Primary,
        }
    }

    /// The session of a pool, any connection of which may run a statement. A setting that is changed on one of them
    /// may be met again on any, so it concerns all pools of this database.
    #[must_use]
    pub fn of_pool(database: Arc<Database>) -> Self {
        let taint = Arc::clone(database.taint());
        Self { taint, by_hand: Some(Arc::default()), ..Self::new(database) }
    }

    /// Notes that a statement changes what later ones mean: the search path, the role, the time zone.
    pub(super) fn taint(&self, duration: Duration) {
        match (duration, &self.journal) {
            (Duration::Transaction, Some(journal)) => journal.taint(),
            // Outside of a transaction SET LOCAL does nothing.
            (Duration::Transaction, None) => {}
            (Duration::Reading | Duration::Session, _) => self.taint.for_good(),
        }
    }

    /// Notes that a statement gives a name to what may be temporary, so that it hides another; if it is in the database as
    /// soon as the statement has run, that is to be finished. `controls` is the transaction control in its text.
    pub(super) fn rename(&self, controls: &[Control]) -> Option<Renaming> {
        match (&self.journal, controls) {
            (Some(journal), []) => journal.rename(),
            (None, [] | [Control::Begin, Control::Commit]) => return Some(self.taint.renaming()),
            _ => self.taint.for_good(),
        }
        None
    }

    /// Notes that a statement is about to make temporary relations of these names: the next reading of the schema that shows
    /// others of the same names is one of what some sessions do not see. One that has come meanwhile may be hidden at once.
    pub(super) fn makes_temporary(&self, names: &[String]) {
        names.iter().for_each(|name| self.database.temporaries().made(name));
        let catalog = self.database.catalog();
        let schema = catalog.schema();
        // A change of the schema is read at once.
        let is_read = schema.dialect() != Dialect::MySql;
        if !is_read && names.iter().any(|name| schema.resolve(None, name).is_some()) {
            self.taint.for_good();
        }
    }

    /// Notes that a statement has dropped the temporary relation of this name. What is dropped in a transaction may come back.
    pub(super) fn drops_temporary(&self, name: Option<&str>) {
        if let Some(name) = name
            && !self.is_in_transaction()
            && !self.is_open_by_hand()
        {
            self.database.temporaries().dropped(name);
        }
    }

    /// The same session with a replica of the database. Nothing that is read there is kept: the replica may not have
    /// seen yet what was published before the read began.
    #[must_use]
    pub fn on_replica(&self) -> Self {
        Self { server: Server::Replica, ..self.clone() }
    }

    /// Why nothing that is read here may be served from the cache or kept in it, if so.
    #[must_use]
    pub fn distrust(&self) -> Option<&'static str> {
        if self.server == Server::Replica {
            Some("it reads a replica, which may lag behind")
        } else if self.is_in_doubt() {
            Some("a statement has begun a transaction, of which nobody knows on which connection")
        } else {
            self.is_tainted().then_some("a setting of its session was changed")
        }
    }

    /// Whether a connection of the pool may be in a transaction that a statement began. Then an adapter begins none of its
    /// own: it could be on that connection, where its end is that of the other, too.
    #[must_use]
    pub fn is_open_by_hand(&self) -> bool {
        self.by_hand().is_some_and(|by_hand| by_hand.is_open())
    }

    /// Whether a connection of the pool may be in a transaction that nobody follows.
    fn is_in_doubt(&self) -> bool {
        self.is_open_by_hand() && !mutation::is(Mutation::ByHandKeepsReads)
    }

    /// Whether names and values may mean something else here than the schema says, so that whatever is written may be
    /// anything.
    #[must_use]
    pub fn is_tainted(&self) -> bool {
        self.taint.holds() || self.journal.as_ref().is_some_and(|journal| journal.is_tainted())
    }

    /// The transactions that statements begin, where no handle follows them.
    pub(super) fn by_hand(&self) -> Option<&Arc<ByHand>> {
        self.by_hand.as_ref().filter(|_| !self.is_in_transaction())
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        self.database.cache()
    }

    /// Whether it is a transaction: its reads bypass the cache, and its writes are published at COMMIT.
    #[must_use]
    pub fn is_in_transaction(&self) -> bool {
        self.journal.is_some()
    }

    /// The session of a transaction or savepoint that has just begun on this one.
    #[must_use]
    pub fn begin(&self) -> Self {
        let journal = self.followed();
        journal.push();
        if let Some(tracker) = &self.tracker {
            tracker.refuse("it begins a transaction");
        }
        Self { journal: Some(journal), ..self.clone() }
    }

    /// The session of a tracked block on this one.
    #[must_use]
    pub fn tracked(&self, tracker: Arc<Tracker>) -> Self {
        Self { tracker: Some(tracker), ..self.clone() }
    }

    /// What notes the reads of the tracked block, if this is one.
    #[must_use]
    pub fn tracker(&self) -> Option<&Arc<Tracker>> {
        self.tracker.as_ref()
    }

    /// What is about to be run, as part of the tracked block if this is one.
    pub fn part(&self) -> Part {
        Part::of(self.tracker.as_ref())
    }

    pub(super) fn set_tracker(&mut self, tracker: Option<Arc<Tracker>>) -> Option<Arc<Tracker>> {
        std::mem::replace(&mut self.tracker, tracker)
    }

    pub(super) fn set_explainer(&mut self, explainer: Option<Arc<Explainer>>) -> Option<Arc<Explainer>> {
        std::mem::replace(&mut self.explainer, explainer)
    }

    /// The same session, telling this explainer what it does.
    #[must_use]
    pub fn explained(&self, explainer: Arc<Explainer>) -> Self {
        Self { explainer: Some(explainer), ..self.clone() }
    }

    /// Who is told what it does, if anybody.
    #[must_use]
    pub fn explainer(&self) -> Option<&Arc<Explainer>> {
        self.explainer.as_ref()
    }

    /// Notes a cached read that bypasses the cache because it is in a transaction.
    pub fn note_bypass(&self) {
        self.database.habits().read_in_transaction();
        if let Some(explainer) = &self.explainer {
            let note = "a cached read in a transaction bypasses the cache: nothing there can hit";
            explainer.note(Explanation::Note(note.to_owned()));
        }
    }

    /// Notes that a read of which there is no step has failed: the server may have ended the transaction with it.
    pub fn note_failed_read(&self) {
        match (&self.journal, self.database.catalog().schema().dialect()) {
            // There a read that fails leaves the transaction to be rolled back.
            (None, _) | (_, Dialect::Postgres) => {}
            (Some(journal), dialect) => journal.failed(dialect),
        }
    }

    /// Plans a statement and arms its guard; `values` gives its bound values, and is called only if they
    /// matter.
    pub fn step(&self, sql: &str, values: &dyn Fn() -> Vec<Value>) -> Step {
        Step::new(self, sql, values)
    }

    /// To be called before a savepoint is set in the transaction.
    pub fn savepoint(&self) -> SavepointStep {
        SavepointStep::new(self.journal.clone())
    }

    /// Whether it is a transaction that a [savepoint](Self::savepoint) has ended: nothing may be sent in it but ROLLBACK.
    #[must_use]
    pub fn is_broken_off(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.is_broken_off())
    }

    /// To be called before COMMIT (or RELEASE, for a savepoint) is sent.
    pub fn commit(&self) -> CommitStep {
        CommitStep::new(self.followed())
    }

    fn followed(&self) -> Arc<Journal> {
        let new = || Journal::new(Arc::clone(&self.database), Arc::clone(&self.taint));
        self.journal.clone().unwrap_or_else(new)
    }

    /// To be called after ROLLBACK, or when a transaction or savepoint is dropped.
    pub fn rolled_back(&self) {
        let owed = self.journal.as_ref().and_then(|journal| journal.roll_back());
        if let Some(owed) = owed.filter(|owed| !owed.is_empty()) {
            self.cache().publish_detached(owed.touched(&self.database), Some(owed.cause));
        }
    }

    pub(super) fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("database", &self.database.identity())
            .field("in_transaction", &self.is_in_transaction())
            .field("tracked", &self.tracker.is_some())
            .finish()
    }
}
