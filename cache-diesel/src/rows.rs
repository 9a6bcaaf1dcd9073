//! Returned rows as canonical values.

use cache_core::Value;
use cache_core::session::Rows;
use diesel::row::Row;

use crate::backend::{CacheBackend, value_at};

/// The values of some columns of the rows of one result.
#[derive(Debug)]
pub(crate) struct Seen {
    places: Vec<usize>,
    values: Vec<Value>,
    rows: usize,
    columns: usize,
}

impl Seen {
    /// No rows yet, of which the columns at these places, in ascending order, are to be kept.
    pub(crate) fn new(places: Vec<usize>) -> Self {
        Self { places, values: Vec::new(), rows: 0, columns: 0 }
    }

    /// Adds a row.
    pub(crate) fn see<'r, DB: CacheBackend, R: Row<'r, DB>>(&mut self, row: &R) {
        self.rows += 1;
        self.columns = row.field_count();
        self.values.extend(self.places.iter().map(|place| value_at::<DB, R>(row, *place)));
    }
}

impl Rows for Seen {
    fn len(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn value(&self, row: usize, column: usize) -> Value {
        let place = self.places.binary_search(&column).ok();
        let value = place.and_then(|place| self.values.get(row * self.places.len() + place));
        value.cloned().unwrap_or(Value::Opaque)
    }
}

/// Rows of which all columns are kept.
#[derive(Debug)]
pub(crate) struct All(pub(crate) Vec<Vec<Value>>);

impl Rows for All {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn columns(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    fn value(&self, row: usize, column: usize) -> Value {
        self.0.get(row).and_then(|row| row.get(column)).cloned().unwrap_or(Value::Opaque)
    }
}
