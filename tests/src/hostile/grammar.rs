//! What the parts of a text have in common: values, names that are in use, tables that are read.

use super::relation::{Kind, Relation};
use crate::backend::Backend;
use crate::literal::{Literal, Sql, Type, Values};
use crate::rng::Rng;
use crate::world::{Column, Domain, Table, Theme};

/// Stands around the place of a value in a text that is not finished.
const MARK: char = '\u{1}';

/// One text in the making.
pub(super) struct Grammar<'a> {
    theme: &'a Theme,
    pub(super) rng: &'a mut Rng,
    values: Vec<(Literal, Type)>,
    tables: Vec<Table>,
    /// The common table expressions so far, which hide relations of their names.
    pub(super) named: Vec<(&'static str, Vec<Column>)>,
    aliases: usize,
}

impl<'a> Grammar<'a> {
    pub(super) fn new(theme: &'a Theme, rng: &'a mut Rng) -> Self {
        Self { theme, rng, values: Vec::new(), tables: Vec::new(), named: Vec::new(), aliases: 0 }
    }

    pub(super) fn backend(&self) -> Backend {
        self.theme.backend()
    }

    /// A relation that no common table expression hides.
    pub(super) fn relation(&mut self) -> Relation {
        let mut all = Relation::all(self.backend());
        all.retain(|(_, relation)| !self.named.iter().any(|(name, _)| *name == relation.name));
        let relation = self.rng.weighted(&all);
        self.tables.extend(relation.tables);
        relation
    }

    /// A table that a statement can write.
    pub(super) fn target(&mut self) -> Relation {
        loop {
            let relation = self.relation();
            if relation.kind == Kind::Table {
                return relation;
            }
        }
    }

    /// The tables of the world that it reads.
    pub(super) fn tables(&self) -> Vec<Table> {
        self.tables.clone()
    }

    /// A name that nobody else has.
    pub(super) fn fresh(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// A value that a column may have.
    pub(super) fn draw(&mut self, column: &Column) -> Literal {
        match (column.domain, self.theme.hot()) {
            (Domain::Ids(_), Some(hot)) if self.rng.chance(25) => Literal::Int(hot),
            // Elsewhere than in PostgreSQL it is converted.
            (Domain::Ids(_) | Domain::Numbers(_), _)
                if self.backend().converts_values() && self.rng.chance(4) =>
            {
                Literal::Text(self.rng.within(0..9).to_string())
            }
            (Domain::Texts(_), _) if self.backend().converts_values() && self.rng.chance(4) => {
                Literal::Int(self.rng.within(0..9))
            }
            _ => column.draw(self.rng, self.theme.rows()),
        }
    }

    /// A value of a column that is compared with it: bound, if the text's values are.
    pub(super) fn value(&mut self, column: &Column) -> String {
        let literal = self.draw(column);
        // A bound text has the type of a text, which an enumeration has not.
        if self.backend() == Backend::Postgres && column.of() == Type::Text {
            return literal.to_string();
        }
        self.values.push((literal, column.of()));
        format!("{MARK}{}{MARK}", self.values.len() - 1)
    }

    /// The same, in the text in any case.
    pub(super) fn literal(&mut self, column: &Column) -> String {
        self.draw(column).to_string()
    }

    /// The text with its values.
    pub(super) fn finish(&self, text: &str, values: Values) -> Sql {
        let mut sql = Sql::new(values);
        for (place, part) in text.split(MARK).enumerate() {
            match part.parse::<usize>() {
                Ok(number) if place % 2 == 1 => {
                    let (literal, of) = &self.values[number];
                    sql.value(literal, *of);
                }
                _ => {
                    sql.push(part);
                }
            }
        }
        sql
    }
}
