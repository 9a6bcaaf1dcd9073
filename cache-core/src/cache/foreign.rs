//! Marks that were made under other declarations than this process's.
//!
//! Programs that share a log need not agree on scopes: an old binary in a rolling deploy, a worker without the
//! derive. A touch from one of those may lack a mark that a watch from here has, and the other way round. So a
//! record from elsewhere counts as one of the whole table, and an entry from elsewhere is not served.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::log::{Record, Tail};
use crate::mark::{Declared, Mark, Marks};

/// Under which declarations this process makes its marks, by the mark of the table.
#[derive(Default)]
pub(super) struct Declarations(RwLock<HashMap<Mark, u64>>);

impl Declarations {
    pub(super) fn know(&self, declared: &[Declared]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(declared.iter().map(|declared| (declared.table, declared.fingerprint)));
    }

    /// Whether all marks were made as this process makes them.
    pub(super) fn agree(&self, marks: &Marks) -> bool {
        self.foreign(marks).next().is_none()
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
        let is_foreign =
            move |declared: &&Declared| known.get(&declared.table) != Some(&declared.fingerprint);
        marks.declared().iter().filter(is_foreign).map(|declared| declared.table)
    }
}
