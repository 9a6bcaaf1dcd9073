//! Hook mode: writes through connections that cannot be wrapped.
//!
//! `#[cache(hooks)]` writes an `ActiveModelBehavior` whose `after_save` and `after_delete` end here. A hook
//! sees the new row, and neither the old one nor COMMIT. So it concerns every list that the row may have been
//! in, and what it says has to outlast the transaction: a read between the hook and COMMIT may fill the cache with
//! the old row. Where processes share the log, a fence goes up that nobody lifts: nothing that it meets is served or
//! kept until it runs out, and then it is a touch. A cache of this process is touched at once and again later (`echo`).

mod echo;

use std::any::type_name;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use cache_core::deps::model::Touch;
use cache_core::deps::{Catalog, row_touches};
use cache_core::schema::Table;
use cache_core::session::Database;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic, Iterable,
    PrimaryKeyToColumn,
};

use self::echo::Until;
use crate::changed::of_model;
use crate::connection::CachedConnection;
use crate::deps::{CacheDeps, name_of};
use crate::introspect;
use crate::transaction::CachedTransaction;
use crate::values;

/// The databases that wrapped connections of this process use: a hook has no cache of its own.
static DATABASES: Mutex<Vec<Weak<Database>>> = Mutex::new(Vec::new());

/// Lets hooks find the database.
pub(crate) fn register(database: &Arc<Database>) {
    let mut databases = DATABASES.lock().unwrap_or_else(PoisonError::into_inner);
    databases.retain(|known| known.strong_count() > 0);
    if !databases.iter().any(|known| Weak::as_ptr(known) == Arc::as_ptr(database)) {
        databases.push(Arc::downgrade(database));
    }
}

/// What the derived `after_save` calls.
///
/// # Errors
/// None; a cache that does not answer is reported by a warning.
pub async fn after_save<C: ConnectionTrait, E: CacheDeps>(
    db: &C,
    model: &E::Model,
    insert: bool,
) -> Result<(), DbErr> {
    let touches = |catalog: &Catalog, table: &Table| {
        let row = of_model(table, model);
        // Of an updated row only the new values are known.
        row_touches(catalog, table.id(), (!insert).then_some(&[]), Some(&row))
    };
    changed::<C, E>(db, touches).await;
    Ok(())
}

/// What the derived `after_delete` calls.
///
/// # Errors
/// None; a cache that does not answer is reported by a warning.
pub async fn after_delete<C, A>(db: &C, model: &A) -> Result<(), DbErr>
where
    C: ConnectionTrait,
    A: ActiveModelTrait<Entity: CacheDeps>,
{
    let touches = |catalog: &Catalog, table: &Table| {
        // Only its key is sure: the other columns are what was once read, or what was to be written.
        let key = <<A::Entity as EntityTrait>::PrimaryKey as Iterable>::iter().filter_map(|key| {
            let column = key.into_column();
            let value = model.get(column).into_value()?;
            Some((table.column_named(column.as_str())?, values::canonical(&value)))
        });
        row_touches(catalog, table.id(), Some(&key.collect::<Vec<_>>()), None)
    };
    changed::<C, A::Entity>(db, touches).await;
    Ok(())
}

/// Publishes the touches in every database that has the table. Which one the hook's connection belongs to
/// cannot be told; the others only miss.
async fn changed<C: ConnectionTrait, E: EntityTrait>(
    db: &C,
    touches: impl Fn(&Catalog, &Table) -> Vec<Touch>,
) {
    if is_wrapped::<C>() {
        return;
    }
    let name = name_of::<E>();
    for database in databases(db.get_database_backend()) {
        let catalog = database.catalog();
        let Some(table) = catalog.schema().table_named(&name) else { continue };
        let marks = catalog.touch_marks(&touches(&catalog, table));
        // Dropped at once, so that nobody renews it.
        if matches!(database.cache().announce(&marks, None).await, Ok(fence) if fence.is_fenced()) {
            echo::later(&database, &marks, Until::FenceRunsOut);
            continue;
        }
        echo::later(&database, &marks, Until::Now);
        let cause = Arc::new(format!("a hook of `{name}`"));
        if let Err(error) = database.cache().publish(marks, Some(cause)).await {
            tracing::debug!(%error, "a publication is owed");
        }
    }
}

/// A wrapped connection has seen the write itself, and knows more about it.
fn is_wrapped<C>() -> bool {
    [type_name::<CachedConnection>(), type_name::<CachedTransaction>()].contains(&type_name::<C>())
}

fn databases(backend: DbBackend) -> Vec<Arc<Database>> {
    let dialect = introspect::dialect(backend);
    let databases = DATABASES.lock().unwrap_or_else(PoisonError::into_inner);
    let alive = databases.iter().filter_map(Weak::upgrade);
    alive.filter(|database| dialect.is_none_or(|it| database.catalog().schema().dialect() == it)).collect()
}
