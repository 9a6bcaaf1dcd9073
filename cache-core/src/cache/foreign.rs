//! Marks that were made under other declarations than this process's.
//!
//! Programs that share a log need not agree on scopes: an old binary in a rolling deploy, a worker without the
//! derive. A touch from one of those may lack a mark that a watch from here has, and the other way round. So a
//! record from elsewhere counts as one of the whole table, and an entry from elsewhere is not served.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::log::{Applied, Epoch, Index, Position, Record, Tail};
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

type Tables = HashMap<Mark, Vec<Known>>;

/// Under which declarations this process makes its marks, by the mark of the table.
#[derive(Default)]
pub(super) struct Declarations(RwLock<Tables>);

struct Known {
    owner: Owner,
    maker: Maker,
    /// None while an epoch begins for other declarations of the table.
    fingerprint: Option<u64>,
    read_in: Option<Epoch>,
    /// Up to here it did not count: records of others who did may lack what it watches. None if there was nobody else.
    counts_after: Option<Position>,
}

impl Known {
    /// Whether entries may watch what it has declared. Who has yet to look at a change of the schema has no entry in the
    /// epoch that began with it, and an idle session looks when it is used again.
    fn counts_in(&self, epoch: Epoch) -> bool {
        self.fingerprint.is_none() || self.is_right_in(epoch)
    }

    fn is_right_in(&self, epoch: Epoch) -> bool {
        self.read_in.is_none_or(|read_in| read_in == epoch)
    }

    /// Whether what it makes of the table, or has read there, counts at this position.
    fn is_right_at(&self, position: Position) -> bool {
        let counted = |after: Position| after.epoch != position.epoch || after.seq <= position.seq;
        self.is_right_in(position.epoch) && self.counts_after.is_none_or(counted)
    }
}

impl Declarations {
    /// `read_in` is the epoch in which the schema behind them was read or found unchanged: a change of the schema
    /// begins an epoch. None if the schema is believed to be as declared. `index` has what was widened until now.
    pub(super) fn know(
        &self,
        owner: Owner,
        maker: Maker,
        declared: &[Declared],
        read_in: Option<Epoch>,
        index: &Index,
    ) {
        // Once a second nothing has changed, and hits read what is known.
        if self.is_known(owner, maker, declared, read_in) {
            return;
        }
        let mut known = self.write();
        let newest = index.position();
        for Declared { table, fingerprint } in declared {
            let of_table = known.entry(*table).or_default();
            let place = of_table.iter().position(|known| known.owner == owner);
            let before = place.map(|place| of_table.swap_remove(place));
            let counted = before.filter(|before| before.counts_in(newest.epoch));
            let fingerprint = Some(*fingerprint);
            let is_equal = |known: &&Known| known.fingerprint == fingerprint && known.counts_in(newest.epoch);
            // What was widened for another one that declares the same was widened for it.
            let counted = counted.as_ref().or_else(|| of_table.iter().find(is_equal));
            let counts_after = match counted {
                Some(counted) => counted.counts_after,
                None => Some(newest).filter(|_| !of_table.is_empty()),
            };
            of_table.push(Known { owner, maker, fingerprint, read_in, counts_after });
        }
    }

    fn is_known(&self, owner: Owner, maker: Maker, declared: &[Declared], read_in: Option<Epoch>) -> bool {
        let known = self.read();
        declared.iter().all(|Declared { table, fingerprint }| {
            let is_same = |known: &Known| {
                (known.owner, known.maker, known.read_in) == (owner, maker, read_in)
                    && known.fingerprint == Some(*fingerprint)
            };
            known.get(table).is_some_and(|of_table| of_table.iter().any(is_same))
        })
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

    /// Whether all marks of an entry of this position were made as this process makes them.
    pub(super) fn agree(&self, marks: &Marks, position: Position) -> bool {
        let known = self.read();
        foreign(&known, marks, position).next().is_none()
    }

    /// Whether marks made in this process are right in this epoch: nobody has changed the schema since it was read.
    pub(super) fn are_current(&self, marks: &Marks, epoch: Epoch) -> bool {
        self.are_right(marks, |known| known.is_right_in(epoch))
    }

    /// Whether what was loaded at this position and watches these may be kept: their maker counted by then.
    pub(super) fn counted(&self, marks: &Marks, position: Position) -> bool {
        self.are_right(marks, |known| known.is_right_at(position))
    }

    /// Whether one of the fences that were up stands for a write that may concern these.
    pub(super) fn meet(&self, fences: &[Arc<Marks>], marks: &Marks, position: Position) -> bool {
        let known = self.read();
        // One that has been up since before the maker counted was not widened for it.
        let is_met = |fence: &Arc<Marks>| {
            fence.meets(marks) || foreign(&known, fence, position).any(|table| marks.contains(table))
        };
        fences.iter().any(is_met)
    }

    fn are_right(&self, marks: &Marks, is_right: impl Fn(&Known) -> bool) -> bool {
        let known = self.read();
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
                Some(maker) if marks.maker() == Maker::Several => is_right(maker) && makers.all(&is_right),
                Some(maker) => is_right(maker) || makers.any(&is_right),
                None => of_table.iter().all(&is_right),
            }
        };
        marks.declared().iter().all(is_current)
    }

    /// Applies records to the index, each as one of the whole table where it comes from elsewhere. Whoever counts from
    /// after that on knows so from the index.
    pub(super) fn follow(&self, mut tail: Tail, index: &Index) {
        let known = self.read();
        tail.records.iter_mut().for_each(|record| widen(&known, record));
        index.follow(&tail);
    }

    /// Applies a record to the index in the same way.
    pub(super) fn apply(&self, record: &mut Record, index: &Index) -> Applied {
        let known = self.read();
        widen(&known, record);
        index.apply(record)
    }

    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn widen(known: &Tables, record: &mut Record) {
    let position = record.position;
    widen_marks(known, &mut record.marks, position);
    let is_foreign = |marks: &Marks| foreign(known, marks, position).next().is_some();
    if record.fences.raised.iter().any(|fence| is_foreign(&fence.marks)) {
        let fences = Arc::make_mut(&mut record.fences);
        fences.raised.iter_mut().for_each(|fence| widen_marks(known, &mut fence.marks, position));
    }
}

fn widen_marks(known: &Tables, marks: &mut Arc<Marks>, position: Position) {
    let tables: Marks = foreign(known, marks, position).collect();
    if !tables.is_empty() {
        Arc::make_mut(marks).merge(&tables);
    }
}

/// The tables whose marks, at this position, were not made as this process makes them.
fn foreign(known: &Tables, marks: &Marks, position: Position) -> impl Iterator<Item = Mark> {
    // Entries may watch what any of them has declared.
    let is_foreign = move |declared: &&Declared| {
        let of_table = known.get(&declared.table).into_iter().flatten();
        let mut counting = of_table.filter(|known| known.counts_in(position.epoch)).peekable();
        let same =
            |known: &Known| known.fingerprint == Some(declared.fingerprint) && known.is_right_at(position);
        counting.peek().is_none() || !counting.all(same)
    };
    marks.declared().iter().filter(is_foreign).map(|declared| declared.table)
}
