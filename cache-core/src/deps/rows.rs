//! Rows that a statement returned, as the adapters show them.

use std::fmt;

use crate::value::Value;

/// The rows of one result.
pub trait Rows: fmt::Debug {
    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many columns each row has; 0 if there is no row.
    fn columns(&self) -> usize;

    /// The value at a place; [`Value::Opaque`] for a place that does not exist or has no canonical form.
    fn value(&self, row: usize, column: usize) -> Value;
}
