//! Rows of the catalog queries from canonical values, as adapters read any rows.

use super::catalog::{
    ColumnRow, ForeignKeyRow, HazardRow, IndexRow, InheritanceRow, NameRow, OperatorRow, RelationRow,
    RoutineRow, RuleRow, TriggerColumnRow, TriggerRow,
};
use crate::error::Result;
use crate::schema::cells::Cells;
use crate::value::Value;

/// The one text of a row.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
pub fn text(values: &[Value]) -> Result<String> {
    Cells(values).text(0)
}

/// The one integer of a row.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
pub fn integer(values: &[Value]) -> Result<i64> {
    Cells(values).integer(0)
}

impl RelationRow {
    /// A row of [`RELATIONS`](super::queries::RELATIONS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self {
            oid: cells.integer(0)?,
            namespace: cells.text(1)?,
            name: cells.text(2)?,
            kind: cells.text(3)?,
            persistence: cells.text(4)?,
            row_security: cells.flag(5)?,
            definition: cells.optional(6)?,
            lockable: cells.flag(7)?,
        })
    }
}

impl ColumnRow {
    /// A row of [`COLUMNS`](super::queries::COLUMNS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self {
            relation: cells.integer(0)?,
            name: cells.text(1)?,
            base: cells.integer(2)?,
            kind: cells.text(3)?,
            modifier: cells.integer(4)?,
            deterministic: cells.flag(5)?,
            not_null: cells.flag(6)?,
            generated: cells.flag(7)?,
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
            relation: cells.integer(0)?,
            index: cells.integer(1)?,
            primary: cells.flag(2)?,
            column: cells.text(3)?,
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
            key: cells.integer(0)?,
            relation: cells.integer(1)?,
            parent: cells.integer(2)?,
            from: cells.text(3)?,
            to: cells.text(4)?,
            on_delete: cells.text(5)?,
            on_update: cells.text(6)?,
            sets_some: cells.flag(7)?,
            validated: cells.flag(8)?,
        })
    }
}

impl InheritanceRow {
    /// A row of [`INHERITANCE`](super::queries::INHERITANCE).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self { child: cells.integer(0)?, parent: cells.integer(1)? })
    }
}

impl TriggerRow {
    /// A row of [`TRIGGERS`](super::queries::TRIGGERS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self {
            trigger: cells.integer(0)?,
            relation: cells.integer(1)?,
            bits: cells.integer(2)?,
            language: cells.text(3)?,
            body: cells.text(4)?,
            plain: cells.flag(5)?,
            routine: cells.text(6)?,
        })
    }
}

impl TriggerColumnRow {
    /// A row of [`TRIGGER_COLUMNS`](super::queries::TRIGGER_COLUMNS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self { trigger: cells.integer(0)?, column: cells.text(1)? })
    }
}

impl RuleRow {
    /// A row of [`RULES`](super::queries::RULES).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self { relation: cells.integer(0)?, event: cells.text(1)?, definition: cells.text(2)? })
    }
}

impl RoutineRow {
    /// A row of [`ROUTINES`](super::queries::ROUTINES).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self {
            name: cells.text(0)?,
            kind: cells.text(1)?,
            volatility: cells.text(2)?,
            built_in: cells.flag(3)?,
            body: cells.optional(4)?,
            definition: cells.optional(5)?,
        })
    }
}

impl OperatorRow {
    /// A row of [`OPERATORS`](super::queries::OPERATORS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self { name: cells.text(0)?, volatility: cells.text(1)?, routine: cells.optional(2)? })
    }
}

impl HazardRow {
    /// A row of [`HAZARDS`](super::queries::HAZARDS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        let relation = if values.first() == Some(&Value::Null) { None } else { Some(cells.integer(0)?) };
        Ok(Self { relation, routine: cells.text(1)?, filled: cells.optional(2)? })
    }
}

impl NameRow {
    /// A row of a query of names.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self { name: cells.text(0)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_row_of_another_shape_is_an_error() {
        let error = IndexRow::from_values(&[Value::Int(1), Value::Int(2), Value::Int(1)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.to_string().starts_with("column 2 of a catalog query holds 1"), "{error}");
        let error = ColumnRow::from_values(&[Value::Null]).unwrap_err();
        assert!(error.to_string().starts_with("column 0 of a catalog query holds NULL"), "{error}");
    }
}
