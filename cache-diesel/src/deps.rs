//! What models declare.

use cache_core::Declaration;
use diesel::backend::Backend;
use diesel::query_builder::{QueryBuilder, QueryFragment};

/// A backend in whose words tables name themselves.
#[cfg(feature = "sqlite")]
type Naming = diesel::sqlite::Sqlite;
#[cfg(all(feature = "postgres-backend", not(feature = "sqlite")))]
type Naming = diesel::pg::Pg;
#[cfg(all(feature = "mysql-backend", not(any(feature = "postgres-backend", feature = "sqlite"))))]
type Naming = diesel::mysql::Mysql;

/// The scopes of a model's table, as `#[derive(CacheDeps)]` writes them.
///
/// A model can implement it by hand too, and be declared to the connection that uses it with
/// [`CachedConnection::declare`](crate::CachedConnection::declare).
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no scopes",
    note = "add `#[derive(cache_diesel::CacheDeps)]` to it"
)]
pub trait CacheDeps {
    /// The table and its scopes, by their names in the database.
    fn declaration() -> Declaration;
}

/// The name of a table in the database, without its schema.
#[doc(hidden)]
#[must_use]
pub fn table_name<T: QueryFragment<Naming>>(table: &T) -> String {
    let mut builder = <Naming as Backend>::QueryBuilder::default();
    let written = table.to_sql(&mut builder, &Naming::default());
    unquoted(&written.map(|()| builder.finish()).unwrap_or_default())
}

/// The last name of `` `a`.`b` ``, in whichever quotes.
fn unquoted(names: &str) -> String {
    let Some(quote) = names.chars().next_back() else { return String::new() };
    let last =
        names.rsplit_once(&format!(".{quote}")).map_or(names.trim_start_matches(quote), |(_, last)| last);
    let last = last.strip_suffix(quote).unwrap_or(last);
    last.replace(&format!("{quote}{quote}"), &quote.to_string())
}

/// A type whose columns may be in a scope: its equality is exact.
///
/// `#[derive(CacheDeps)]` requires it of each field that is in a scope. Every type that is `Eq` has it. Floats are not
/// `Eq`: two computations of one price may differ in the last bit, and then select no row.
///
/// ```compile_fail
/// # use cache_diesel::ScopeColumn;
/// # fn in_a_scope<T: ScopeColumn>() {}
/// in_a_scope::<f64>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` cannot be in a scope",
    label = "no exact equality that Rust and the database agree on",
    note = "derive `PartialEq` and `Eq` on a type of your own; floats have no exact equality: take the column out of the scope"
)]
pub trait ScopeColumn {}

#[diagnostic::do_not_recommend]
impl<T: Eq> ScopeColumn for T {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_as_in_the_database() {
        mod tables {
            diesel::table! { plain (id) { id -> Integer, } }
            diesel::table! { inside.qualified (id) { id -> Integer, } }
            diesel::table! {
                #[sql_name = "other name"]
                renamed (id) { id -> Integer, }
            }
        }
        assert_eq!(table_name(&tables::plain::table), "plain");
        assert_eq!(table_name(&tables::qualified::table), "qualified");
        assert_eq!(table_name(&tables::renamed::table), "other name");
        assert_eq!(unquoted("\"a\".\"b\"\"c\""), "b\"c");
    }
}
