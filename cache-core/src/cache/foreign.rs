//! Marks that were made under other declarations than this process's.
//!
//! Programs that share a log need not agree on scopes: an old binary in a rolling deploy, a worker without the
//! derive. A touch from one of those may lack a mark that a watch from here has, and the other way round. So a
//! record from elsewhere counts as one of the whole table, and an entry from elsewhere is not served.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::log::{Epoch, Record, Tail};
use crate::mark::{Declared, Mark, Marks};

/// Under which declarations this process makes its marks, by the mark of the table.
#[derive(Default)]
pub(super) struct Declarations(RwLock<HashMap<Mark, Known>>);

struct Known {
    /// None while an epoch begins for other declarations of the table.
    fingerprint: Option<u64>,
    read_in: Option<Epoch>,
}

impl Declarations {
    /// `read_in` is the epoch in which the schema behind them was read or found unchanged: a change of the schema
    /// begins an epoch. None if the schema is believed to be as declared.
    pub(super) fn know(&self, declared: &[Declared], read_in: Option<Epoch>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let entry = |Declared { table, fingerprint }: &Declared| {
            (*table, Known { fingerprint: Some(*fingerprint), read_in })
        };
        known.extend(declared.iter().map(entry));
    }

    /// Until these tables are known again, whatever is published of them is as if from elsewhere, and what was read of
    /// their schema is right in no other epoch.
    pub(super) fn forget(&self, declared: &[Declared]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for Declared { table, .. } in declared {
            if let Some(known) = known.get_mut(table) {
                known.fingerprint = None;
            }
        }
    }

    /// What was read in `before` is as right in `after`.
    pub(super) fn advance(&self, before: Epoch, after: Epoch) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_right = |known: &&mut Known| known.fingerprint.is_some() && known.read_in == Some(before);
        known.values_mut().filter(is_right).for_each(|known| known.read_in = Some(after));
    }

    /// Whether all marks were made as this process makes them.
    pub(super) fn agree(&self, marks: &Marks) -> bool {
        self.foreign(marks).next().is_none()
    }

    /// Whether marks made in this process are right in this epoch: nobody has changed the schema since it was read.
    pub(super) fn are_current(&self, marks: &Marks, epoch: Epoch) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_current = |declared: &Declared| {
            known
                .get(&declared.table)
                .is_none_or(|known| known.read_in.is_none_or(|read_in| read_in == epoch))
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
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_foreign = move |declared: &&Declared| {
            let known = known.get(&declared.table).and_then(|known| known.fingerprint);
            known != Some(declared.fingerprint)
        };
        marks.declared().iter().filter(is_foreign).map(|declared| declared.table)
    }
}
