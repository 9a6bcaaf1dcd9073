//! Dependencies that a user names by entities.

use cache_core::{Dep, Value as Canonical};
use sea_orm::sea_query::IntoValueTuple;
use sea_orm::{EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, PrimaryKeyTrait, Value};

use crate::deps::name_of;
use crate::values;

/// Dependencies on an entity's rows, scopes and table, for values that are put by hand and for
/// `cache.invalidate`. Every entity has them; the [prelude](crate::prelude) imports them.
///
/// Unlike the names in [`Dep::row`] and [`Dep::scope`], an entity, its columns and the type of its key are
/// checked by the compiler.
///
/// ```
/// use cache_seaorm::{Cache, CacheDeps, CachedConnection, prelude::*};
/// use sea_orm::{ConnectionTrait, Database};
///
/// mod article {
///     # use cache_seaorm::CacheDeps;
///     # use sea_orm::entity::prelude::*;
///     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, CacheDeps)]
///     #[sea_orm(table_name = "article")]
///     pub struct Model {
///         #[sea_orm(primary_key)]
///         pub id: i64,
///         pub title: String,
///         #[cache(scope)]
///         pub category: String,
///     }
///     # #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
///     # pub enum Relation {}
///     # impl ActiveModelBehavior for ActiveModel {}
/// }
/// use article::{Column, Entity as Article};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cache = Cache::from_url("memory://?private")?;
/// # let db = CachedConnection::new(Database::connect("sqlite::memory:").await?, cache.clone()).await?;
/// # db.execute_unprepared("CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT, category TEXT)").await?;
/// cache.put("feed", "<feed/>".to_owned(), [Article::dep_scope((Column::Category, "rust"))]).await?;
/// cache.put("card", "<p/>".to_owned(), [Article::dep_row(7)]).await?;
///
/// db.execute_unprepared("INSERT INTO article VALUES (8, 'Pins', 'rust')").await?;
/// assert_eq!(cache.get::<String>("feed").await, None);
/// assert!(cache.get::<String>("card").await.is_some());
///
/// cache.invalidate(Article::dep_row(7)).await?;
/// assert_eq!(cache.get::<String>("card").await, None);
/// # Ok(())
/// # }
/// ```
///
/// A key of another type does not compile:
///
/// ```compile_fail,E0277
/// # mod article {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "article")]
/// #     pub struct Model {
/// #         #[sea_orm(primary_key)]
/// #         pub id: i64,
/// #     }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// # use article::Entity as Article;
/// # use cache_seaorm::prelude::*;
/// Article::dep_row("seven");
/// ```
pub trait EntityDeps: EntityTrait {
    /// One row, by what [`find_by_id`](EntityTrait::find_by_id) takes: the key's value, or a tuple.
    #[must_use]
    fn dep_row<K>(key: K) -> Dep
    where
        K: Into<<Self::PrimaryKey as PrimaryKeyTrait>::ValueType>,
    {
        // The database may declare the key's columns in another order than the entity.
        let columns = Self::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
        let values = key.into().into_value_tuple();
        Dep::row_by(name_of::<Self>(), by_name(columns.zip(values)))
    }

    /// The rows of one scope that have these values: `(Column::Category, "rust")`, or for a scope of several
    /// columns, in any order, `((Column::Published, true), (Column::Category, "rust"))`.
    ///
    /// Scopes are those of the table: what the derive or
    /// [`declare`](crate::CachedConnection::declare) says, unique keys and foreign keys. To depend on other
    /// columns, or on values of another type than their columns', is an error where the dependency is used.
    #[must_use]
    fn dep_scope(values: impl ScopeValues<Self::Column>) -> Dep {
        Dep::scope(name_of::<Self>(), by_name(values.into_values()))
    }

    /// The whole table.
    #[must_use]
    fn dep_table() -> Dep {
        Dep::table(name_of::<Self>())
    }
}

impl<E: EntityTrait> EntityDeps for E {}

fn by_name<C: IdenStatic>(values: impl IntoIterator<Item = (C, Value)>) -> Vec<(&'static str, Canonical)> {
    values.into_iter().map(|(column, value)| (column.as_str(), values::canonical(&value))).collect()
}

/// Values for the columns of a scope: one pair of a column and its value, or a tuple of up to four.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no values to columns of a scope",
    note = "for one column: `(Column::Category, \"rust\")`",
    note = "for several: `((Column::Published, true), (Column::Category, \"rust\"))`"
)]
pub trait ScopeValues<C> {
    #[doc(hidden)]
    fn into_values(self) -> Vec<(C, Value)>;
}

impl<C, V: Into<Value>> ScopeValues<C> for (C, V) {
    fn into_values(self) -> Vec<(C, Value)> {
        vec![(self.0, self.1.into())]
    }
}

macro_rules! scope_values {
    ($($value:ident $place:tt),*) => {
        impl<C, $($value: Into<Value>),*> ScopeValues<C> for ($((C, $value),)*) {
            fn into_values(self) -> Vec<(C, Value)> {
                vec![$((self.$place.0, self.$place.1.into())),*]
            }
        }
    };
}

scope_values!(V0 0, V1 1);
scope_values!(V0 0, V1 1, V2 2);
scope_values!(V0 0, V1 1, V2 2, V3 3);
