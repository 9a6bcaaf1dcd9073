//! What a write told of its rows: how many, or which.

use super::writing::{Returned, Writing};
use super::{MAX_ROWS, Ran, fires_for_no_row};
use crate::deps::model::Image;
use crate::deps::narrowing::canonical;
use crate::deps::rows::Rows;
use crate::mutation::{self, Mutation};
use crate::sql::{Insert, Returning};
use crate::value::Value;

impl Writing<'_> {
    /// The rows that were seen before, if the write changed as many. That there were none does not say that no trigger
    /// has fired: some fire for the statement.
    pub(super) fn all_before(&self, returning: Option<&Returning>) -> Option<Vec<Image>> {
        if returning.is_some() {
            return None;
        }
        let (before, count) = (self.before?, self.ran.count()?);
        let all = u64::try_from(before.rows.len()) == Ok(count)
            && (count > 0 || !fires_for_no_row(self.catalog, self.table.id()));
        all.then(|| before.rows.iter().map(|(_, image)| image.clone()).collect())
    }

    /// Nothing was changed, and no trigger can have written before it gave up.
    pub(super) fn ran_without_rows(&self, returning: Option<&Returning>) -> bool {
        // Who runs RETURNING without reading its rows is told another count.
        returning.is_none() && self.ran.count() == Some(0) && !fires_for_no_row(self.catalog, self.table.id())
    }

    /// The rows that RETURNING shows, if all were read and each shows its key.
    pub(super) fn returned(&self, returning: Option<&Returning>) -> Option<Vec<Returned>> {
        match self.ran {
            Ran::Rows(rows) => self.read_returned(rows, returning?),
            Ran::First(rows) if mutation::is(Mutation::FirstReturnedRowIsAll) => {
                self.read_returned(rows, returning?)
            }
            _ => None,
        }
    }

    /// As [`returned`](Self::returned); and one row of VALUES returns one row, so that the first is all.
    pub(super) fn returned_by_insert(&self, insert: &Insert) -> Option<Vec<Returned>> {
        let returning = insert.returning.as_ref();
        match (self.ran, &insert.rows) {
            (Ran::First(rows), Some(values)) if values.len() == 1 => self.read_returned(rows, returning?),
            _ => self.returned(returning),
        }
    }

    /// The key that the database chose for the only row of VALUES, if it chose one.
    pub(super) fn chosen_key(&self, insert: &Insert) -> Option<Vec<Value>> {
        let (Ran::Numbered { count: 1, first }, Some([row])) = (self.ran, insert.rows.as_deref()) else {
            return None;
        };
        let [key] = self.table.primary_key() else { return None };
        let column = self.table.column(*key);
        let given = row.iter().find(|(named, _)| named == key).map(|(_, operand)| operand.as_ref());
        let is_left_to_it = match given {
            None => true,
            // A number that is stored as it is leaves no choice.
            Some(operand) => operand
                .and_then(|operand| self.value(*key, operand))
                .is_some_and(|value| matches!(value, Value::Null | Value::Int(0))),
        };
        // A trigger that sets the key has the last word.
        let chooses = column.is_auto_increment() && !column.is_generated() && is_left_to_it;
        chooses.then(|| canonical(self.table, *key, &Value::from(first)))?.map(|value| vec![value])
    }

    /// One row that was read is the only one if the statement fixes the key.
    pub(super) fn returned_by_key(
        &self,
        returning: Option<&Returning>,
        fixed: &[Image],
    ) -> Option<Vec<Returned>> {
        let Ran::First(rows) = self.ran else { return None };
        let [only] = fixed else { return None };
        self.key(only)?;
        self.read_returned(rows, returning?)
    }

    pub(super) fn read_returned(&self, rows: &dyn Rows, returning: &Returning) -> Option<Vec<Returned>> {
        let shows = returning.shows(self.table.primary_key());
        let fits = rows.is_empty() || returning.width == Some(rows.columns());
        // A trigger may write and then make its row be passed over, so that nothing is returned.
        let is_told = !rows.is_empty() || !fires_for_no_row(self.catalog, self.table.id());
        if rows.len() > MAX_ROWS || !shows || !fits || !is_told {
            return None;
        }
        (0..rows.len())
            .map(|row| {
                let mut image = self.unknown();
                for output in &returning.outputs {
                    let value = canonical(self.table, output.column, &rows.value(row, output.position));
                    self.set(&mut image, output.column, value);
                }
                Some(Returned { key: self.key(&image)?, image })
            })
            .collect()
    }
}
