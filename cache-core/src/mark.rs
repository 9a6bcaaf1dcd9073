//! Marks: the narrow waist between what SQL means and what the log carries.
//!
//! A [`Mark`] is 64 bits. Watches and touches are encoded as sets of marks that share one if the touch may
//! change what the watch saw. Everything below `deps` (log, index, store, entries) knows marks only. Two
//! things that collide on one mark cost a miss, never staleness.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// 64 bits that stand for one thing a result depends on or a write may have changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mark(u64);

impl Mark {
    /// Touched by what is not understood at all; watched by every entry.
    pub const EVERYTHING: Mark = Mark(u64::MAX);

    /// The mark with these bits, as read from a record or an entry.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits, as written to a record or an entry.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// Hashes the parts of a mark, each under what came before: the state is eight bytes, which a write copies for each of its
/// marks. Every part is of fixed width or follows its length, so parts cannot run together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MarkHasher(u64);

impl MarkHasher {
    pub(crate) fn new(domain: u64) -> Self {
        Self(domain)
    }

    pub(crate) fn number(self, number: u64) -> Self {
        Self(xxh3_64_with_seed(&number.to_le_bytes(), self.0))
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let Self(seed) = self.number(bytes.len() as u64);
        Self(xxh3_64_with_seed(bytes, seed))
    }

    pub(crate) fn finish(self) -> Mark {
        Mark(self.0)
    }
}

/// Under which declarations the marks of one table were made.
///
/// Who knows other scopes of the table, or another layout, makes other marks: neither side can tell by the marks
/// alone whether a touch of one hits a watch of the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Declared {
    /// The mark that every watch of the table has.
    pub table: Mark,
    /// Equal if scopes, layout and encoding are.
    pub fingerprint: u64,
}

/// Who has made marks in this process. Equal declarations say nothing of what else is known of a database: what follows a
/// write of a table may stand in the definition of another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Maker {
    /// Nobody here.
    #[default]
    Nobody,
    /// The catalog of this number.
    Catalog(u64),
    /// Several together.
    Several,
}

/// What is gathered for one publication touches whole tables if it has more marks than this.
const MAX_PUBLISHED: usize = 4096;

/// A set of marks, sorted, without duplicates, and what they were made under.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    marks: Vec<Mark>,
    declared: Vec<Declared>,
    /// Whether some may be of no declared table, as tags are: those tables then do not stand for all.
    loose: bool,
    /// Who made those of the declared tables.
    maker: Maker,
}

impl Marks {
    /// The set that every entry meets.
    #[must_use]
    pub fn everything() -> Self {
        [Mark::EVERYTHING].into_iter().collect()
    }

    /// The marks of touches or watches of these tables, and of nothing else but [everything](Mark::EVERYTHING).
    pub(crate) fn of_tables(
        marks: impl IntoIterator<Item = Mark>,
        tables: impl IntoIterator<Item = Declared>,
    ) -> Self {
        Self { loose: false, ..marks.into_iter().collect::<Marks>().declared_as(tables) }
    }

    /// The same marks, made under these declarations.
    #[must_use]
    pub fn declared_as(mut self, declared: impl IntoIterator<Item = Declared>) -> Self {
        self.declared.extend(declared);
        sort(&mut self.declared);
        self
    }

    /// The same marks, made by this one.
    pub(crate) fn made_by(self, maker: Maker) -> Self {
        Self { maker, ..self }
    }

    /// Who made those of the declared tables.
    pub(crate) fn maker(&self) -> Maker {
        self.maker
    }

    /// The marks in ascending order.
    #[must_use]
    pub fn as_slice(&self) -> &[Mark] {
        &self.marks
    }

    /// Under which declarations they were made; marks of no table (tags, keys) need none.
    #[must_use]
    pub fn declared(&self) -> &[Declared] {
        &self.declared
    }

    /// How many marks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// The same set, or, if it has more marks than a publication may carry, one that meets whatever this does: that of the
    /// whole tables, or, where those do not stand for all, the one that every entry meets.
    #[must_use]
    pub fn bounded(self) -> Self {
        self.bounded_by(MAX_PUBLISHED)
    }

    /// The same for another bound.
    pub(crate) fn bounded_by(self, most: usize) -> Self {
        if self.len() <= most {
            return self;
        }
        let are_told = !self.loose && !self.contains(Mark::EVERYTHING) && self.declared.len() <= most;
        if are_told {
            let tables = self.declared.iter().map(|declared| declared.table);
            Self::of_tables(tables.collect::<Vec<_>>(), self.declared).made_by(self.maker)
        } else {
            Self::everything()
        }
    }

    /// Whether the mark is one of them.
    #[must_use]
    pub fn contains(&self, mark: Mark) -> bool {
        self.marks.binary_search(&mark).is_ok()
    }

    /// Adds all marks of `other`.
    pub fn merge(&mut self, other: &Marks) {
        if self.declared.is_empty() {
            self.maker = other.maker;
        } else if !other.declared.is_empty() && self.maker != other.maker {
            self.maker = Maker::Several;
        }
        merge(&mut self.marks, &other.marks);
        merge(&mut self.declared, &other.declared);
        self.loose |= other.loose;
    }

    /// Whether the two sets share a mark.
    #[must_use]
    pub fn meets(&self, other: &Marks) -> bool {
        let (few, many) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        few.marks.iter().any(|mark| many.marks.binary_search(mark).is_ok())
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Self {
        let mut marks: Vec<Mark> = marks.into_iter().collect();
        sort(&mut marks);
        let loose = marks.iter().any(|mark| *mark != Mark::EVERYTHING);
        Self { marks, declared: Vec::new(), loose, maker: Maker::Nobody }
    }
}

/// Whether some are loose, and who made them, is not asked: a set that was read from a record does not know it.
impl PartialEq for Marks {
    fn eq(&self, other: &Self) -> bool {
        (&self.marks, &self.declared) == (&other.marks, &other.declared)
    }
}

impl Eq for Marks {}

/// Adds a few to many at the cost of the few and of one move of the many: what is gathered grows by every write.
fn merge<T: Ord + Copy>(set: &mut Vec<T>, others: &[T]) {
    let new: Vec<T> = others.iter().filter(|other| set.binary_search(other).is_err()).copied().collect();
    let mut unmoved = set.len();
    set.extend_from_slice(&new);
    let mut end = set.len();
    for greatest in new.into_iter().rev() {
        let place = set[..unmoved].partition_point(|old| *old < greatest);
        set.copy_within(place..unmoved, end - (unmoved - place));
        end -= unmoved - place + 1;
        set[end] = greatest;
        unmoved = place;
    }
}

/// Sets that were read from an entry or a record are sorted already.
fn sort<T: Ord>(set: &mut Vec<T>) {
    if !set.is_sorted_by(|one, next| one < next) {
        set.sort_unstable();
        set.dedup();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let one = MarkHasher::new(1).bytes(b"ab").bytes(b"c").finish();
        let two = MarkHasher::new(1).bytes(b"a").bytes(b"bc").finish();
        assert_ne!(one, two);
    }

    #[test]
    fn sets_meet_exactly_when_they_share_a_mark() {
        let set = |bits: &[u64]| bits.iter().map(|b| Mark::from_bits(*b)).collect::<Marks>();
        assert!(set(&[3, 1, 2]).meets(&set(&[9, 3])));
        assert!(!set(&[3, 1, 2]).meets(&set(&[9, 4])));
        let mut merged = set(&[3, 1]);
        merged.merge(&set(&[2, 3]));
        assert_eq!(merged, set(&[1, 2, 3]));
    }

    fn set() -> impl Strategy<Value = Marks> {
        prop::collection::vec((0..40_u64).prop_map(Mark::from_bits), 0..20)
            .prop_map(|marks| marks.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_merged_set_is_that_of_all_marks(mut one in set(), other in set()) {
            let all: Marks = one.as_slice().iter().chain(other.as_slice()).copied().collect();
            one.merge(&other);
            prop_assert_eq!(one, all);
        }
    }

    #[test]
    fn too_many_marks_become_their_tables_and_those_of_no_table_everything() {
        let declared = |table| Declared { table: Mark::from_bits(table), fingerprint: 1 };
        let many = |from: u64| (from..from + 10).map(Mark::from_bits);
        let tables = [declared(1), declared(2)];
        let rows = Marks::of_tables(many(10), tables);
        assert_eq!(rows.clone().bounded_by(20), rows);
        let whole = rows.clone().bounded_by(5);
        assert_eq!(whole, [1, 2].map(Mark::from_bits).into_iter().collect::<Marks>().declared_as(tables));
        let mut more = whole.clone();
        more.merge(&rows);
        assert_eq!(more.bounded_by(5), whole);

        let mut anything = rows.clone();
        anything.merge(&Marks::everything());
        let mut tagged = rows.clone();
        tagged.merge(&[Mark::from_bits(3)].into_iter().collect());
        for marks in [anything, tagged, many(10).collect::<Marks>().declared_as(tables)] {
            assert_eq!(marks.bounded_by(5), Marks::everything());
        }
        assert_eq!(rows.bounded_by(1), Marks::everything());
    }
}
