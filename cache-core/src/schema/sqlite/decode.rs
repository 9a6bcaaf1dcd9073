//! Rows of the catalog queries from canonical values, as adapters read any rows.

use super::catalog::{ColumnRow, ForeignKeyRow, IndexRow, Kind, Object, Place};
use crate::error::Result;
use crate::schema::cells::Cells;
use crate::value::Value;

impl Object {
    /// A row of [`OBJECTS`](super::queries::OBJECTS); `None` for a kind that later versions add.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Option<Self>> {
        let cells = Cells(values);
        let Some(kind) = Kind::named(&cells.text(1)?) else { return Ok(None) };
        Ok(Some(Self {
            place: Place::named(&cells.text(0)?),
            kind,
            name: cells.text(2)?,
            table: cells.text(3)?,
            sql: cells.text(4)?,
        }))
    }
}

impl ColumnRow {
    /// A row of [`COLUMNS`](super::queries::COLUMNS) or [`VIEW_COLUMNS`](super::queries::VIEW_COLUMNS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self {
            table: cells.text(0)?,
            name: cells.text(1)?,
            declared: cells.optional(2)?.unwrap_or_default(),
            not_null: cells.integer(3)?,
            key: cells.integer(4)?,
            hidden: cells.integer(5)?,
        })
    }
}

impl IndexRow {
    /// A row of [`INDEXES`](super::queries::INDEXES).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self {
            table: cells.text(0)?,
            index: cells.text(1)?,
            origin: cells.text(2)?,
            partial: cells.integer(3)?,
            column: cells.optional(4)?,
            collation: cells.optional(5)?,
        })
    }
}

impl ForeignKeyRow {
    /// A row of [`FOREIGN_KEYS`](super::queries::FOREIGN_KEYS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self {
            table: cells.text(0)?,
            id: cells.integer(1)?,
            parent: cells.text(2)?,
            from: cells.text(3)?,
            to: cells.optional(4)?,
            on_update: cells.text(5)?,
            on_delete: cells.text(6)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_row_of_another_shape_is_an_error() {
        let error = ForeignKeyRow::from_values(&[Value::from("a"), Value::from("b")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.to_string().starts_with("column 1 of a catalog query holds 'b'"), "{error}");
    }
}
