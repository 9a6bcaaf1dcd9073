//! The marks that an open transaction owes, a frame for each savepoint.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cause::Transaction;
use super::database::Database;
use super::step::Aftermath;
use super::taint::{Renaming, Taint};
use crate::cache::{Cache, Cause};
use crate::deps::Catalog;
use crate::mark::Marks;
use crate::mutation::{self, Mutation};
use crate::schema::Dialect;

/// A transaction explains its publication by at most this many statements.
const MAX_CAUSES: usize = 16;

/// What has touched the same tables touches them whole if it has more marks than this: what a transaction owes must not
/// grow with its statements, each of which is merged into it.
const MAX_OWED: usize = 512;

/// What was written since one BEGIN or SAVEPOINT.
#[derive(Default)]
struct Frame {
    /// Apart by the tables that they are of, so that many writes to some leave those to others narrow.
    marks: Vec<Marks>,
    /// What its first statement was planned with.
    catalog: Option<Arc<Catalog>>,
    causes: Vec<Cause>,
    schema_changed: bool,
    /// Names were given to what may be temporary.
    renames: bool,
    /// A statement failed or was cancelled: the server may have ended the transaction by itself, and what
    /// followed may have been committed one by one.
    uncertain: bool,
}

/// The frames of one transaction, shared by it and its savepoints.
///
/// Frames are kept by depth, as the drivers keep savepoints: whichever handle commits releases the innermost.
pub(super) struct Journal {
    database: Arc<Database>,
    frames: Mutex<Vec<Frame>>,
    /// Of the session that it is on, whatever becomes of it.
    taint: Arc<Taint>,
    tainted: AtomicBool,
    /// Set when nobody knows whether the transaction is still open.
    may_have_ended: AtomicBool,
    /// Set when it has ended and nothing may be sent in it any more, since that would be outside of any transaction.
    is_broken_off: AtomicBool,
    /// The number that the database has given to the transaction, as far as a statement has shown it. Forgotten when
    /// nobody knows whether that is still open: the one that follows has another.
    transaction: Mutex<Option<u64>>,
}

/// What is to be published now.
#[derive(Clone)]
pub(super) struct Owed {
    marks: Marks,
    catalog: Option<Arc<Catalog>>,
    pub(super) cause: Cause,
    pub(super) aftermath: Aftermath,
    pub(super) renames: bool,
    /// Whether some of it may be in the database whatever becomes of the transaction.
    pub(super) uncertain: bool,
}

impl Journal {
    pub(super) fn new(database: Arc<Database>, taint: Arc<Taint>) -> Arc<Self> {
        Arc::new(Self {
            database,
            frames: Mutex::default(),
            taint,
            tainted: AtomicBool::new(false),
            may_have_ended: AtomicBool::new(false),
            is_broken_off: AtomicBool::new(false),
            transaction: Mutex::default(),
        })
    }

    /// Notes the number of the transaction.
    pub(super) fn note_transaction(&self, number: u64) {
        if !self.may_have_ended() {
            self.transaction().get_or_insert(number);
        }
    }

    /// The number of the transaction, if it is known.
    pub(super) fn transaction_number(&self) -> Option<u64> {
        *self.transaction()
    }

    fn transaction(&self) -> MutexGuard<'_, Option<u64>> {
        self.transaction.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a setting that holds until the transaction ends.
    pub(super) fn taint(&self) {
        self.tainted.store(true, Ordering::Relaxed);
    }

    /// Notes that a name was given to what may be temporary: others meet it when the transaction has committed.
    pub(super) fn rename(&self) {
        self.taint();
        let is_followed = self.with(|frames| match frames.last_mut() {
            Some(frame) if !self.may_have_ended() => {
                frame.renames = true;
                true
            }
            _ => false,
        });
        if !is_followed {
            self.taint.for_good();
        }
    }

    /// Such names are about to be committed.
    pub(super) fn renaming(&self) -> Renaming {
        self.taint.renaming()
    }

    pub(super) fn is_tainted(&self) -> bool {
        self.tainted.load(Ordering::Relaxed)
    }

    pub(super) fn push(&self) {
        self.with(|frames| frames.push(Frame::default()));
    }

    /// Notes what a statement touched.
    pub(super) fn record(
        &self,
        marks: &Marks,
        catalog: &Arc<Catalog>,
        cause: Option<Cause>,
        aftermath: Aftermath,
    ) {
        let homeless = self.with(|frames| {
            let Some(frame) = frames.last_mut() else { return true };
            frame.add(marks);
            frame.catalog.get_or_insert_with(|| Arc::clone(catalog));
            if frame.causes.len() < MAX_CAUSES {
                frame.causes.extend(cause.clone());
            }
            frame.schema_changed |= aftermath == Aftermath::SchemaChanged;
            false
        });
        // A step that outlives its transaction has nobody left who would publish for it.
        if homeless {
            self.cache().publish_detached(marks.clone(), cause);
        }
    }

    /// Whether it has written: on SQLite it then excludes other writers until it ends.
    pub(super) fn has_written(&self) -> bool {
        self.with(|frames| {
            frames.iter().any(|frame| !frame.causes.is_empty()) && !frames.iter().any(|frame| frame.uncertain)
        })
    }

    /// All that is owed so far.
    pub(super) fn marks(&self) -> Marks {
        self.with(|frames| {
            let mut marks = Marks::default();
            for frame in frames {
                marks.merge(&frame.touched());
                if is_overtaken(frame.catalog.as_ref(), &self.database) {
                    marks.merge(&Marks::everything());
                }
            }
            marks
        })
    }

    /// Notes that a statement failed or was cancelled.
    pub(super) fn doubt(&self) {
        self.with(|frames| {
            if let Some(frame) = frames.last_mut() {
                frame.uncertain = true;
            }
        });
    }

    /// Notes that the transaction may have ended without anybody having seen it: what is written from now on may be
    /// in the database at once.
    pub(super) fn lose_sight(&self) {
        self.may_have_ended.store(true, Ordering::Release);
        *self.transaction() = None;
        self.doubt();
        self.lose_renames();
    }

    /// Nobody will see when names were given.
    fn lose_renames(&self) {
        if self.with(|frames| frames.iter().any(|frame| frame.renames)) {
            self.taint.for_good();
        }
    }

    /// Notes that a statement may have committed all that was written, and what follows.
    pub(super) fn may_have_committed(&self) {
        self.lose_sight();
        self.with(|frames| frames.iter_mut().for_each(|frame| frame.uncertain = true));
    }

    /// Notes that a statement failed, or that nobody waits for it: the transaction may be gone, on MySQL by a deadlock,
    /// which leaves what was committed before; on SQLite by a conflict clause or a full disk.
    pub(super) fn failed(&self, dialect: Dialect) {
        match dialect {
            Dialect::MySql => self.may_have_committed(),
            Dialect::Sqlite => self.lose_sight(),
            Dialect::Postgres => self.doubt(),
        }
    }

    /// Whether it may have ended without anybody having seen it.
    pub(super) fn may_have_ended(&self) -> bool {
        self.may_have_ended.load(Ordering::Acquire)
    }

    /// Notes that the transaction has ended, although its handles are there still.
    pub(super) fn break_off(&self) {
        self.is_broken_off.store(true, Ordering::Release);
        // What was planned before and waits for the connection is written outside of it.
        self.lose_sight();
    }

    /// Whether it has ended although its handles are there still.
    pub(super) fn is_broken_off(&self) -> bool {
        self.is_broken_off.load(Ordering::Acquire)
    }

    /// The transaction was seen to be open.
    pub(super) fn regain_sight(&self) {
        self.may_have_ended.store(false, Ordering::Release);
    }

    /// Everything may have been written, before or after each savepoint.
    pub(super) fn owe_everything(&self) {
        self.with(|frames| {
            for frame in frames {
                frame.add(&Marks::everything());
                frame.uncertain = true;
            }
        });
    }

    /// What was released is owed again.
    pub(super) fn reopen(&self, owed: Owed) {
        let Owed { marks, catalog, cause, aftermath, renames, uncertain } = owed;
        let schema_changed = aftermath == Aftermath::SchemaChanged;
        self.with(|frames| {
            frames.push(Frame {
                marks: vec![marks],
                catalog,
                causes: vec![cause],
                schema_changed,
                renames,
                uncertain,
            });
        });
    }

    /// The innermost frame is released; returns what is to be published if it was the outermost.
    pub(super) fn release(&self) -> Option<Owed> {
        self.with(|frames| {
            let top = frames.pop()?;
            match frames.last_mut() {
                None => Some(top.into_owed()),
                Some(_) if mutation::is(Mutation::ReleaseLosesMarks) => None,
                Some(parent) => {
                    top.marks.iter().for_each(|marks| parent.add(marks));
                    parent.catalog = parent.catalog.take().or(top.catalog);
                    let room = MAX_CAUSES.saturating_sub(parent.causes.len());
                    parent.causes.extend(top.causes.into_iter().take(room));
                    parent.schema_changed |= top.schema_changed;
                    parent.renames |= top.renames;
                    parent.uncertain |= top.uncertain;
                    None
                }
            }
        })
    }

    /// The innermost frame is rolled back; returns what is to be published all the same.
    pub(super) fn roll_back(&self) -> Option<Owed> {
        self.with(|frames| {
            let top = frames.pop()?;
            if let Some(parent) = frames.last_mut() {
                parent.uncertain |= top.uncertain;
            }
            top.uncertain.then(|| top.into_owed())
        })
    }

    pub(super) fn cache(&self) -> &Cache {
        self.database.cache()
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    fn with<T>(&self, change: impl FnOnce(&mut Vec<Frame>) -> T) -> T {
        change(&mut self.frames.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Journal {
    /// What has frames left ended otherwise than by its handle.
    fn drop(&mut self) {
        self.lose_renames();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("may_have_ended", &self.may_have_ended()).finish_non_exhaustive()
    }
}

impl Frame {
    fn add(&mut self, marks: &Marks) {
        match self.marks.iter_mut().find(|known| known.declared() == marks.declared()) {
            Some(known) => {
                known.merge(marks);
                *known = std::mem::take(known).bounded_by(MAX_OWED);
            }
            None => self.marks.push(marks.clone()),
        }
    }

    fn into_owed(self) -> Owed {
        let aftermath = if self.schema_changed { Aftermath::SchemaChanged } else { Aftermath::Nothing };
        let marks = self.touched();
        let cause = Arc::new(Transaction(self.causes));
        let Self { catalog, renames, uncertain, .. } = self;
        Owed { marks, catalog, cause, aftermath, renames, uncertain }
    }

    fn touched(&self) -> Marks {
        let mut marks = Marks::default();
        self.marks.iter().for_each(|of_some| marks.merge(of_some));
        marks
    }
}

impl Owed {
    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// What was touched, as far as is known now.
    pub(super) fn touched(&self, database: &Database) -> Marks {
        match is_overtaken(self.catalog.as_ref(), database) {
            true => Marks::everything(),
            false => self.marks.clone(),
        }
    }
}

/// A schema that has changed since a statement was planned may have given it effects that were not planned, and entries
/// which show none of them yet may be younger than the epoch that the change has begun.
fn is_overtaken(planned: Option<&Arc<Catalog>>, database: &Database) -> bool {
    planned.is_some_and(|catalog| !database.is_current(catalog))
}
