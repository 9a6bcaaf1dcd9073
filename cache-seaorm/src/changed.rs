//! Invalidation by hand: rows that were written where the connection did not see it.

use cache_core::deps::model::Touch;
use cache_core::deps::{Catalog, any_row_touches, row_touches};
use cache_core::schema::{ColumnId, Table};
use cache_core::{Error, ErrorKind, Result, Value};
use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait};

use crate::connection::CachedConnection;
use crate::deps::name_of;
use crate::values;

/// What is known of a row that changed: `&model`, if it was inserted or deleted or stayed in its scopes;
/// `(&old, &new)`, if it was updated.
pub trait Changed {
    /// The entity of the row.
    type Entity: EntityTrait;

    #[doc(hidden)]
    fn touches(&self, catalog: &Catalog, table: &Table) -> Vec<Touch>;
}

impl<M: ModelTrait> Changed for &M {
    type Entity = M::Entity;

    fn touches(&self, catalog: &Catalog, table: &Table) -> Vec<Touch> {
        any_row_touches(catalog, table.id(), &of_model(table, *self))
    }
}

impl<M: ModelTrait> Changed for (&M, &M) {
    type Entity = M::Entity;

    fn touches(&self, catalog: &Catalog, table: &Table) -> Vec<Touch> {
        let (old, new) = (of_model(table, self.0), of_model(table, self.1));
        row_touches(catalog, table.id(), Some(&old), Some(&new))
    }
}

impl CachedConnection {
    /// Invalidates what a change of one row invalidates, for a write that this connection did not see: its
    /// row and its scopes. With `(&old, &new)` it is what an automatic update of just this row would do.
    ///
    /// Call it after the write has been committed.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownDependency`] if the database has no table of this entity's name;
    /// [`ErrorKind::Unavailable`] if the log does not answer.
    pub async fn invalidate_for<C: Changed>(&self, changed: C) -> Result<()> {
        if self.cache().is_disabled() {
            return Ok(());
        }
        let catalog = self.session().database().catalog();
        let name = name_of::<C::Entity>();
        let table = catalog.schema().table_named(&name).ok_or_else(|| {
            let message = format!("the database has no table `{name}`; if it is new, call `refresh_schema`");
            Error::new(ErrorKind::UnknownDependency, message)
        })?;
        let touches = changed.touches(&catalog, table);
        let cause = format!("`invalidate_for` a row of `{name}`");
        self.cache().publish(catalog.touch_marks(&touches), Some(std::sync::Arc::new(cause))).await?;
        Ok(())
    }
}

/// The values of the columns that both the model and the table have.
pub(crate) fn of_model<M: ModelTrait>(table: &Table, model: &M) -> Vec<(ColumnId, Value)> {
    <M::Entity as EntityTrait>::Column::iter()
        .filter_map(|column| {
            Some((table.column_named(column.as_str())?, values::canonical(&model.get(column))))
        })
        .collect()
}
