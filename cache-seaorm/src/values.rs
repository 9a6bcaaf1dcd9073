//! SeaORM's values as canonical ones.
//!
//! What counts is what the driver binds, since that is what the column stores: sqlx binds a UUID to SQLite
//! as 16 bytes, and dates, decimals and JSON as text in forms of its own. A value whose bound form is not
//! reproduced here is opaque: it never narrows, and costs precision only.

use cache_core::Value as Canonical;
use sea_orm::{Statement, Value};
use sea_query::OptionEnum;

/// The values bound to the statement.
pub(crate) fn of_statement(statement: &Statement) -> Vec<Canonical> {
    statement.values.as_ref().map_or_else(Vec::new, |values| values.0.iter().map(canonical).collect())
}

/// What the driver binds for this value.
pub(crate) fn canonical(value: &Value) -> Canonical {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::TinyInt(value) => (*value).into(),
        Value::SmallInt(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::BigInt(value) => (*value).into(),
        Value::TinyUnsigned(value) => (*value).into(),
        Value::SmallUnsigned(value) => (*value).into(),
        Value::Unsigned(value) => (*value).into(),
        Value::BigUnsigned(value) => (*value).into(),
        Value::String(value) => value.as_deref().into(),
        Value::Char(value) => value.map(String::from).into(),
        Value::Enum(OptionEnum::Some(value)) => Canonical::Text(value.value.to_string()),
        Value::Enum(OptionEnum::None(_)) => Canonical::Null,
        Value::Bytes(value) => value.clone().into(),
        #[cfg(feature = "with-uuid")]
        Value::Uuid(Some(value)) => Canonical::Uuid(*value.as_bytes()),
        #[cfg(feature = "postgres")]
        Value::Array(_, Some(values)) => Canonical::Array(values.iter().map(canonical).collect()),
        // Floats, JSON and whatever SeaORM's features add to the enum.
        value if *value == value.as_null() => Canonical::Null,
        _ => Canonical::Opaque,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_width_are_one_integer() {
        for value in [Value::from(7i8), Value::from(7i64), Value::from(7u8), Value::from(7u64)] {
            assert_eq!(canonical(&value), Canonical::Int(7));
        }
        assert_eq!(canonical(&Value::from(u64::MAX)), Canonical::Int(u64::MAX.into()));
    }

    #[test]
    fn text_is_what_is_bound_as_text() {
        assert_eq!(canonical(&Value::from("é")), Canonical::Text("é".into()));
        assert_eq!(canonical(&Value::from('é')), Canonical::Text("é".into()));
        let value = sea_query::Enum { type_name: "colour".into(), value: "red".into() };
        let value = Value::Enum(OptionEnum::Some(Box::new(value)));
        assert_eq!(canonical(&value), Canonical::Text("red".into()));
    }

    #[test]
    fn null_of_every_type_is_null() {
        let enumeration = Value::Enum(OptionEnum::None("colour".into()));
        for value in [Value::Int(None), Value::Double(None), Value::Json(None), enumeration] {
            assert_eq!(canonical(&value), Canonical::Null);
        }
    }

    #[test]
    fn what_has_no_exact_form_is_opaque() {
        for value in [Value::from(1.0f64), Value::from(f32::NAN), Value::from(serde_json::json!(1))] {
            assert_eq!(canonical(&value), Canonical::Opaque);
        }
    }

    #[cfg(feature = "with-uuid")]
    #[test]
    fn a_uuid_is_its_bytes() {
        let uuid = sea_orm::prelude::Uuid::from_bytes([7; 16]);
        assert_eq!(canonical(&Value::from(uuid)), Canonical::Uuid([7; 16]));
        assert_eq!(canonical(&Value::Uuid(None)), Canonical::Null);
    }
}
