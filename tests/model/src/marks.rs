//! What reads watch and writes touch, in a world of two rows in one table.

use crate::server::Declarations;

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Row {
    /// The row that every entry shows.
    A,
    /// The row that only the block shows.
    B,
}

/// A set of marks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Marks(u8);

impl Marks {
    /// How many marks there are.
    pub(crate) const COUNT: usize = 3;
    /// Nothing.
    pub const NONE: Marks = Marks(0);
    /// Row A, in the newer declarations.
    pub const A: Marks = Marks(1);
    /// Row B, and all that writers with older declarations know.
    pub const B: Marks = Marks(2);
    /// Writes of the table that could not be narrowed; every entry watches it.
    pub const TABLE: Marks = Marks(4);

    /// All of both.
    #[must_use]
    pub const fn and(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn meets(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    /// The places of its marks in a table of all.
    pub(crate) fn places(self) -> impl Iterator<Item = usize> {
        (0..Self::COUNT).filter(move |place| self.0 & (1 << place) != 0)
    }
}

/// How often each row has been written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Versions([u8; 2]);

impl Versions {
    pub(crate) const fn of(self, row: Row) -> u8 {
        self.0[row as usize]
    }

    pub(crate) const fn with(mut self, row: Row, version: u8) -> Self {
        self.0[row as usize] = version;
        self
    }

    pub(crate) fn newest(self, other: Self) -> Self {
        Self([self.0[0].max(other.0[0]), self.0[1].max(other.0[1])])
    }
}

/// What is cached.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Key {
    /// A query that shows row A.
    Query,
    /// A block that reads row B itself and row A through the query.
    Block,
}

impl Key {
    pub(crate) const COUNT: usize = 2;

    /// What its entry watches. Older declarations do not know the scope of row A, and watch a wider one.
    pub(crate) const fn marks(self, declarations: Declarations) -> Marks {
        let narrow = match (self, declarations) {
            (Key::Query, Declarations::New) => Marks::A,
            (Key::Block, Declarations::New) => Marks::A.and(Marks::B),
            (_, Declarations::Old) => Marks::B,
        };
        narrow.and(Marks::TABLE)
    }

    pub(crate) const fn shows(self) -> &'static [Row] {
        match self {
            Key::Query => &[Row::A],
            Key::Block => &[Row::A, Row::B],
        }
    }
}
