//! The values of MariaDB and MySQL, and their catalog.
//!
//! | module | what it is for |
//! |---|---|
//! | `values` | what is sent and returned, by its type |
//! | `catalog` | the catalog queries, run and decoded |

pub(crate) mod catalog;
mod values;

use cache_core::Value;
use cache_core::schema::Dialect;
use cache_core::store::KeyBuilder;
use diesel::QueryResult;
use diesel::mysql::{Mysql, MysqlValue};
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;

use super::CacheBackend;

type Collector = RawBytesBindCollector<Mysql>;

impl CacheBackend for Mysql {
    const DIALECT: Dialect = Dialect::MySql;

    fn bound(collector: &Collector) -> Vec<Value> {
        let values = collector.metadata.iter().zip(&collector.binds);
        values.map(|(kind, bytes)| values::bound(*kind, bytes.as_deref())).collect()
    }

    /// The type and the bytes of each, exactly as they are sent.
    fn identify(collector: &Collector, key: KeyBuilder) -> KeyBuilder {
        collector.metadata.iter().zip(&collector.binds).fold(key, |key, (kind, bytes)| {
            let key = key.text(&format!("{kind:?}"));
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
        source.collect_binds(&mut collector, &mut (), &Mysql)?;
        Ok(look(&collector))
    }

    fn choose(collector: &mut Collector, numbers: &[usize]) {
        let numbers = || numbers.iter().copied();
        collector.metadata = numbers().filter_map(|number| collector.metadata.get(number).copied()).collect();
        collector.binds = numbers().filter_map(|number| collector.binds.get(number).cloned()).collect();
    }

    fn returned(value: Option<MysqlValue<'_>>) -> Value {
        value.map_or(Value::Null, |value| values::returned(value.value_type(), value.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::sql_types::{BigInt, Binary, Bool, Double, Integer, Nullable, Text, TinyInt, Unsigned};

    fn bound(source: &impl QueryFragment<Mysql>) -> Vec<Value> {
        Mysql::collect(source, Mysql::bound).unwrap()
    }

    #[test]
    fn bound_values_are_those_that_are_sent() {
        let query = diesel::sql_query("SELECT ?")
            .bind::<TinyInt, _>(-7i8)
            .bind::<Integer, _>(i32::MIN)
            .bind::<BigInt, _>(i64::MAX)
            .bind::<Unsigned<BigInt>, _>(u64::MAX)
            .bind::<Bool, _>(true)
            .bind::<Text, _>("é'\"\\")
            .bind::<Nullable<Text>, _>(None::<String>)
            .bind::<Binary, _>(b"a".to_vec())
            .bind::<Double, _>(1.0f64);
        let expected = [
            Value::Int(-7),
            Value::Int(i32::MIN.into()),
            Value::Int(i64::MAX.into()),
            Value::Int(u64::MAX.into()),
            Value::Int(1),
            Value::from("é'\"\\"),
            Value::Null,
            Value::Bytes(b"a".to_vec()),
            Value::Opaque,
        ];
        assert_eq!(bound(&query), expected);
    }

    #[test]
    fn keys_tell_types_and_values_apart() {
        fn key(source: &impl QueryFragment<Mysql>) -> cache_core::EntryKey {
            Mysql::collect(source, |values| Mysql::identify(values, KeyBuilder::new("x")).finish()).unwrap()
        }
        let text = |value: Option<&'static str>| diesel::sql_query("").bind::<Nullable<Text>, _>(value);
        let keys = [
            key(&text(Some("NULL"))),
            key(&text(None)),
            key(&diesel::sql_query("").bind::<Binary, _>(b"NULL".to_vec())),
            key(&diesel::sql_query("").bind::<BigInt, _>(-1)),
            key(&diesel::sql_query("").bind::<Unsigned<BigInt>, _>(u64::MAX)),
        ];
        for (place, one) in keys.iter().enumerate() {
            assert!(!keys[place + 1..].contains(one), "{place}");
        }
        assert_eq!(key(&text(Some("a"))), key(&text(Some("a"))));
    }

    #[test]
    fn a_query_before_a_write_takes_the_values_that_it_names() {
        let query = diesel::sql_query("").bind::<Text, _>("a").bind::<BigInt, _>(7).bind::<BigInt, _>(8);
        let mut collector = Collector::new();
        query.collect_binds(&mut collector, &mut (), &Mysql).unwrap();
        Mysql::choose(&mut collector, &[2, 1]);
        assert_eq!(Mysql::bound(&collector), [Value::Int(8), Value::Int(7)]);
    }
}
