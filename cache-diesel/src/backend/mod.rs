//! Diesel's backends: bound values and returned rows as canonical values.

#[cfg(any(feature = "mysql-backend", feature = "postgres-backend"))]
pub(crate) mod ask;
#[cfg(feature = "mysql-backend")]
pub(crate) mod mysql;
#[cfg(feature = "postgres-backend")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use cache_core::Value;
use cache_core::schema::Dialect;
use cache_core::store::KeyBuilder;
use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::QueryMetadata;
use diesel::query_builder::{QueryBuilder, QueryFragment};
use diesel::row::{Field, Row};
use diesel::sql_types::Untyped;

/// A backend whose connections can be cached.
pub trait CacheBackend:
    Backend<QueryBuilder: Default> + QueryMetadata<Untyped> + Default + private::Sealed + 'static
{
    /// Whose SQL it is.
    #[doc(hidden)]
    const DIALECT: Dialect;

    /// The values in a collector, in their order.
    #[doc(hidden)]
    fn bound(collector: &Self::BindCollector<'_>) -> Vec<Value>;

    /// Adds the values in a collector to a key, exactly.
    #[doc(hidden)]
    fn identify(collector: &Self::BindCollector<'_>, key: KeyBuilder) -> KeyBuilder;

    /// Collects the values that a statement binds, and looks at them.
    #[doc(hidden)]
    fn collect<T, R>(source: &T, look: impl FnOnce(&Self::BindCollector<'_>) -> R) -> QueryResult<R>
    where
        T: QueryFragment<Self> + ?Sized;

    /// Leaves the values with these numbers in a collector, in this order. Only where placeholders have no numbers of
    /// their own does a part of a statement not take all of its values.
    #[doc(hidden)]
    fn choose(_collector: &mut Self::BindCollector<'_>, _numbers: &[usize]) {}

    /// A value in a returned row.
    #[doc(hidden)]
    fn returned(value: Option<Self::RawValue<'_>>) -> Value;
}

/// The text of a statement.
pub(crate) fn sql_of<DB: CacheBackend>(source: &(impl QueryFragment<DB> + ?Sized)) -> QueryResult<String> {
    let mut builder = DB::QueryBuilder::default();
    source.to_sql(&mut builder, &DB::default())?;
    Ok(builder.finish())
}

/// The value at a place of a row; opaque if there is none.
pub(crate) fn value_at<'r, DB: CacheBackend, R: Row<'r, DB>>(row: &R, place: usize) -> Value {
    row.get(place).map_or(Value::Opaque, |field| DB::returned(field.value()))
}

mod private {
    pub trait Sealed {}
    #[cfg(feature = "mysql-backend")]
    impl Sealed for diesel::mysql::Mysql {}
    #[cfg(feature = "postgres-backend")]
    impl Sealed for diesel::pg::Pg {}
    #[cfg(feature = "sqlite")]
    impl Sealed for diesel::sqlite::Sqlite {}
}
