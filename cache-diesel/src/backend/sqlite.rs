//! SQLite's values.
//!
//! Diesel keeps what its collector holds to itself, except that it shows each value in the words of `Debug`. These are
//! read strictly: a value that a later version shows in another way is opaque, which never narrows. The tests below
//! hold the words.

use std::fmt::{Debug, Write};

use cache_core::Value;
use cache_core::schema::Dialect;
use cache_core::store::KeyBuilder;
use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{MoveableBindCollector, QueryFragment};
use diesel::sqlite::{Sqlite, SqliteType, SqliteValue};

use super::CacheBackend;

type Collector<'a> = <Sqlite as Backend>::BindCollector<'a>;

impl CacheBackend for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn bound(collector: &Collector<'_>) -> Vec<Value> {
        let mut words = String::new();
        let values = shown(collector).into_iter().map(|value| {
            words.clear();
            // A `String` takes whatever it is given.
            let _ = write!(words, "{value:?}");
            read(&words)
        });
        values.collect()
    }

    fn identify(collector: &Collector<'_>, key: KeyBuilder) -> KeyBuilder {
        shown(collector).iter().fold(key, |key, value| key.text(&format!("{value:?}")))
    }

    fn collect<T, R>(source: &T, look: impl FnOnce(&Collector<'_>) -> R) -> QueryResult<R>
    where
        T: QueryFragment<Self> + ?Sized,
    {
        let mut collector = Collector::default();
        source.collect_binds(&mut collector, &mut (), &Sqlite)?;
        Ok(look(&collector))
    }

    /// Read by the type of the value itself: columns of SQLite hold values of any type.
    fn returned(value: Option<SqliteValue<'_, '_, '_>>) -> Value {
        let Some(mut value) = value else { return Value::Null };
        match value.value_type() {
            None => Value::Null,
            Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                Value::from(value.read_long())
            }
            Some(SqliteType::Text) => match value.read_text() {
                // What is no UTF-8 was replaced.
                text if text.contains(char::REPLACEMENT_CHARACTER) => Value::Opaque,
                text => Value::from(text),
            },
            Some(SqliteType::Binary) => Value::from(value.read_blob().to_vec()),
            Some(SqliteType::Float | SqliteType::Double) => Value::Opaque,
        }
    }
}

fn shown(collector: &Collector<'_>) -> Vec<Box<dyn Debug>> {
    let mut shown = Vec::new();
    <Collector<'_> as MoveableBindCollector<Sqlite>>::push_debug_binds(&collector.moveable(), &mut shown);
    shown
}

/// `I32(5)`, `I64(5)`, `F64(1.5)`, `String("a")`, `Binary([1, 2])`, `Null`.
fn read(words: &str) -> Value {
    let inside = |kind: &str| words.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
    if words == "Null" {
        return Value::Null;
    }
    if let Some(integer) = inside("I32").or_else(|| inside("I64")) {
        return integer.parse::<i64>().map_or(Value::Opaque, Value::from);
    }
    if let Some(text) = inside("String") {
        return unquote(text).map_or(Value::Opaque, Value::from);
    }
    let bytes = inside("Binary").and_then(|list| list.strip_prefix('[')?.strip_suffix(']'));
    let bytes = bytes.map(|list| match list {
        "" => Ok(Vec::new()),
        list => list.split(", ").map(str::parse::<u8>).collect(),
    });
    bytes.and_then(Result::ok).map_or(Value::Opaque, Value::from)
}

/// A string literal of Rust.
fn unquote(literal: &str) -> Option<String> {
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::with_capacity(literal.len());
    while let Some(character) = rest.next() {
        text.push(match character {
            '\\' => match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                quoted @ ('\\' | '"' | '\'') => quoted,
                'u' => {
                    let digits = rest.as_str().strip_prefix('{')?.split_once('}')?.0;
                    rest.nth(digits.len() + 1)?;
                    char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
                }
                _ => return None,
            },
            '"' => return None,
            plain => plain,
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::sql_of;
    use diesel::sql_types::{BigInt, Binary, Bool, Double, Integer, Nullable, SmallInt, Text};

    fn bound(source: &impl QueryFragment<Sqlite>) -> Vec<Value> {
        Sqlite::collect(source, |collector| Sqlite::bound(collector)).unwrap()
    }

    #[test]
    fn bound_values_are_read_as_they_are_bound() {
        let texts =
            ["", "é", "a\"b\\n\n\r\t\0'", "\u{1f}\u{200d}\u{fffd}", "String(\"x\")", "\u{7f}\u{10ffff}"];
        for text in texts {
            let query = diesel::sql_query("SELECT ?").bind::<Text, _>(text);
            assert_eq!(bound(&query), [Value::from(text)], "{text:?}");
        }
        let query = diesel::sql_query("SELECT ?")
            .bind::<SmallInt, _>(-7i16)
            .bind::<Integer, _>(i32::MIN)
            .bind::<BigInt, _>(i64::MAX)
            .bind::<Bool, _>(true)
            .bind::<Nullable<Text>, _>(None::<String>)
            .bind::<Binary, _>(vec![0u8, 255])
            .bind::<Binary, _>(Vec::<u8>::new())
            .bind::<Double, _>(1.0f64);
        let expected = [
            Value::Int(-7),
            Value::Int(i32::MIN.into()),
            Value::Int(i64::MAX.into()),
            Value::Int(1),
            Value::Null,
            Value::Bytes(vec![0, 255]),
            Value::Bytes(Vec::new()),
            Value::Opaque,
        ];
        assert_eq!(bound(&query), expected);
        assert_eq!(sql_of::<Sqlite>(&query).unwrap(), "SELECT ?");
    }

    #[test]
    fn words_that_are_not_known_are_opaque() {
        for words in
            ["U8(1)", "String(a)", "String(\"\\q\")", "I32(1", "Binary([256])", "String(\"a\"b\")", ""]
        {
            assert_eq!(read(words), Value::Opaque, "{words}");
        }
    }

    #[test]
    fn values_that_are_opaque_have_keys_of_their_own() {
        let key = |value: f64| {
            let query = diesel::sql_query("SELECT ?").bind::<Double, _>(value);
            Sqlite::collect(&query, |values| Sqlite::identify(values, KeyBuilder::new("x")).finish()).unwrap()
        };
        assert_ne!(key(1.0), key(1.000_000_000_000_000_2));
        assert_eq!(key(0.5), key(0.5));
    }
}
