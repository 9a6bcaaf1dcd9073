//! Views from their rows.

use super::catalog::Catalog;
use super::tables::is_alone;
use crate::schema::{RelationName, View};

/// All views whose definition may be seen.
pub(super) fn views(catalog: &Catalog) -> impl Iterator<Item = View> + '_ {
    let readable =
        catalog.views.iter().filter(|view| !view.query.is_empty() && is_alone(catalog, &view.name));
    readable.map(|view| {
        let columns =
            catalog.columns.iter().filter(|row| row.table == view.name).map(|row| row.name.as_str());
        View::new(RelationName::qualified(&catalog.database, &view.name), &view.query, columns)
    })
}
