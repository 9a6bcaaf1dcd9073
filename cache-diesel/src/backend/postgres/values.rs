//! PostgreSQL's binary forms as canonical values, by the `oid` of their type.
//!
//! A type of which this does not know that equal bytes are equal values, or whose form is another than expected, is
//! opaque: it never narrows.

use cache_core::Value;

const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const NAME: u32 = 19;
const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const VARCHAR: u32 = 1043;
const UUID: u32 = 2950;

/// The arrays of those types of which arrays are known.
const ARRAYS: [u32; 8] = [1000, 1001, 1005, 1007, 1009, 1015, 1016, 2951];

/// The value of this type that has these bytes; NULL without any.
pub(super) fn canonical(oid: u32, bytes: Option<&[u8]>) -> Value {
    let Some(bytes) = bytes else { return Value::Null };
    known(oid, bytes).unwrap_or(Value::Opaque)
}

fn known(oid: u32, bytes: &[u8]) -> Option<Value> {
    match oid {
        BOOL => match bytes {
            [0] => Some(false.into()),
            [1] => Some(true.into()),
            _ => None,
        },
        INT2 => Some(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        INT4 => Some(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        INT8 => Some(i64::from_be_bytes(bytes.try_into().ok()?).into()),
        TEXT | VARCHAR | NAME => Some(std::str::from_utf8(bytes).ok()?.into()),
        BYTEA => Some(bytes.to_vec().into()),
        UUID => Some(Value::Uuid(bytes.try_into().ok()?)),
        oid if ARRAYS.contains(&oid) => array(bytes).map(Value::Array),
        _ => None,
    }
}

/// An array of one dimension: dimensions, whether any is NULL, the elements' type, their number and lowest index; then
/// each by its length and bytes.
fn array(bytes: &[u8]) -> Option<Vec<Value>> {
    let mut rest = bytes;
    let dimensions = number(&mut rest)?;
    let _has_nulls = number(&mut rest)?;
    let oid = u32::try_from(number(&mut rest)?).ok()?;
    if dimensions == 0 {
        return Some(Vec::new());
    }
    let count = number(&mut rest).filter(|_| dimensions == 1)?;
    let _lowest = number(&mut rest)?;
    let mut values = Vec::new();
    for _ in 0..count {
        let length = number(&mut rest)?;
        let element = match usize::try_from(length) {
            Ok(length) => {
                let (element, after) = rest.split_at_checked(length)?;
                rest = after;
                Some(element)
            }
            Err(_) => None,
        };
        values.push(canonical(oid, element));
    }
    Some(values).filter(|_| rest.is_empty())
}

fn number(rest: &mut &[u8]) -> Option<i32> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(i32::from_be_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_form_than_expected_is_opaque() {
        let cases: [(u32, &[u8]); 8] = [
            (BOOL, &[2]),
            (INT2, &[0, 0, 0, 1]),
            (INT8, &[1]),
            (TEXT, &[0xff]),
            (UUID, &[0; 15]),
            (1007, &[0, 0, 0, 1]),
            (701, &[0; 8]),
            (0, b"a"),
        ];
        for (oid, bytes) in cases {
            assert_eq!(canonical(oid, Some(bytes)), Value::Opaque, "{oid} {bytes:?}");
        }
    }

    #[test]
    fn an_array_that_ends_too_early_or_too_late_is_opaque() {
        let mut whole = Vec::new();
        for number in [1i32, 0, 23, 1, 1, 4, 7] {
            whole.extend(number.to_be_bytes());
        }
        assert_eq!(canonical(1007, Some(&whole)), Value::Array(vec![Value::Int(7)]));
        assert_eq!(canonical(1007, Some(&whole[..whole.len() - 1])), Value::Opaque);
        whole.push(0);
        assert_eq!(canonical(1007, Some(&whole)), Value::Opaque);
    }
}
