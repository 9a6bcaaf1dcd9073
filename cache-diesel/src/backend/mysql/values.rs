//! The binary forms of MariaDB and MySQL as canonical values.
//!
//! Decimals, floats, dates, bits, enumerations and sets compare by rules of their own and are opaque: they never narrow.
//! So is what has another form than expected.

use cache_core::Value;
use diesel::mysql::MysqlType;

/// A value that a statement binds; NULL without any bytes.
pub(super) fn bound(kind: MysqlType, bytes: Option<&[u8]>) -> Value {
    let Some(bytes) = bytes else { return Value::Null };
    let value = match kind {
        MysqlType::Blob => Some(Value::from(bytes.to_vec())),
        kind => known(kind, bytes),
    };
    value.unwrap_or(Value::Opaque)
}

/// A value of a returned row.
pub(super) fn returned(kind: MysqlType, bytes: &[u8]) -> Value {
    let value = match kind {
        // Text of a binary collation is called binary too, and is no bytes all the same.
        MysqlType::Blob => text(bytes).or_else(|| Some(bytes.to_vec().into())),
        kind => known(kind, bytes),
    };
    value.unwrap_or(Value::Opaque)
}

fn known(kind: MysqlType, bytes: &[u8]) -> Option<Value> {
    match kind {
        MysqlType::Tiny => integer(bytes, |bytes| i8::from_ne_bytes(bytes).into()),
        MysqlType::UnsignedTiny => integer(bytes, |bytes| u8::from_ne_bytes(bytes).into()),
        MysqlType::Short => integer(bytes, |bytes| i16::from_ne_bytes(bytes).into()),
        MysqlType::UnsignedShort => integer(bytes, |bytes| u16::from_ne_bytes(bytes).into()),
        MysqlType::Long => integer(bytes, |bytes| i32::from_ne_bytes(bytes).into()),
        MysqlType::UnsignedLong => integer(bytes, |bytes| u32::from_ne_bytes(bytes).into()),
        MysqlType::LongLong => integer(bytes, |bytes| i64::from_ne_bytes(bytes).into()),
        MysqlType::UnsignedLongLong => integer(bytes, |bytes| u64::from_ne_bytes(bytes).into()),
        MysqlType::String => text(bytes),
        _ => None,
    }
}

/// There may be more bytes than the type has (Diesel writes a boolean as four, diesel-async reads all integers as eight):
/// the first are those that are sent and read.
fn integer<const N: usize>(bytes: &[u8], read: fn([u8; N]) -> i128) -> Option<Value> {
    bytes.first_chunk().map(|bytes| Value::Int(read(*bytes)))
}

fn text(bytes: &[u8]) -> Option<Value> {
    std::str::from_utf8(bytes).ok().map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_width_are_one_integer() {
        assert_eq!(returned(MysqlType::Long, &(-7i32).to_ne_bytes()), Value::Int(-7));
        assert_eq!(returned(MysqlType::UnsignedTiny, &[255, 0, 0, 0]), Value::Int(255));
        assert_eq!(returned(MysqlType::UnsignedTiny, &[255]), Value::Int(255));
        let most = u64::MAX.to_ne_bytes();
        assert_eq!(bound(MysqlType::UnsignedLongLong, Some(&most)), Value::Int(u64::MAX.into()));
        assert_eq!(bound(MysqlType::LongLong, Some(&most)), Value::Int(-1));
    }

    #[test]
    fn text_is_bytes_only_if_it_is_bound_as_such() {
        assert_eq!(bound(MysqlType::Blob, Some(b"a")), Value::Bytes(b"a".to_vec()));
        assert_eq!(returned(MysqlType::Blob, b"a"), Value::from("a"));
        assert_eq!(returned(MysqlType::Blob, &[255]), Value::Bytes(vec![255]));
        assert_eq!(bound(MysqlType::String, Some("é".as_bytes())), Value::from("é"));
    }

    #[test]
    fn another_form_than_expected_is_opaque() {
        for (kind, bytes) in [
            (MysqlType::Long, &[1u8, 2][..]),
            (MysqlType::Tiny, &[]),
            (MysqlType::String, &[255]),
            (MysqlType::Numeric, b"1.0"),
            (MysqlType::Double, &[0; 8]),
            (MysqlType::Date, &[0; 40]),
            (MysqlType::Enum, b"a"),
        ] {
            assert_eq!(bound(kind, Some(bytes)), Value::Opaque, "{kind:?}");
            assert_eq!(returned(kind, bytes), Value::Opaque, "{kind:?}");
        }
    }
}
