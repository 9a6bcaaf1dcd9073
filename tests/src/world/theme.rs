//! What reads and writes of one seed are about, so that they meet.

use super::layout::Rows;
use super::table::{Column, Domain, Table};
use crate::backend::Backend;
use crate::literal::Literal;
use crate::rng::Rng;

/// The tables and scopes that a seed's reads and writes prefer.
#[derive(Clone, Debug)]
pub struct Theme {
    backend: Backend,
    rows: Rows,
    tables: Vec<(usize, Table)>,
    scopes: Vec<(Table, Vec<Column>)>,
    /// A number that keys are often made of, so that the same rows are read and written.
    hot: i64,
}

impl Theme {
    /// Articles, three other tables, and the others now and then.
    pub(super) fn random(backend: Backend, rng: &mut Rng) -> Self {
        let mut tables: Vec<(usize, Table)> = Table::ALL.iter().map(|table| (1, *table)).collect();
        for _ in 0..3 {
            let place = rng.below(tables.len());
            tables[place].0 = 12;
        }
        for (weight, table) in &mut tables {
            if *table == Table::Article {
                *weight = 30;
            }
        }
        Self { backend, rows: Rows::Few, tables, scopes: Vec::new(), hot: rng.within(1..5) }
    }

    /// All tables of a blog and shop.
    pub(super) fn shop(backend: Backend) -> Self {
        let weight = |table: &Table| match table {
            Table::Article => 40,
            Table::Comment => 18,
            Table::Author => 12,
            Table::ArticleTag => 7,
            Table::Category => 5,
            _ => 4,
        };
        let tables = Table::ALL.iter().map(|table| (weight(table), *table)).collect();
        Self { backend, rows: Rows::Many, tables, scopes: Vec::new(), hot: 0 }
    }

    /// Adds a declared scope.
    pub(super) fn declare(&mut self, table: Table, columns: Vec<Column>) {
        self.scopes.push((table, columns));
    }

    /// Which database it is about.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> Rows {
        self.rows
    }

    /// A table that a read or a write is about.
    pub fn table(&self, rng: &mut Rng) -> Table {
        rng.weighted(&self.tables)
    }

    /// The key of a row that is there, most of the time; often the same one.
    pub fn key(&self, table: Table, rng: &mut Rng) -> Vec<Literal> {
        let columns = table.key();
        let key = columns.iter().map(|column| column.draw(rng, self.rows)).collect();
        match columns.as_slice() {
            [only] if self.rows == Rows::Few => match only.domain {
                Domain::Ids(_) if rng.chance(40) => vec![Literal::Int(self.hot)],
                Domain::Ids(_) if rng.chance(20) => vec![self.free_key(table, rng)],
                _ => key,
            },
            _ => key,
        }
    }

    /// The key of a row that is not there in the beginning; often the same one.
    pub fn free_key(&self, table: Table, rng: &mut Rng) -> Literal {
        let column = table.key()[0];
        match (column.domain, self.rows) {
            // The largest that references name.
            (Domain::Ids(count), Rows::Few) if rng.chance(45) => Literal::Int(count),
            (Domain::Ids(_), Rows::Few) => Literal::Int(100 + self.hot + i64::from(rng.chance(30))),
            (Domain::Ids(_), Rows::Many) => Literal::Int(rng.within(100..400)),
            _ => Literal::Text(format!("k{}", rng.below(if self.rows == Rows::Few { 4 } else { 400 }))),
        }
    }

    /// A number that keys are often made of.
    #[must_use]
    pub fn hot(&self) -> Option<i64> {
        (self.hot > 0).then_some(self.hot)
    }

    /// One of `items` that is about the preferred tables, most of the time.
    pub fn prefer<T: Copy>(&self, items: &[T], tables: impl Fn(&T) -> Vec<Table>, rng: &mut Rng) -> T {
        let preferred =
            |table: &Table| self.tables.iter().any(|(weight, other)| other == table && *weight > 1);
        let mut item = rng.pick(items);
        for _ in 0..4 {
            if tables(&item).iter().all(preferred) {
                break;
            }
            item = rng.pick(items);
        }
        item
    }

    /// The columns of a declared scope of the table, if it has one.
    pub fn scope_of(&self, table: Table, rng: &mut Rng) -> Option<Vec<Column>> {
        let scopes: Vec<&Vec<Column>> =
            self.scopes.iter().filter(|(other, _)| *other == table).map(|(_, columns)| columns).collect();
        if scopes.is_empty() { None } else { Some(rng.pick(&scopes).clone()) }
    }
}
