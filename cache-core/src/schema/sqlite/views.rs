//! Views, and the objects that a name of the main database reaches.

use super::catalog::{Catalog, Kind, Object, Place};
use super::ddl::{trigger_event, view_query};
use crate::schema::{Trigger, View};

impl Catalog {
    /// The tables or views of the main database whose unqualified name reaches them and that users may write.
    pub(super) fn reachable(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| {
            object.place == Place::Main
                && object.kind == kind
                && !is_internal(&object.name)
                && !self.is_hidden(&object.name)
        })
    }

    /// Whether a temporary table or view takes the name.
    pub(super) fn is_hidden(&self, name: &str) -> bool {
        self.objects.iter().any(|object| {
            object.place == Place::Temp
                && matches!(object.kind, Kind::Table | Kind::View)
                && object.name.eq_ignore_ascii_case(name)
        })
    }

    /// The triggers on the table or view, those that only this connection has included.
    pub(super) fn triggers(&self, name: &str) -> impl Iterator<Item = Trigger> {
        self.objects
            .iter()
            .filter(move |object| object.kind == Kind::Trigger && object.table.eq_ignore_ascii_case(name))
            .map(|object| Trigger { event: trigger_event(&object.sql), text: object.sql.clone() })
    }
}

/// Names that start with `sqlite_` are SQLite's own.
fn is_internal(name: &str) -> bool {
    name.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("sqlite_"))
}

/// All views that can be read.
pub(super) fn views(catalog: &Catalog) -> Vec<View> {
    catalog.reachable(Kind::View).filter_map(|object| view(catalog, object)).collect()
}

fn view(catalog: &Catalog, object: &Object) -> Option<View> {
    let columns: Vec<&str> = catalog
        .columns
        .iter()
        .filter(|column| column.table.eq_ignore_ascii_case(&object.name))
        .map(|column| column.name.as_str())
        .collect();
    if columns.is_empty() {
        return None;
    }
    let view = View::new(&object.name, view_query(&object.sql)?, columns);
    Some(catalog.triggers(&object.name).fold(view, View::trigger))
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;
    use crate::schema::TriggerEvent;
    use crate::schema::sqlite::ColumnRow;

    fn object(place: Place, kind: Kind, name: &str, table: &str, sql: &str) -> Object {
        Object { place, kind, name: name.into(), table: table.into(), sql: sql.into() }
    }

    fn column(table: &str, name: &str) -> ColumnRow {
        ColumnRow { table: table.into(), name: name.into(), ..ColumnRow::default() }
    }

    #[test]
    fn a_view_has_its_query_its_columns_and_its_triggers() {
        let catalog = Catalog {
            objects: vec![
                object(Place::Main, Kind::View, "v", "v", "CREATE VIEW v(x) AS SELECT a FROM t"),
                object(
                    Place::Main,
                    Kind::Trigger,
                    "w",
                    "V",
                    "CREATE TRIGGER w INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
                ),
                object(
                    Place::Main,
                    Kind::View,
                    "broken",
                    "broken",
                    "CREATE VIEW broken AS SELECT * FROM gone",
                ),
            ],
            columns: vec![column("v", "x")],
            ..Catalog::default()
        };
        let views = views(&catalog);
        assert_eq!(views.len(), 1);
        assert_eq!(views[0].query(), "SELECT a FROM t");
        assert_eq!(views[0].columns(), ["x"]);
        assert_eq!(views[0].triggers()[0].event, TriggerEvent::Insert);
    }

    #[test]
    fn what_a_temporary_table_hides_is_unknown() {
        let catalog = Catalog {
            objects: vec![
                object(Place::Main, Kind::Table, "t", "t", "CREATE TABLE t (a)"),
                object(Place::Temp, Kind::Table, "T", "T", "CREATE TABLE T (a)"),
                object(
                    Place::Main,
                    Kind::Table,
                    "sqlite_sequence",
                    "sqlite_sequence",
                    "CREATE TABLE sqlite_sequence(name,seq)",
                ),
            ],
            columns: vec![column("t", "a"), column("sqlite_sequence", "name")],
            ..Catalog::default()
        };
        let schema = schema(&catalog).unwrap();
        assert!(schema.tables().is_empty());
    }
}
