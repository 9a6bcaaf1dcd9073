//! Sets of columns of one table.

/// The place of a column in its table, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ColumnId(u16);

impl ColumnId {
    pub(crate) fn from_index(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// The place, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A set of columns of one table.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ColumnSet(Vec<u64>);

impl ColumnSet {
    /// Adds a column.
    pub fn insert(&mut self, column: ColumnId) {
        let (word, bit) = (column.index() / 64, column.index() % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << bit;
    }

    /// Adds all columns of `other`.
    pub fn extend(&mut self, other: &ColumnSet) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// Whether the column is in the set.
    #[must_use]
    pub fn contains(&self, column: ColumnId) -> bool {
        self.0.get(column.index() / 64).is_some_and(|word| word & (1 << (column.index() % 64)) != 0)
    }

    /// Whether the sets share a column.
    #[must_use]
    pub fn meets(&self, other: &ColumnSet) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, theirs)| mine & theirs != 0)
    }

    /// How many columns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The columns in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = ColumnId> + '_ {
        (0..self.0.len() * 64).map(ColumnId::from_index).filter(|column| self.contains(*column))
    }
}

impl FromIterator<ColumnId> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = ColumnId>>(columns: I) -> Self {
        let mut set = Self::default();
        columns.into_iter().for_each(|column| set.insert(column));
        set
    }
}

/// The columns that a watch uses or a touch changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Columns {
    /// Every column, those that exist later included.
    All,
    /// These.
    Some(ColumnSet),
}

impl Columns {
    /// Whether the two share a column. [`Columns::All`] meets even the empty set: who uses no column still
    /// counts rows, and rows come and go with all their columns.
    #[must_use]
    pub fn meets(&self, other: &Columns) -> bool {
        match (self, other) {
            (Columns::All, _) | (_, Columns::All) => true,
            (Columns::Some(mine), Columns::Some(theirs)) => mine.meets(theirs),
        }
    }

    /// Adds all columns of `other`.
    pub fn extend(&mut self, other: &Columns) {
        match (&mut *self, other) {
            (Columns::All, _) => {}
            (_, Columns::All) => *self = Columns::All,
            (Columns::Some(mine), Columns::Some(theirs)) => mine.extend(theirs),
        }
    }

    /// Adds one column.
    pub fn insert(&mut self, column: ColumnId) {
        if let Columns::Some(set) = self {
            set.insert(column);
        }
    }
}

impl Default for Columns {
    fn default() -> Self {
        Columns::Some(ColumnSet::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_larger_than_a_word_work() {
        let set: ColumnSet = [3, 64, 200].map(ColumnId::from_index).into_iter().collect();
        assert_eq!(set.iter().map(ColumnId::index).collect::<Vec<_>>(), [3, 64, 200]);
        assert!(set.meets(&[200].map(ColumnId::from_index).into_iter().collect()));
        assert!(!set.meets(&[201].map(ColumnId::from_index).into_iter().collect()));
        assert_eq!(set.len(), 3);
    }
}
