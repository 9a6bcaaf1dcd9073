//! Macros of the query cache. Adapters re-export them: depend on `cache-seaorm` or `cache-diesel`, not on this crate.
//!
//! | macro | on | what it is for |
//! |---|---|---|
//! | [`CacheDeps`](derive@CacheDeps) | an entity's `Model`, a Diesel model | declares the table's scopes |
//! | [`cached_query`](macro@cached_query) | a function | caches what the function returns |
//!
//! | module | idea |
//! |---|---|
//! | `deps`, `diesel` | the derive, from input to output: on SeaORM's models, on Diesel's |
//! | `options`, `scope`, `hooks` | what `#[cache(..)]` says |
//! | `field`, `column_type` | a field as the ORM reads it; which columns cannot be in a scope |
//! | `cached_query` | the attribute: its options, the arguments, what may be returned |
//! | `errors`, `suggest` | all mistakes at once, and what was meant |

mod cached_query;
mod column_type;
mod deps;
mod diesel;
mod errors;
mod field;
mod hooks;
mod options;
mod scope;
mod suggest;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares the scopes of a SeaORM entity or of a Diesel model's table, so that a write touches only the lists that it can change.
///
/// A **scope** is a list of columns whose values select the rows of a list. With the scope `(published, category)`,
/// `filter(Published.eq(true)).filter(Category.eq("rust"))` depends on that one pattern of values, and a write to a
/// row of another category leaves it cached. Rows are tracked by their key without any scope, and a table without
/// the derive is tracked too, only more widely.
///
/// ```ignore
/// use cache_seaorm::CacheDeps;
/// use sea_orm::entity::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, DeriveEntityModel, CacheDeps)]
/// #[sea_orm(table_name = "article")]
/// #[cache(scope(published, category))]
/// pub struct Model {
///     #[sea_orm(primary_key)]
///     pub id: i64,
///     pub title: String,
///     pub published: bool,
///     pub category: String,
///     #[cache(scope)]
///     pub author_id: i64,
/// }
///
/// #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// pub enum Relation {}
///
/// impl ActiveModelBehavior for ActiveModel {}
///
/// let declared = cache_seaorm::declaration::<Entity>();
/// assert_eq!(declared.table(), "article");
/// assert_eq!(declared.scopes(), [vec!["published", "category"], vec!["author_id"]]);
/// ```
///
/// # Options
///
/// | option | on | meaning |
/// |---|---|---|
/// | `scope(a, b)` | the model, any number of times | a scope of one to four fields |
/// | `scope` | a field | the scope of this column alone |
/// | `hooks` | the model | SeaORM: writes the `ActiveModelBehavior` impl, see below |
/// | `crate = "path"` | the model | where the adapter crate is, if not at `::cache_seaorm` or `::cache_diesel` |
///
/// A scope names fields, whatever `column_name`, `rename_all` or `enum_name` make of them. A good scope is the list
/// of columns that a page's query compares with `=` or `IN`. Columns whose equality Rust and the database do not
/// agree on exactly (floats, JSON) cannot be in a scope; a type of your own can if it is `Eq` (`ScopeColumn`).
/// The primary key needs no scope.
///
/// Clippy takes a column that is in two scopes for a repetition; put
/// `#[allow(clippy::duplicated_attributes)]` on the model.
///
/// # Entities
///
/// The derive goes beside `DeriveEntityModel`, in SeaORM's compact and expanded formats and in the two-struct format
/// of `#[sea_orm::model]`. The latter copies derives and attributes onto `ModelEx`, where this one writes nothing;
/// it stands below `#[sea_orm::model]`. `HasMany`, `HasOne` and `BelongsTo` fields are no columns: a scope names the
/// column that refers to the other table.
///
/// # Diesel
///
/// A struct with `#[diesel(..)]` attributes is a Diesel model. It owns its fields, and each field in a scope is a column
/// of `table_name`, under its `column_name`; `embed` fields are no columns. Any number of models may declare scopes of
/// one table.
///
/// ```ignore
/// #[derive(Queryable, Selectable, CacheDeps)]
/// #[diesel(table_name = article)]
/// #[cache(scope(published, category))]
/// struct Article {
///     id: i64,
///     title: String,
///     published: bool,
///     category: String,
///     #[cache(scope)]
///     #[diesel(column_name = author_id)]
///     author: i64,
/// }
/// ```
///
/// # Expansion
///
/// ```ignore
/// impl ::cache_seaorm::CacheDeps for Entity {
///     fn scopes() -> Vec<Vec<Column>> {
///         vec![vec![Column::Published, Column::Category], vec![Column::AuthorId]]
///     }
/// }
/// ```
///
/// and a registration by `inventory`, which a database finds when it is attached.
///
/// # Hooks
///
/// For a framework that owns its `DatabaseConnection`, so that it cannot be wrapped, `#[cache(hooks)]` writes the
/// `ActiveModelBehavior` impl, in place of your empty one: its `after_save` and `after_delete` invalidate the row
/// and its scopes. Hooks see only what goes through an active model, and no COMMIT: bulk writes, upserts,
/// `update_without_returning` and raw statements pass unseen. A wrapped connection sees them all and needs no hooks.
///
/// ```ignore
/// #[derive(Clone, Debug, PartialEq, DeriveEntityModel, CacheDeps)]
/// #[sea_orm(table_name = "article")]
/// #[cache(hooks, scope(category))]
/// pub struct Model {
///     #[sea_orm(primary_key)]
///     pub id: i64,
///     pub category: String,
/// }
/// ```
///
/// An entity whose behaviour is not empty calls `invalidate_for` in its own hooks.
#[proc_macro_derive(CacheDeps, attributes(cache, diesel))]
pub fn cache_deps(input: TokenStream) -> TokenStream {
    deps::expand(&parse_macro_input!(input as DeriveInput)).into()
}

/// Caches what a function returns, by its arguments; whatever it read decides when the result is stale.
///
/// ```ignore
/// use cache_seaorm::{CachedConnection, cached_query};
/// use sea_orm::{DbErr, entity::*, query::*};
///
/// #[cached_query(ttl = "60s")]
/// async fn by_category(db: &CachedConnection, category: &str, page: u64) -> Result<Vec<article::Model>, DbErr> {
///     article::Entity::find()
///         .filter(article::Column::Category.eq(category))
///         .paginate(db, 20)
///         .fetch_page(page)
///         .await
/// }
///
/// let rust = by_category(&db, "rust", 0).await?;
/// ```
///
/// With Diesel:
///
/// ```ignore
/// use cache_diesel::{CachedConnection, cached_query};
/// use diesel::prelude::*;
///
/// #[cached_query(ttl = "60s")]
/// fn by_category(conn: &mut CachedConnection<SqliteConnection>, category: &str) -> QueryResult<Vec<Article>> {
///     article::table.filter(article::category.eq(category)).load(conn)
/// }
/// ```
///
/// With diesel-async:
///
/// ```ignore
/// use cache_diesel::{AsyncCachedConnection, cached_query};
/// use diesel_async::{AsyncPgConnection, RunQueryDsl};
///
/// #[cached_query(ttl = "60s")]
/// async fn by_category(
///     conn: &mut AsyncCachedConnection<AsyncPgConnection>,
///     category: &str,
/// ) -> QueryResult<Vec<Article>> {
///     article::table.filter(article::category.eq(category)).load(conn).await
/// }
/// ```
///
/// The function is called as before. Its body runs when no valid result is cached, and everything that it reads
/// **through the connection argument** is tracked, in helpers that it calls too. What it reads elsewhere (another
/// connection, a clock, a file) is not: leave it out, or bound it by `ttl`.
///
/// What it returns goes through serde: SeaORM's models that it returns derive `Serialize` and `Deserialize` beside their own
/// traits, and have no `#[serde(skip)]`.
///
/// # The function
///
/// - It returns a `Result<T, E>` of owned data; `T` is `Serialize + DeserializeOwned + Clone + Send + Sync + 'static`.
///   Errors are not cached.
/// - The connection is the first argument that is a reference. With SeaORM that is `db: &CachedConnection`, or
///   `db: &impl CacheConnection` for transactions too, in which the body just runs, and the function is `async`; with
///   Diesel it is `conn: &mut CachedConnection<SqliteConnection>`, and the function is not; with diesel-async it is
///   `conn: &mut AsyncCachedConnection<AsyncPgConnection>`, and the function is `async`.
/// - All other arguments are in the key, so they are `Serialize`, unless `key` or `skip` says otherwise. (A hash map
///   serialises in any order: prefer a `BTreeMap`.) `&mut` arguments are refused, since a hit would not change them.
/// - A method does not have `self` in its key: say what matters of it with `key`, or `skip(self)`.
/// - Generic functions and functions in impls have a key for each instance, told apart by
///   [`type_name_of_val`](core::any::type_name_of_val). Two types of one name, such as those of two versions of a
///   crate, need a `key` that tells them apart.
/// - Under `#[async_trait]`, cache a free function and call it.
///
/// # Options
///
/// ## `ttl = "60s"`
///
/// How long a result may live at most. Whole numbers with units `ms`, `s`, `m`, `h` and `d`, added up: `"1h30m"`.
/// Without it the cache's own applies.
///
/// ## `stale_while_revalidate`, `stale_if_error`, `early_refresh`, `stale_after_write`
///
/// Durations, as the policy's settings of these names. With SeaORM, after all but `stale_if_error` the body may run in a task
/// of its own, while the caller is served: borrowed arguments are cloned at each call (`&str`, `&[T]`, `&T` where `T` is
/// `Clone`), the others and the error are `Send + 'static`, and there is no `self`.
///
/// ```ignore
/// #[cached_query(ttl = "60s", early_refresh = "10s", stale_while_revalidate = "5m", stale_if_error = "1h")]
/// async fn totals(db: &CachedConnection, category: &str) -> Result<Totals, DbErr> { .. }
/// ```
///
/// ## `key = expression`
///
/// Stands in the key in place of all arguments; the function and the version are in the key all the same. The
/// expression sees the arguments and is `Serialize`. It is borrowed, so that it does not take a variable from the
/// body; inside a tuple, write the `&`.
///
/// ```ignore
/// #[cached_query(key = (&filter.category, page / 10))]
/// async fn listed(db: &CachedConnection, filter: Filter, page: u64) -> Result<Vec<article::Model>, DbErr> { .. }
/// ```
///
/// ## `skip(argument, ..)`
///
/// Leaves arguments out of the key: those on which the result does not depend, or that are not `Serialize`.
///
/// ```ignore
/// #[cached_query(skip(trace_id))]
/// async fn detail(db: &CachedConnection, id: i64, trace_id: &str) -> Result<Option<article::Model>, DbErr> { .. }
/// ```
///
/// ## `version = 2`
///
/// A number in the key, 0 if not given. Raise it when the meaning of the result changes and a shared cache may still
/// hold results of the former program.
///
/// ## `tags("front-page", ..)`
///
/// Tags by which `invalidate(Dep::tag(..))` reaches the result. Each is an expression that sees the arguments.
///
/// ```ignore
/// #[cached_query(tags("authors", format!("author-{id}")))]
/// async fn author(db: &CachedConnection, id: i64) -> Result<Author, DbErr> { .. }
/// ```
///
/// # Expansion
///
/// ```ignore
/// async fn by_category(db: &CachedConnection, category: &str, page: u64) -> Result<Vec<article::Model>, DbErr> {
///     let block = db
///         .cached_query(("shop::reads::by_category", type_name_of_val(&|| ()), 0, (&category, &page)))
///         .ttl(Duration::from_secs(60));
///     block.run(async move |db| -> Result<Vec<article::Model>, DbErr> { /* the body */ }).await
/// }
/// ```
///
/// Inside the body, `db` is the block's connection, which tracks. `return` and `?` leave the body as before.
#[proc_macro_attribute]
pub fn cached_query(attribute: TokenStream, item: TokenStream) -> TokenStream {
    cached_query::expand(attribute.into(), item.into()).into()
}
