//! Rows of the catalog queries from canonical values, as adapters read any rows.

use super::catalog::{
    ColumnRow, ForeignKeyRow, IndexRow, ParameterRow, Parent, RoutineRow, TableRow, TriggerRow, ViewRow,
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

/// The two texts of a row: a name and a value.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
pub fn pair(values: &[Value]) -> Result<(String, String)> {
    let cells = Cells(values);
    Ok((cells.text(0)?, cells.text(1)?))
}

/// The one integer of a row.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
pub fn integer(values: &[Value]) -> Result<i64> {
    Cells(values).integer(0)
}

/// The number in a row of [`FINGERPRINT`](super::queries::FINGERPRINT).
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
pub fn fingerprint(values: &[Value]) -> Result<u64> {
    let cells = Cells(values);
    let (count, checksum): (u64, u64) = (cells.integer(0)?, cells.integer(1)?);
    Ok(checksum ^ count.rotate_left(32))
}

impl TableRow {
    /// A row of [`TABLES`](super::queries::TABLES).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self { name: cells.text(0)?, kind: cells.text(1)?, engine: cells.text(2)? })
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
            table: cells.text(0)?,
            name: cells.text(1)?,
            declared: cells.text(2)?,
            length: cells.integer(3)?,
            collation: cells.text(4)?,
            nullable: cells.text(5)?,
            extra: cells.text(6)?,
            generated: cells.text(7)?,
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
        Ok(Self { table: cells.text(0)?, index: cells.text(1)?, column: cells.optional(2)? })
    }
}

impl ForeignKeyRow {
    /// A row of [`FOREIGN_KEYS`](super::queries::FOREIGN_KEYS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        let is_here = cells.integer::<i64>(3)? != 0;
        Ok(Self {
            table: cells.text(0)?,
            name: cells.text(1)?,
            from: cells.text(2)?,
            place: if is_here { Parent::Here } else { Parent::Elsewhere },
            parent: cells.text(4)?,
            to: cells.text(5)?,
            on_delete: cells.text(6)?,
            on_update: cells.text(7)?,
        })
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
            table: cells.text(0)?,
            timing: cells.text(1)?,
            event: cells.text(2)?,
            statement: cells.optional(3)?,
            sql_mode: cells.text(4)?,
        })
    }
}

impl ViewRow {
    /// A row of [`VIEWS`](super::queries::VIEWS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self { name: cells.text(0)?, query: cells.text(1)? })
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
            body: cells.optional(2)?,
            sql_mode: cells.text(3)?,
        })
    }
}

impl ParameterRow {
    /// A row of [`PARAMETERS`](super::queries::PARAMETERS).
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the values are not such a row.
    pub fn from_values(values: &[Value]) -> Result<Self> {
        let cells = Cells(values);
        Ok(Self { routine: cells.text(0)?, kind: cells.text(1)?, name: cells.text(2)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn rows_are_decoded_by_their_places() {
        let texts = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
        let mut key = texts(&["book", "fk", "author", "", "author", "id", "CASCADE", "RESTRICT"]);
        key[3] = Value::Int(0);
        let key = ForeignKeyRow::from_values(&key).unwrap();
        assert_eq!((key.place, key.on_delete.as_str()), (Parent::Elsewhere, "CASCADE"));
        let mut trigger = texts(&["book", "AFTER", "INSERT", "", "STRICT_TRANS_TABLES"]);
        trigger[3] = Value::Null;
        assert_eq!(TriggerRow::from_values(&trigger).unwrap().statement, None);
        assert_eq!(pair(&texts(&["autocommit", "ON"])).unwrap(), ("autocommit".into(), "ON".into()));
    }

    #[test]
    fn another_catalog_than_expected_is_refused() {
        let opaque = [Value::from("book"), Value::Opaque, Value::Int(1)];
        assert_eq!(TableRow::from_values(&opaque).unwrap_err().kind(), ErrorKind::Schema);
        assert_eq!(fingerprint(&[Value::Int(1)]).unwrap_err().kind(), ErrorKind::Schema);
    }

    #[test]
    fn the_fingerprint_depends_on_both_of_its_numbers() {
        let of = |count, checksum| fingerprint(&[Value::Int(count), Value::Int(checksum)]).unwrap();
        assert_eq!(of(3, u64::MAX.into()), of(3, u64::MAX.into()));
        assert_ne!(of(3, 7), of(4, 7));
        assert_ne!(of(3, 7), of(3, 8));
    }
}
