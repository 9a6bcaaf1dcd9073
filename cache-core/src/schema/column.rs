//! A column, and when a value of it may narrow.

use super::equality::Equality;
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
    /// Dates and times, where the database has them as types of their own. Never narrows.
    Time,
    /// Everything whose equality is not the equality of one canonical form. Never narrows.
    Other,
}

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    name: String,
    class: ValueClass,
    equality: Equality,
    not_null: bool,
    generated: bool,
    room: Room,
    replaces_null: bool,
    auto_increment: bool,
    invisible: bool,
    enumeration: bool,
    time_of_day: bool,
    takes_bytes: bool,
}

impl Column {
    /// A nullable, stored column whose equality is that of its canonical form.
    #[must_use]
    pub fn new(name: impl Into<String>, class: ValueClass) -> Self {
        Self {
            name: name.into(),
            class,
            equality: Equality::default(),
            not_null: false,
            generated: false,
            room: Room::default(),
            replaces_null: false,
            auto_increment: false,
            invisible: false,
            enumeration: false,
            time_of_day: false,
            takes_bytes: false,
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
        self.equality = Equality::Unknown;
        self
    }

    /// Declares how its texts compare.
    #[must_use]
    pub fn equality(mut self, equality: Equality) -> Self {
        self.equality = equality;
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

    /// Declares that bytes are stored as they are beside its texts, and equal none of them.
    #[must_use]
    pub fn takes_bytes(mut self) -> Self {
        self.takes_bytes = true;
        self
    }

    /// Declares that longer text is shortened or refused when it is stored.
    #[must_use]
    pub fn at_most(self, chars: u32) -> Self {
        self.room(Room::Chars(chars.into()))
    }

    /// Declares which values it stores as they are.
    #[must_use]
    pub fn room(mut self, room: Room) -> Self {
        self.room = room;
        self
    }

    /// Declares that another value may be stored in place of NULL.
    #[must_use]
    pub fn replaces_null(mut self) -> Self {
        self.replaces_null = true;
        self
    }

    /// Declares that a number of the database's choice is stored in place of 0 and NULL.
    #[must_use]
    pub fn auto_increment(mut self) -> Self {
        self.auto_increment = true;
        self
    }

    /// Declares that `*` does not show it, and that an INSERT without column names passes over it.
    #[must_use]
    pub fn invisible(mut self) -> Self {
        self.invisible = true;
        self
    }

    /// Declares that its values are times of day, and that one beside a date is a time of the current day.
    #[must_use]
    pub fn time_of_day(mut self) -> Self {
        self.time_of_day = true;
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

    /// Whether its values become dates by the current one.
    #[must_use]
    pub fn is_time_of_day(&self) -> bool {
        self.time_of_day
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

    /// Whether the database chooses a number in place of 0 and NULL.
    #[must_use]
    pub fn is_auto_increment(&self) -> bool {
        self.auto_increment
    }

    /// Whether `*` passes over it.
    #[must_use]
    pub fn is_invisible(&self) -> bool {
        self.invisible
    }

    /// Whether equality in the database is equality of canonical forms.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.equality != Equality::Unknown && !matches!(self.class, ValueClass::Time | ValueClass::Other)
    }

    /// Whether values of both columns have the same canonical forms.
    #[must_use]
    pub fn compares_like(&self, other: &Column) -> bool {
        self.narrows() && self.class == other.class && self.equality == other.equality
    }

    /// Whether a canonical value is stored as it is.
    #[must_use]
    pub fn keeps(&self, value: &Value) -> bool {
        match value {
            Value::Null => !self.replaces_null && !self.auto_increment,
            Value::Int(0) if self.auto_increment => false,
            value => self.room.has(value),
        }
    }

    /// The canonical form in which the column compares this value; `None` if it may convert it, so that nothing is
    /// known.
    #[must_use]
    pub fn canonical(&self, value: &Value) -> Option<Value> {
        if !self.narrows() {
            return None;
        }
        match (self.class, value) {
            (_, Value::Null) => Some(Value::Null),
            (ValueClass::Text, Value::Text(text)) => self.equality.form(text),
            (ValueClass::Bool, Value::Bool(_))
            | (ValueClass::Int, Value::Int(_))
            | (ValueClass::Bytes, Value::Bytes(_))
            | (ValueClass::Uuid, Value::Uuid(_)) => Some(value.clone()),
            (ValueClass::Int, Value::Bool(value)) => Some(Value::Int(i128::from(*value))),
            (ValueClass::Bytes, Value::Uuid(value)) => Some(Value::Bytes(value.to_vec())),
            (ValueClass::Text, Value::Bytes(_)) if self.takes_bytes => Some(value.clone()),
            (ValueClass::Text, Value::Uuid(value)) if self.takes_bytes => Some(Value::Bytes(value.to_vec())),
            _ => None,
        }
    }
}

/// Which canonical values a column stores as they are; others it cuts, pads or refuses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Room {
    /// All.
    #[default]
    Any,
    /// Text of at most so many characters.
    Chars(u64),
    /// Text or bytes of at most so many bytes.
    Bytes(u64),
    /// Bytes of exactly this number.
    BytesExactly(u64),
    /// Integers in this range.
    Integers {
        /// The least.
        least: i128,
        /// The greatest.
        most: i128,
    },
}

impl Room {
    fn has(self, value: &Value) -> bool {
        let length = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        match (self, value) {
            (Room::Chars(most), Value::Text(text) | Value::Folded(text)) => {
                length(text.chars().count()) <= most
            }
            (Room::Bytes(most), Value::Text(text) | Value::Folded(text)) => length(text.len()) <= most,
            (Room::Bytes(most), Value::Bytes(bytes)) => length(bytes.len()) <= most,
            (Room::BytesExactly(number), Value::Bytes(bytes)) => length(bytes.len()) == number,
            (Room::Integers { least, most }, Value::Int(value)) => (least..=most).contains(value),
            _ => true,
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
        let id = Value::Uuid([7; 16]);
        assert_eq!(Column::text("id").canonical(&id), None);
        assert_eq!(Column::text("id").takes_bytes().canonical(&id), Some(Value::Bytes(vec![7; 16])));
    }
}
