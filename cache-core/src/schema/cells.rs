//! The values of one row of a catalog query.

use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

/// A row of values.
pub(super) struct Cells<'a>(pub(super) &'a [Value]);

impl Cells<'_> {
    pub(super) fn text(&self, place: usize) -> Result<String> {
        self.optional(place)?.ok_or_else(|| unexpected(place, &Value::Null))
    }

    pub(super) fn optional(&self, place: usize) -> Result<Option<String>> {
        match self.0.get(place) {
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(Value::Null) => Ok(None),
            other => Err(unexpected(place, other.unwrap_or(&Value::Opaque))),
        }
    }

    pub(super) fn integer<N: TryFrom<i128>>(&self, place: usize) -> Result<N> {
        let value = self.0.get(place).unwrap_or(&Value::Opaque);
        match value {
            Value::Int(number) => N::try_from(*number).map_err(|_| unexpected(place, value)),
            value => Err(unexpected(place, value)),
        }
    }

    pub(super) fn flag(&self, place: usize) -> Result<bool> {
        match self.0.get(place) {
            Some(Value::Bool(flag)) => Ok(*flag),
            other => Err(unexpected(place, other.unwrap_or(&Value::Opaque))),
        }
    }
}

fn unexpected(place: usize, value: &Value) -> Error {
    let message =
        format!("column {place} of a catalog query holds {value}: is this database newer than this crate?");
    Error::new(ErrorKind::Schema, message)
}
