//! A column, and when a value of it may narrow.

use crate::value::Value;

/// The canonical type of a column's values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ValueClass {
    /// Booleans, where the database has them as a type of their own.
    Bool,
    /// Integers; also booleans where the database stores them as 0 and 1.
    Int,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// UUIDs, where the database has them as a type of their own.
    Uuid,
    /// Everything whose equality is not the equality of one canonical form. Never narrows.
    Other,
}

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    name: String,
    class: ValueClass,
    bytewise: bool,
    not_null: bool,
    generated: bool,
    max_chars: Option<u32>,
    enumeration: bool,
}

impl Column {
    /// A nullable, stored column whose equality is that of its canonical form.
    #[must_use]
    pub fn new(name: impl Into<String>, class: ValueClass) -> Self {
        Self {
            name: name.into(),
            class,
            bytewise: true,
            not_null: false,
            generated: false,
            max_chars: None,
            enumeration: false,
        }
    }

    /// An integer column.
    #[must_use]
    pub fn int(name: impl Into<String>) -> Self {
        Self::new(name, ValueClass::Int)
    }

    /// A text column whose equality is byte equality.
    #[must_use]
    pub fn text(name: impl Into<String>) -> Self {
        Self::new(name, ValueClass::Text)
    }

    /// A column that never narrows (floats, JSON, ...).
    #[must_use]
    pub fn other(name: impl Into<String>) -> Self {
        Self::new(name, ValueClass::Other)
    }

    /// Declares a collation under which different texts are equal, or equal texts differ.
    #[must_use]
    pub fn collated(mut self) -> Self {
        self.bytewise = false;
        self
    }

    /// Declares NOT NULL.
    #[must_use]
    pub fn not_null(mut self) -> Self {
        self.not_null = true;
        self
    }

    /// Declares a column that the database computes from others of its row.
    #[must_use]
    pub fn generated(mut self) -> Self {
        self.generated = true;
        self
    }

    /// Declares that its values are the labels of an enumeration type.
    #[must_use]
    pub fn enumeration(mut self) -> Self {
        self.enumeration = true;
        self
    }

    /// Declares that longer text is shortened or refused when it is stored.
    #[must_use]
    pub fn at_most(mut self, chars: u32) -> Self {
        self.max_chars = Some(chars);
        self
    }

    /// The name as declared.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The canonical type.
    #[must_use]
    pub fn class(&self) -> ValueClass {
        self.class
    }

    /// Whether its values are the labels of an enumeration type.
    #[must_use]
    pub fn is_enum(&self) -> bool {
        self.enumeration
    }

    /// Whether NULL is refused.
    #[must_use]
    pub fn is_not_null(&self) -> bool {
        self.not_null
    }

    /// Whether the database computes it from other columns of its row.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        self.generated
    }

    /// Whether equality in the database is equality of canonical forms.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.bytewise && self.class != ValueClass::Other
    }

    /// Whether a canonical value is stored as it is.
    #[must_use]
    pub fn keeps(&self, value: &Value) -> bool {
        match (self.max_chars, value) {
            (Some(most), Value::Text(text)) => text.chars().count() <= most as usize,
            _ => true,
        }
    }

    /// The canonical form in which the column compares this value; `None` if it may convert it, so that nothing is
    /// known.
    #[must_use]
    pub fn canonical(&self, value: &Value) -> Option<Value> {
        if !self.bytewise {
            return None;
        }
        match (self.class, value) {
            (ValueClass::Other, _) => None,
            (_, Value::Null) => Some(Value::Null),
            (ValueClass::Bool, Value::Bool(_))
            | (ValueClass::Int, Value::Int(_))
            | (ValueClass::Text, Value::Text(_))
            | (ValueClass::Bytes, Value::Bytes(_))
            | (ValueClass::Uuid, Value::Uuid(_)) => Some(value.clone()),
            (ValueClass::Int, Value::Bool(value)) => Some(Value::Int(i128::from(*value))),
            (ValueClass::Bytes, Value::Uuid(value)) => Some(Value::Bytes(value.to_vec())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_of_the_canonical_type_are_known() {
        let int = Column::int("n");
        assert_eq!(int.canonical(&Value::Bool(true)), Some(Value::Int(1)));
        assert_eq!(int.canonical(&Value::Text("1".into())), None);
        let text = Column::text("t");
        assert_eq!(text.canonical(&Value::Int(5)), None);
        assert_eq!(text.collated().canonical(&Value::Text("a".into())), None);
        assert_eq!(Column::other("f").canonical(&Value::Null), None);
    }
}
