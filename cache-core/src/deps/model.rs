//! The model: when a touch must hit a watch.
//!
//! This is the definition. `encode` turns both sides into marks; a property test there holds the two
//! together: whenever [`hits`] is true, the marks meet.

use super::narrowing::Narrowing;
use crate::schema::{Columns, TableId};
use crate::value::Value;

/// The values of a row's narrowing columns, in their order; `None` where a value is not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image(pub Vec<Option<Value>>);

impl Image {
    /// An image of which nothing is known.
    #[must_use]
    pub fn unknown(narrowing: &Narrowing) -> Self {
        Self(vec![None; narrowing.columns().len()])
    }

    /// Whether there is no column on which both have a value and differ.
    #[must_use]
    pub fn is_compatible(&self, other: &Image) -> bool {
        self.0.iter().zip(&other.0).all(|pair| match pair {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        })
    }

    /// The values at these places, if all are known.
    #[must_use]
    pub fn known(&self, places: &[usize]) -> Option<Vec<&Value>> {
        places.iter().map(|place| self.0.get(*place)?.as_ref()).collect()
    }
}

/// Which rows a touch is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Touched {
    /// The row with this key.
    Row(Vec<Value>),
    /// New rows whose keys are not known.
    Births,
    /// Existing rows, nobody knows which.
    Unknown,
}

/// What a write may have changed in one table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Touch {
    /// Rows.
    Rows {
        /// The table.
        table: TableId,
        /// Which rows.
        rows: Touched,
        /// Their image before; `None` if they did not exist.
        old: Option<Image>,
        /// Their image afterwards; `None` if they do not exist any more.
        new: Option<Image>,
        /// The columns changed; all for a birth or a death.
        columns: Columns,
    },
    /// Anything in this table.
    Table(TableId),
    /// Anything anywhere.
    Everything,
}

impl Touch {
    /// The table, if it is one.
    pub(crate) fn table(&self) -> Option<TableId> {
        match self {
            Touch::Rows { table, .. } | Touch::Table(table) => Some(*table),
            Touch::Everything => None,
        }
    }

    /// The image afterwards.
    pub(super) fn into_new(self) -> Option<Image> {
        match self {
            Touch::Rows { new, .. } => new,
            Touch::Table(_) | Touch::Everything => None,
        }
    }
}

/// The values that select the rows of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// The place of the scope in its table's narrowing.
    pub scope: usize,
    /// A value for each column of the scope.
    pub values: Vec<Value>,
}

/// Whether an exception of exact reads holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exactness {
    /// The result is exactly the rows of the pattern, and each is watched.
    Exact,
    /// Rows outside the result may decide it.
    Inexact,
}

/// Whether a look-up saw its row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// It did.
    Seen,
    /// It did not, or could not tell.
    Unseen,
}

/// What a read depends on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Watch {
    /// The rows that a pattern selects, or all.
    Scope {
        /// The table.
        table: TableId,
        /// `None` is the empty pattern: all rows.
        pattern: Option<Pattern>,
        /// The columns used.
        columns: Columns,
        /// Whether touches whose old image is not known may be left to the row watches.
        exactness: Exactness,
    },
    /// One row.
    Row {
        /// The table.
        table: TableId,
        /// Its key.
        key: Vec<Value>,
        /// The narrowing values as read.
        image: Image,
        /// The columns used, among them those whose values the image names.
        columns: Columns,
        /// Whether it was there.
        presence: Presence,
        /// The scope in which it names its values to touches of unknown rows, if it prefers one.
        scope: Option<usize>,
    },
    /// Rows that come to be.
    Births {
        /// The table.
        table: TableId,
    },
}

impl Watch {
    /// The table that it is about.
    #[must_use]
    pub fn table(&self) -> TableId {
        match self {
            Watch::Scope { table, .. } | Watch::Row { table, .. } | Watch::Births { table } => *table,
        }
    }
}

/// Whether the touch may have changed what the watch saw.
#[must_use]
pub fn hits(touch: &Touch, watch: &Watch, narrowing: &Narrowing) -> bool {
    let Touch::Rows { table, rows, old, new, columns: changed } = touch else {
        return match touch {
            Touch::Table(table) => *table == watch.table(),
            _ => true,
        };
    };
    if *table != watch.table() {
        return false;
    }
    match watch {
        Watch::Births { .. } => old.is_none(),
        Watch::Scope { pattern, columns, exactness, .. } => {
            let selects = |image: &Image| match pattern {
                None => true,
                Some(pattern) => narrowing.scopes()[pattern.scope]
                    .places()
                    .iter()
                    .zip(&pattern.values)
                    .all(|(place, value)| image.0[*place].as_ref().is_none_or(|known| known == value)),
            };
            let old_counts = |old: &Image| {
                let is_known = pattern
                    .as_ref()
                    .is_none_or(|pattern| old.known(narrowing.scopes()[pattern.scope].places()).is_some());
                *exactness == Exactness::Inexact || is_known || !matches!(rows, Touched::Row(_))
            };
            let old_hits = old.as_ref().is_some_and(|old| old_counts(old) && selects(old));
            changed.meets(columns) && (old_hits || new.as_ref().is_some_and(selects))
        }
        Watch::Row { key, image, columns, presence, .. } => {
            let compatible = |other: &Option<Image>| other.as_ref().is_some_and(|it| it.is_compatible(image));
            let is_row = match rows {
                Touched::Row(touched) => touched == key,
                Touched::Births => *presence == Presence::Unseen && compatible(new),
                Touched::Unknown => compatible(old) || compatible(new),
            };
            changed.meets(columns) && is_row
        }
    }
}
