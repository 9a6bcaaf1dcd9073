//! Which columns can be named where, and by which names.

use super::grammar::Grammar;
use crate::literal::Type;
use crate::world::{Column, Role};

/// One source of rows, as conditions name it.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    pub(super) alias: String,
    pub(super) columns: Vec<Column>,
}

/// Everything in sight: the sources of a query, and of those around it.
#[derive(Clone, Default, Debug)]
pub(super) struct Sights {
    pub(super) inner: Vec<Sight>,
    pub(super) outer: Vec<Sight>,
}

impl Sights {
    pub(super) fn of(inner: Vec<Sight>) -> Self {
        Self { inner, outer: Vec::new() }
    }

    /// The sources of a query, and those of the queries around it that they do not hide.
    pub(super) fn within(inner: Vec<Sight>, around: &Self) -> Self {
        let is_seen = |sight: &&Sight| !inner.iter().any(|inner| inner.alias == sight.alias);
        let outer = around.inner.iter().chain(&around.outer).filter(is_seen).cloned().collect();
        Self { inner, outer }
    }

    /// How often a column's name is there.
    fn count(sights: &[Sight], name: &str) -> usize {
        let columns = sights.iter().flat_map(|sight| &sight.columns);
        columns.filter(|column| column.name == name).count()
    }
}

impl Grammar<'_> {
    /// A column that is in sight and fits, as a condition names it: mostly one that narrows, now and then of a query around.
    pub(super) fn column(
        &mut self,
        sights: &Sights,
        fits: impl Fn(&Column) -> bool,
    ) -> Option<(String, Column)> {
        let is_outer = !sights.outer.is_empty() && self.rng.chance(20);
        let from = if is_outer { &sights.outer } else { &sights.inner };
        let narrows = |column: &Column| matches!(column.role, Role::Key | Role::Scope);
        let all: Vec<(usize, (usize, Column))> = (0..from.len())
            .flat_map(|place| from[place].columns.iter().map(move |column| (place, *column)))
            .filter(|(_, column)| fits(column))
            .map(|found| (if narrows(&found.1) { 4 } else { 1 }, found))
            .collect();
        if all.is_empty() {
            return None;
        }
        let (place, column) = self.rng.weighted(&all);
        let name = column.name;
        let is_alone =
            Sights::count(from, name) == 1 && (!is_outer || Sights::count(&sights.inner, name) == 0);
        // A column of the same name hides the rows of an alias: `id.id` means both.
        let text = if is_alone && self.rng.chance(45) {
            name.to_owned()
        } else {
            format!("{}.{name}", from[place].alias)
        };
        Some((text, column))
    }

    /// A column of numbers.
    pub(super) fn number(&mut self, sights: &Sights) -> Option<(String, Column)> {
        self.column(sights, |column| column.of() == Type::Int)
    }
}
