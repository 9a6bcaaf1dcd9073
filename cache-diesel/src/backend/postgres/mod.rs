//! PostgreSQL's values, and its catalog.
//!
//! | module | what it is for |
//! |---|---|
//! | `values` | what PostgreSQL is sent and sends, by the `oid` of its type |
//! | `catalog` | the catalog queries, run and decoded |
//! | `wire` | rows as they were sent, kept and read again |

pub(crate) mod catalog;
mod values;
#[cfg(any(feature = "postgres", feature = "async-postgres"))]
pub(crate) mod wire;

use cache_core::Value;
use cache_core::schema::Dialect;
use cache_core::store::KeyBuilder;
use diesel::QueryResult;
use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata, PgValue};
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;

use super::CacheBackend;

type Collector = RawBytesBindCollector<Pg>;

impl CacheBackend for Pg {
    const DIALECT: Dialect = Dialect::Postgres;

    fn bound(collector: &Collector) -> Vec<Value> {
        let values = collector.metadata.iter().zip(&collector.binds);
        values.map(|(metadata, bytes)| values::canonical(oid(metadata), bytes.as_deref())).collect()
    }

    /// The type and the bytes of each, exactly as they are sent.
    fn identify(collector: &Collector, key: KeyBuilder) -> KeyBuilder {
        collector.metadata.iter().zip(&collector.binds).fold(key, |key, (metadata, bytes)| {
            let key = key.number(oid(metadata).into());
            match bytes {
                Some(bytes) => key.bytes(bytes),
                None => key.text("NULL"),
            }
        })
    }

    fn collect<T, R>(source: &T, look: impl FnOnce(&Collector) -> R) -> QueryResult<R>
    where
        T: QueryFragment<Self> + ?Sized,
    {
        let mut collector = Collector::new();
        source.collect_binds(&mut collector, &mut Unasked, &Pg)?;
        Ok(look(&collector))
    }

    fn returned(value: Option<PgValue<'_>>) -> Value {
        let Some(value) = value else { return Value::Null };
        values::canonical(value.get_oid().get(), Some(value.as_bytes()))
    }
}

/// No type at all if the database does not know it: the statement will then fail by itself.
fn oid(metadata: &PgTypeMetadata) -> u32 {
    metadata.oid().unwrap_or_default()
}

/// Tells user-defined types apart without asking the database for their `oid`s.
struct Unasked;

impl PgMetadataLookup for Unasked {
    /// Numbers made from the name, in a range that the database's own counter is far from. Nothing that is known by its
    /// `oid` can be mistaken for such a type.
    fn lookup_type(&mut self, name: &str, schema: Option<&str>) -> PgTypeMetadata {
        let key = KeyBuilder::new("type").text(schema.unwrap_or_default()).text(name).finish();
        let number = (key.bits() as u32) | 0x8000_0001;
        PgTypeMetadata::new(number, number & !1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Integer, Nullable, SmallInt, Text};

    fn bound(source: &impl QueryFragment<Pg>) -> Vec<Value> {
        Pg::collect(source, Pg::bound).unwrap()
    }

    #[test]
    fn bound_values_are_those_that_are_sent() {
        let query = diesel::sql_query("SELECT $1")
            .bind::<SmallInt, _>(-7i16)
            .bind::<Integer, _>(i32::MIN)
            .bind::<BigInt, _>(i64::MAX)
            .bind::<Text, _>("é'\"\\")
            .bind::<Bool, _>(true)
            .bind::<Nullable<Text>, _>(None::<String>)
            .bind::<Binary, _>(vec![0u8, 255])
            .bind::<Double, _>(1.0f64)
            .bind::<Array<Integer>, _>(vec![1, -2])
            .bind::<Array<Nullable<Text>>, _>(vec![Some("a"), None]);
        let expected = [
            Value::Int(-7),
            Value::Int(i32::MIN.into()),
            Value::Int(i64::MAX.into()),
            Value::from("é'\"\\"),
            Value::Bool(true),
            Value::Null,
            Value::Bytes(vec![0, 255]),
            Value::Opaque,
            Value::Array(vec![Value::Int(1), Value::Int(-2)]),
            Value::Array(vec![Value::from("a"), Value::Null]),
        ];
        assert_eq!(bound(&query), expected);
    }

    #[test]
    fn keys_tell_types_and_values_apart() {
        fn key(source: &impl QueryFragment<Pg>) -> cache_core::EntryKey {
            Pg::collect(source, |values| Pg::identify(values, KeyBuilder::new("x")).finish()).unwrap()
        }
        let text =
            |value: Option<&'static str>| diesel::sql_query("SELECT $1").bind::<Nullable<Text>, _>(value);
        let keys = [
            key(&text(Some("NULL"))),
            key(&text(None)),
            key(&diesel::sql_query("SELECT $1").bind::<Binary, _>(b"NULL".to_vec())),
            key(&diesel::sql_query("SELECT $1").bind::<Double, _>(1.0f64)),
            key(&diesel::sql_query("SELECT $1").bind::<Double, _>(1.000_000_000_000_000_2f64)),
        ];
        for (place, one) in keys.iter().enumerate() {
            assert!(!keys[place + 1..].contains(one), "{place}");
        }
        assert_eq!(key(&text(Some("a"))), key(&text(Some("a"))));
    }

    #[test]
    fn types_of_users_are_opaque_and_have_keys_of_their_own() {
        let one = Unasked.lookup_type("mood", None);
        let other = Unasked.lookup_type("mood", Some("app"));
        assert_ne!(oid(&one), oid(&other));
        assert!(oid(&one) > i32::MAX as u32);
        assert_eq!(values::canonical(oid(&one), Some(b"happy")), Value::Opaque);
    }
}
