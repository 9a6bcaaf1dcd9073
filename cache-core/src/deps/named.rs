//! Dependencies that a user names, as watches and touches.

use super::catalog::Catalog;
use super::dep::{Dep, DepKind, Key};
use super::model::{Exactness, Image, Pattern, Presence, Touch, Touched, Watch};
use super::narrowing::canonical;
use super::touches::any_write;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{ColumnId, Columns, Table};
use crate::value::Value;

impl Catalog {
    /// What a value put by hand with this dependency watches.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownDependency`] if the schema has no such table, key, column or scope.
    pub fn watch_of(&self, dep: &Dep) -> Result<Watch> {
        Ok(match &dep.0 {
            DepKind::Row { table, key } => {
                let table = self.named_table(table)?;
                let key = key_of(table, key)?;
                Watch::Row {
                    table: table.id(),
                    image: self.image_of_key(table, &key),
                    key,
                    columns: Columns::All,
                    presence: Presence::Unseen,
                    scope: None,
                }
            }
            DepKind::Scope { table, values } => {
                let table = self.named_table(table)?;
                Watch::Scope {
                    table: table.id(),
                    pattern: Some(self.pattern_of(table, values)?),
                    columns: Columns::All,
                    exactness: Exactness::Inexact,
                }
            }
            DepKind::Table { table } => Watch::Scope {
                table: self.named_table(table)?.id(),
                pattern: None,
                columns: Columns::All,
                exactness: Exactness::Inexact,
            },
            DepKind::Tag { .. } => return Err(unknown("a tag is no dependency on a database".to_owned())),
        })
    }

    /// What invalidating this dependency by hand touches, foreign-key actions and triggers included.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownDependency`] if the schema has no such table, key, column or scope.
    pub fn touches_of(&self, dep: &Dep) -> Result<Vec<Touch>> {
        let mut touches = match &dep.0 {
            DepKind::Row { table, key } => {
                let table = self.named_table(table)?;
                let key = key_of(table, key)?;
                let image = self.image_of_key(table, &key);
                any_write(table, &Touched::Row(key), &image)
            }
            DepKind::Scope { table, values } => {
                let table = self.named_table(table)?;
                let narrowing = self.narrowing(table.id());
                let pattern = self.pattern_of(table, values)?;
                let mut image = Image::unknown(narrowing);
                for (place, value) in narrowing.scopes()[pattern.scope].places().iter().zip(pattern.values) {
                    image.0[*place] = Some(value);
                }
                any_write(table, &Touched::Unknown, &image)
            }
            DepKind::Table { table } => vec![Touch::Table(self.named_table(table)?.id())],
            DepKind::Tag { .. } => return Err(unknown("a tag is no dependency on a database".to_owned())),
        };
        self.close(&mut touches);
        Ok(touches)
    }

    fn named_table(&self, name: &str) -> Result<&Table> {
        self.schema()
            .table_named(name)
            .ok_or_else(|| unknown(format!("no attached database has a table `{name}`")))
    }

    /// What its key alone says of a row.
    fn image_of_key(&self, table: &Table, key: &[Value]) -> Image {
        let narrowing = self.narrowing(table.id());
        let mut image = Image::unknown(narrowing);
        for (place, value) in narrowing.key().into_iter().flatten().zip(key) {
            image.0[*place] = Some(value.clone());
        }
        image
    }

    fn pattern_of(&self, table: &Table, named: &[(String, Value)]) -> Result<Pattern> {
        let narrowing = self.narrowing(table.id());
        let values: Option<Vec<(ColumnId, Value)>> = named
            .iter()
            .map(|(name, value)| {
                let column = table.column_named(name)?;
                Some((column, canonical(table, column, value)?))
            })
            .collect();
        let pattern = values.and_then(|values| {
            narrowing.scopes().iter().enumerate().find_map(|(scope, definition)| {
                let value = |place: &usize| {
                    let column = narrowing.columns()[*place];
                    values.iter().find(|(named, _)| *named == column).map(|(_, value)| value.clone())
                };
                let values: Vec<Value> = definition.places().iter().map(value).collect::<Option<_>>()?;
                (values.len() == named.len()).then_some(Pattern { scope, values })
            })
        });
        pattern.ok_or_else(|| {
            let name = |place: &usize| table.column(narrowing.columns()[*place]).name();
            let scopes: Vec<String> = narrowing
                .scopes()
                .iter()
                .map(|scope| format!("({})", scope.places().iter().map(name).collect::<Vec<_>>().join(", ")))
                .collect();
            unknown(format!(
                "table `{}` has no scope of exactly these columns in their types; its scopes are: {}",
                table.name(),
                if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") }
            ))
        })
    }
}

/// The key's values in the order and the form of its columns.
fn key_of(table: &Table, key: &Key) -> Result<Vec<Value>> {
    let columns = table.primary_key();
    let given = match key {
        Key::InOrder(values) => values.len(),
        Key::ByColumn(values) => values.len(),
    };
    let value = |(place, column): (usize, &ColumnId)| {
        let value = match key {
            Key::InOrder(values) => values.get(place)?,
            Key::ByColumn(values) => {
                let (_, value) = values.iter().find(|(name, _)| table.column_named(name) == Some(*column))?;
                value
            }
        };
        canonical(table, *column, value)
    };
    let known: Option<Vec<Value>> = columns.iter().enumerate().map(value).collect();
    match known {
        Some(known) if columns.len() == given && !columns.is_empty() => Ok(known),
        _ => {
            let names: Vec<&str> = columns.iter().map(|column| table.column(*column).name()).collect();
            Err(unknown(format!(
                "the key of table `{}` is ({}), in their types",
                table.name(),
                names.join(", ")
            )))
        }
    }
}

fn unknown(message: String) -> Error {
    Error::new(ErrorKind::UnknownDependency, message)
}

#[cfg(test)]
mod tests {
    use super::super::DatabaseId;
    use super::*;
    use crate::schema::{Column, Dialect, ReferentialAction, Schema, TableDefinition};

    /// Theatres, and their seats, which go with them.
    fn catalog() -> Catalog {
        let theatre = TableDefinition::new("theatre")
            .column(Column::int("id").not_null())
            .primary_key(["id"])
            .column(Column::text("town"));
        let seat = TableDefinition::new("seat")
            .column(Column::int("place").not_null())
            .column(Column::int("line").not_null())
            .column(Column::int("theatre_id"))
            .primary_key(["place", "line"])
            .foreign_key(
                ["theatre_id"],
                "theatre",
                ["id"],
                ReferentialAction::Cascade,
                ReferentialAction::Restrict,
            );
        let schema = Schema::new(Dialect::Sqlite, [theatre, seat], []).unwrap();
        Catalog::new(&DatabaseId::new("named"), schema, &[])
    }

    fn ends(catalog: &Catalog, dep: &Dep, watch: Watch) -> bool {
        catalog.touch_marks(&catalog.touches_of(dep).unwrap()).meets(&catalog.watch_marks(&[watch]))
    }

    #[test]
    fn the_columns_of_a_key_have_no_order() {
        let catalog = catalog();
        let row = catalog.watch_of(&Dep::row("seat", [9, 3])).unwrap();
        assert_eq!(catalog.watch_of(&Dep::row_by("seat", [("line", 3), ("PLACE", 9)])).unwrap(), row);
        assert_ne!(catalog.watch_of(&Dep::row_by("seat", [("line", 9), ("place", 3)])).unwrap(), row);
    }

    #[test]
    fn a_key_has_a_value_for_each_of_its_columns_and_no_other() {
        let catalog = catalog();
        for dep in [
            Dep::row("seat", [9]),
            Dep::row("seat", ["9", "3"]),
            Dep::row_by("seat", [("line", 3)]),
            Dep::row_by("seat", [("line", 3), ("line", 9)]),
            Dep::row_by("seat", [("line", 3), ("place", 9), ("theatre_id", 1)]),
            Dep::row_by("seat", [("line", 3), ("seat", 9)]),
        ] {
            let error = catalog.watch_of(&dep).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the key of table `seat` is (place, line), in their types",
                "{dep}"
            );
        }
    }

    #[test]
    fn an_invalidated_row_may_have_been_born_or_have_died() {
        let catalog = catalog();
        let theatre = catalog.schema().table_named("theatre").unwrap().id();
        let seats_of = |id| catalog.watch_of(&Dep::scope("seat", [("theatre_id", id)])).unwrap();
        let dep = Dep::row("theatre", [2]);
        assert!(ends(&catalog, &dep, Watch::Births { table: theatre }));
        assert!(ends(&catalog, &dep, seats_of(2)));
        assert!(!ends(&catalog, &dep, seats_of(1)));
    }
}
