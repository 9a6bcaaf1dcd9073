//! What the grammar reads and writes: the tables of the world, those that a hostile schema adds, and views.

use crate::backend::Backend;
use crate::world::{AUTHORS, CATEGORIES, Column, Domain, Role, Table};

/// A table or a view.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relation {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    /// The tables of the world whose rows it shows.
    pub(super) tables: &'static [Table],
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Table,
    View,
}

const REGIONS: &[&str] = &["n", "s", "N"];
const TITLES: &[&str] = &["t0", "t1", "t2", "3"];
/// Some begin alike.
const WORDS: &[&str] = &["al", "alp", "alpha", "alpine", "be", "beta"];

/// A text that is a key, or the beginning of one.
const WORD: &[Column] = &[
    Column::new("name", Role::Key, Domain::Texts(WORDS)),
    Column::new("n", Role::Counter, Domain::Numbers(5)),
    Column::new("area", Role::Scope, Domain::Texts(REGIONS)).nullable(),
];
/// An enumeration, and a column that is computed by a function where that can be.
const ITEM: &[Column] = &[
    Column::new("id", Role::Key, Domain::Ids(6)),
    Column::new("colour", Role::Scope, Domain::Texts(&["red", "blue", "green"])).nullable(),
    Column::new("n", Role::Counter, Domain::Numbers(5)),
    Column::new("twice", Role::Generated, Domain::Numbers(9)),
    Column::new("owner_id", Role::Scope, Domain::Ids(AUTHORS)).nullable(),
];
/// A parent whose reference binds none of its children's rows.
const BEING: &[Column] = &[
    Column::new("id", Role::Key, Domain::Ids(8)),
    Column::new("owner_id", Role::Scope, Domain::Ids(AUTHORS + 4)).nullable(),
    Column::new("nick", Role::Edit, Domain::Texts(TITLES)).nullable(),
];
/// Rows that stay whatever becomes of the transaction.
const PLAIN: &[Column] = &[
    Column::new("id", Role::Key, Domain::Ids(5)),
    Column::new("n", Role::Counter, Domain::Numbers(5)),
    Column::new("area", Role::Scope, Domain::Texts(REGIONS)).nullable(),
];
/// Articles whose columns have each other's names.
const SWAPPED: &[Column] = &[
    Column::new("views", Role::Key, Domain::Ids(10)),
    Column::new("id", Role::Counter, Domain::Numbers(9)),
    Column::new("title", Role::Scope, Domain::Texts(CATEGORIES)).nullable(),
    Column::new("category", Role::Edit, Domain::Texts(TITLES)),
];
/// A view over views.
const NESTED: &[Column] = &[
    Column::new("id", Role::Key, Domain::Ids(10)),
    Column::new("category", Role::Edit, Domain::Texts(TITLES)),
    Column::new("views", Role::Counter, Domain::Numbers(5)).nullable(),
];
/// A view that calls a function which reads.
const CALLING: &[Column] = &[
    Column::new("id", Role::Key, Domain::Ids(7)),
    Column::new("score", Role::Counter, Domain::Numbers(9)).nullable(),
];

const fn table(name: &'static str, columns: &'static [Column]) -> Relation {
    Relation { name, columns, tables: &[], kind: Kind::Table }
}

const fn view(name: &'static str, columns: &'static [Column], tables: &'static [Table]) -> Relation {
    Relation { name, columns, tables, kind: Kind::View }
}

impl Relation {
    /// Those of a database, with their weights.
    pub(super) fn all(backend: Backend) -> Vec<(usize, Self)> {
        let own = |table: &'static Table| Self {
            name: table.name(),
            columns: table.columns(),
            tables: std::slice::from_ref(table),
            kind: Kind::Table,
        };
        let weight = |table: &Table| match table {
            Table::Article => 30,
            Table::Author | Table::Comment => 15,
            _ => 5,
        };
        let mut all: Vec<(usize, Self)> =
            Table::ALL.iter().map(|table| (weight(table), own(table))).collect();
        all.push((14, table("word", WORD)));
        all.push((12, table("item", ITEM)));
        all.push((6, view("swapped", SWAPPED, &[Table::Article])));
        all.push((4, view("nested", NESTED, &[Table::Article, Table::Author, Table::Category])));
        if backend.is_server() {
            all.push((3, view("calling", CALLING, &[Table::Author, Table::Article])));
        }
        match backend {
            Backend::Sqlite => {}
            Backend::Postgres => {
                all.push((14, table("being", BEING)));
                all.push((8, table("pet", BEING)));
            }
            Backend::MariaDb => all.push((6, table("plain", PLAIN))),
        }
        all
    }

    /// The columns of its key; a view has none.
    pub(super) fn key(&self) -> impl Iterator<Item = &'static Column> {
        let is_table = self.kind == Kind::Table;
        self.columns.iter().filter(move |column| is_table && column.role == Role::Key)
    }
}
