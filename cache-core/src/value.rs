//! Canonical values: what the adapters' bound values and returned columns become.

/// A value as the engine compares and hashes it.
///
/// Adapters convert their bound values and the columns of returned rows into it. What has no exact canonical
/// form is [`Value::Opaque`]: it never narrows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of any width and sign.
    Int(i128),
    /// Text.
    Text(String),
    /// What texts that are equal under a column's collation have in common.
    Folded(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A UUID, in network order.
    Uuid([u8; 16]),
    /// A calendar date: days since 1970-01-01.
    Date(i32),
    /// A time of day in microseconds.
    Time(i64),
    /// A date and time without a zone: microseconds since 1970-01-01T00:00.
    DateTime(i64),
    /// A moment: microseconds since the Unix epoch, UTC.
    Instant(i64),
    /// A decimal number, `unscaled / 10^scale`, without trailing zeros.
    Decimal {
        /// All digits, with the sign.
        unscaled: i128,
        /// How many of them stand behind the point.
        scale: u32,
    },
    /// An array.
    Array(Vec<Value>),
    /// A value without an exact canonical form (floats, JSON, database-specific types).
    Opaque,
}

impl Value {
    /// Feeds a tagged, length-prefixed form of the value to `sink`: equal bytes mean equal values.
    pub(crate) fn encode(&self, sink: &mut Vec<u8>) {
        match self {
            Value::Null => sink.push(0),
            Value::Bool(value) => sink.extend([1, u8::from(*value)]),
            Value::Int(value) => {
                sink.push(2);
                sink.extend(value.to_le_bytes());
            }
            Value::Text(value) => encode_bytes(3, value.as_bytes(), sink),
            Value::Bytes(value) => encode_bytes(4, value, sink),
            Value::Uuid(value) => {
                sink.push(5);
                sink.extend(value);
            }
            Value::Date(value) => {
                sink.push(6);
                sink.extend(value.to_le_bytes());
            }
            Value::Time(value) => encode_i64(7, *value, sink),
            Value::DateTime(value) => encode_i64(8, *value, sink),
            Value::Instant(value) => encode_i64(9, *value, sink),
            Value::Decimal { unscaled, scale } => {
                sink.push(10);
                sink.extend(unscaled.to_le_bytes());
                sink.extend(scale.to_le_bytes());
            }
            Value::Array(values) => {
                sink.push(11);
                sink.extend((values.len() as u64).to_le_bytes());
                for value in values {
                    value.encode(sink);
                }
            }
            Value::Opaque => sink.push(12),
            Value::Folded(value) => encode_bytes(13, value.as_bytes(), sink),
        }
    }
}

fn encode_bytes(tag: u8, bytes: &[u8], sink: &mut Vec<u8>) {
    sink.push(tag);
    sink.extend((bytes.len() as u64).to_le_bytes());
    sink.extend(bytes);
}

fn encode_i64(tag: u8, value: i64, sink: &mut Vec<u8>) {
    sink.push(tag);
    sink.extend(value.to_le_bytes());
}

/// Displays the value as a reader of an explanation expects it: text in single quotes, bytes as hex.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Null => f.write_str("NULL"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Text(value) | Value::Folded(value) => write!(f, "'{}'", value.replace('\'', "''")),
            Value::Bytes(value) => {
                f.write_str("x'")?;
                value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
            Value::Uuid(value) => value.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Value::Date(days) => write!(f, "day {days}"),
            Value::Time(micros) => write!(f, "time {micros}us"),
            Value::DateTime(micros) => write!(f, "datetime {micros}us"),
            Value::Instant(micros) => write!(f, "instant {micros}us"),
            Value::Decimal { unscaled, scale } => write!(f, "{unscaled}e-{scale}"),
            Value::Array(values) => f.debug_list().entries(values.iter().map(ToString::to_string)).finish(),
            Value::Opaque => f.write_str("?"),
        }
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(value: $integer) -> Self {
                Value::Int(i128::from(value))
            }
        }
    )*};
}

from_integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Value::Bytes(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_values_have_different_encodings() {
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Int(1),
            Value::Text("1".into()),
            Value::Folded("1".into()),
            Value::Bytes(b"1".to_vec()),
            Value::Time(1),
            Value::DateTime(1),
            Value::Instant(1),
            Value::Array(vec![Value::Int(1)]),
            Value::Array(vec![Value::Int(1), Value::Null]),
            Value::Opaque,
        ];
        let mut encodings: Vec<Vec<u8>> = Vec::new();
        for value in &values {
            let mut bytes = Vec::new();
            value.encode(&mut bytes);
            encodings.push(bytes);
        }
        encodings.sort();
        encodings.dedup();
        assert_eq!(encodings.len(), values.len());
    }
}
