//! What entities declare.

use cache_core::Declaration;
use sea_orm::{EntityTrait, IdenStatic};

/// The scopes of an entity's table, as `#[derive(CacheDeps)]` on its model writes them.
///
/// An entity can implement it by hand too, and be declared to the connection that uses it with
/// [`CachedConnection::declare`](crate::CachedConnection::declare).
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no scopes",
    note = "add `#[derive(cache_seaorm::CacheDeps)]` to its `Model`"
)]
pub trait CacheDeps: EntityTrait {
    /// The scopes, each a list of columns.
    fn scopes() -> Vec<Vec<Self::Column>>;
}

/// The name of an entity's table, behind that of the namespace that it is in, if the entity has one.
pub(crate) fn name_of<E: EntityTrait>() -> String {
    let entity = E::default();
    match entity.schema_name() {
        Some(namespace) => format!("{namespace}.{}", entity.table_name()),
        None => entity.table_name().to_owned(),
    }
}

/// The declaration of an entity, by the names that its table and columns have in the database.
#[must_use]
pub fn declaration<E: CacheDeps>() -> Declaration {
    let declaration = Declaration::new(E::default().table_name());
    E::scopes()
        .iter()
        .fold(declaration, |declaration, scope| declaration.scope(scope.iter().map(IdenStatic::as_str)))
}
