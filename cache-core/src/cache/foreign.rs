//! Marks that were made under other declarations than this process's.
//!
//! Programs that share a log need not agree on scopes: an old binary in a rolling deploy, a worker without the
//! derive. A touch from one of those may lack a mark that a watch from here has, and the other way round. So a
//! record from elsewhere counts as one of the whole table, and an entry from elsewhere is not served.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::log::{Epoch, Record, Tail};
use crate::mark::{Declared, Maker, Mark, Marks};

/// Which of the databases that are attached it is: several may be one, as seen by different sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Owner {
    number: u64,
    /// Equal for all sessions of one database.
    database: u64,
}

impl Owner {
    /// Of what is declared without a database.
    pub(super) const NOBODY: Self = Self { number: 0, database: 0 };

    pub(crate) fn of(database: u64) -> Self {
        static OWNERS: AtomicU64 = AtomicU64::new(1);
        Self { number: OWNERS.fetch_add(1, Ordering::Relaxed), database }
    }

    /// Whether it is another session of the same database.
    fn is_beside(self, other: Self) -> bool {
        self != other && self.database == other.database
    }
}

/// Under which declarations this process makes its marks, by the mark of the table.
#[derive(Default)]
pub(super) struct Declarations(RwLock<HashMap<Mark, Vec<Known>>>);

struct Known {
    owner: Owner,
    maker: Maker,
    /// None while an epoch begins for other declarations of the table.
    fingerprint: Option<u64>,
    read_in: Option<Epoch>,
}

impl Declarations {
    /// `read_in` is the epoch in which the schema behind them was read or found unchanged: a change of the schema
    /// begins an epoch. None if the schema is believed to be as declared.
    pub(super) fn know(&self, owner: Owner, maker: Maker, declared: &[Declared], read_in: Option<Epoch>) {
        let mut known = self.write();
        for Declared { table, fingerprint } in declared {
            let of_table = known.entry(*table).or_default();
            of_table.retain(|known| known.owner != owner);
            of_table.push(Known { owner, maker, fingerprint: Some(*fingerprint), read_in });
        }
    }

    /// Until these tables are known again, whatever is published of them is as if from elsewhere, and what was read of
    /// their schema is right in no other epoch.
    pub(super) fn forget(&self, owner: Owner, declared: &[Declared]) {
        let mut known = self.write();
        for Declared { table, .. } in declared {
            let of_table = known.get_mut(table).into_iter().flatten();
            of_table.filter(|known| known.owner == owner).for_each(|known| {
                (known.fingerprint, known.maker) = (None, Maker::Nobody);
            });
        }
    }

    /// The database is attached no more.
    pub(super) fn leave(&self, owner: Owner) {
        self.write().retain(|_, of_table| {
            of_table.retain(|known| known.owner != owner);
            !of_table.is_empty()
        });
    }

    /// What was read in `before` is as right in `after`. If somebody begins that for another schema, other sessions of the
    /// database have that yet to see.
    pub(super) fn advance(&self, before: Epoch, after: Epoch, changed: Option<Owner>) {
        let mut known = self.write();
        let is_right = |known: &&mut Known| {
            let has_to_look = changed.is_some_and(|changed| known.owner.is_beside(changed));
            known.fingerprint.is_some() && known.read_in == Some(before) && !has_to_look
        };
        known.values_mut().flatten().filter(is_right).for_each(|known| known.read_in = Some(after));
    }

    /// Whether all marks were made as this process makes them.
    pub(super) fn agree(&self, marks: &Marks) -> bool {
        self.foreign(marks).next().is_none()
    }

    /// Whether marks made in this process are right in this epoch: nobody has changed the schema since it was read.
    pub(super) fn are_current(&self, marks: &Marks, epoch: Epoch) -> bool {
        let known = self.read();
        let is_right = |known: &Known| known.read_in.is_none_or(|read_in| read_in == epoch);
        let is_made_by =
            |known: &Known| matches!(known.maker, Maker::Catalog(_)) && known.maker == marks.maker();
        let is_current = |declared: &Declared| {
            let Some(of_table) = known.get(&declared.table) else { return true };
            if let Some(maker) = of_table.iter().find(|known| is_made_by(known)) {
                return is_right(maker);
            }
            // Who has another one has not made these.
            let mut makers = of_table.iter().filter(|known| known.fingerprint == Some(declared.fingerprint));
            match makers.next() {
                Some(maker) if marks.maker() == Maker::Several => is_right(maker) && makers.all(is_right),
                Some(maker) => is_right(maker) || makers.any(is_right),
                None => of_table.iter().all(is_right),
            }
        };
        marks.declared().iter().all(is_current)
    }

    /// The records, each of the whole table where it comes from elsewhere.
    pub(super) fn widen_all(&self, mut tail: Tail) -> Tail {
        tail.records.iter_mut().for_each(|record| self.widen(record));
        tail
    }

    pub(super) fn widen(&self, record: &mut Record) {
        self.widen_marks(&mut record.marks);
        if record.fences.raised.iter().any(|fence| !self.agree(&fence.marks)) {
            let fences = Arc::make_mut(&mut record.fences);
            fences.raised.iter_mut().for_each(|fence| self.widen_marks(&mut fence.marks));
        }
    }

    fn widen_marks(&self, marks: &mut Arc<Marks>) {
        let tables: Marks = self.foreign(marks).collect();
        if !tables.is_empty() {
            Arc::make_mut(marks).merge(&tables);
        }
    }

    fn foreign<'m>(&self, marks: &'m Marks) -> impl Iterator<Item = Mark> + use<'_, 'm> {
        let known = self.read();
        // Entries may watch what any of them has declared.
        let is_foreign = move |declared: &&Declared| {
            let same = |known: &Known| known.fingerprint == Some(declared.fingerprint);
            known.get(&declared.table).is_none_or(|of_table| !of_table.iter().all(same))
        };
        marks.declared().iter().filter(is_foreign).map(|declared| declared.table)
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Mark, Vec<Known>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Mark, Vec<Known>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
