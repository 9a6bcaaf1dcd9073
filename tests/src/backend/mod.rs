//! The databases that the tests run on, and what differs between them as far as it can be said in a word.

mod home;
mod second;

pub use home::{Home, Pool, another};
pub use second::{another_second, block_until_another_second};

/// A kind of database. Whatever differs between them in the tests is asked of this.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Backend {
    /// A file.
    #[default]
    Sqlite,
    /// A database of a server that the process shares.
    Postgres,
    /// A database of a server that the tests of the process share.
    MariaDb,
}

/// What a statement does to rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Verb {
    Insert,
    Update,
    Delete,
}

impl Backend {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Sqlite, Self::Postgres, Self::MariaDb];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
        }
    }

    /// Where a bound value stands, counted from one.
    #[must_use]
    pub fn placeholder(self, number: usize) -> String {
        match self {
            Self::Postgres => format!("${number}"),
            Self::Sqlite | Self::MariaDb => "?".to_owned(),
        }
    }

    /// The type of a column of 64-bit numbers.
    #[must_use]
    pub fn integer(self) -> &'static str {
        match self {
            Self::Sqlite => "INTEGER",
            Self::Postgres | Self::MariaDb => "BIGINT",
        }
    }

    /// The type of a column of texts that are equal only if they are the same.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres => "TEXT",
            Self::MariaDb => "VARCHAR(60) COLLATE utf8mb4_nopad_bin",
        }
    }

    /// What a number that is no 64-bit number is cast to where it should be one; SQLite has no other.
    #[must_use]
    pub fn cast(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("bigint"),
            Self::MariaDb => Some("signed"),
        }
    }

    /// Whether statements of this kind can return the rows that they wrote.
    #[must_use]
    pub fn returns(self, verb: Verb) -> bool {
        self != Self::MariaDb || verb != Verb::Update
    }

    /// Whether a key is given by the database where a row names it as NULL.
    #[must_use]
    pub fn replaces_null_keys(self) -> bool {
        self != Self::Postgres
    }

    /// Whether a condition takes a value of another type than the column's.
    #[must_use]
    pub fn converts_values(self) -> bool {
        self != Self::Postgres
    }

    /// Whether `IN ()` is a condition.
    #[must_use]
    pub fn has_empty_lists(self) -> bool {
        self == Self::Sqlite
    }

    /// Whether rows of a DISTINCT or a group may be ordered by what they do not show.
    #[must_use]
    pub fn orders_by_the_hidden(self) -> bool {
        self != Self::Postgres
    }

    /// Whether there is a FULL JOIN.
    #[must_use]
    pub fn has_full_joins(self) -> bool {
        self != Self::MariaDb
    }

    /// Whether many programs can be connected at once, each with transactions of its own.
    #[must_use]
    pub fn is_server(self) -> bool {
        self != Self::Sqlite
    }
}

/// All databases.
pub(crate) const ALL: &[Backend] = Backend::ALL;
/// SQLite alone.
pub(crate) const SQLITE: &[Backend] = &[Backend::Sqlite];
/// PostgreSQL alone.
pub(crate) const POSTGRES: &[Backend] = &[Backend::Postgres];
/// MariaDB alone.
pub(crate) const MARIADB: &[Backend] = &[Backend::MariaDb];
/// All but PostgreSQL.
pub(crate) const NOT_POSTGRES: &[Backend] = &[Backend::Sqlite, Backend::MariaDb];
/// All but MariaDB.
pub(crate) const NOT_MARIADB: &[Backend] = &[Backend::Sqlite, Backend::Postgres];
