//! Dependencies that a user names, as watches and touches.

use super::catalog::Catalog;
use super::dep::{Dep, DepKind};
use super::model::{Exactness, Image, Pattern, Presence, Touch, Touched, Watch};
use super::narrowing::canonical;
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
                let narrowing = self.narrowing(table.id());
                Watch::Row {
                    table: table.id(),
                    key: self.key_of(table, key)?,
                    image: Image::unknown(narrowing),
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
        let touch = match &dep.0 {
            DepKind::Row { table, key } => {
                let table = self.named_table(table)?;
                let image = Some(Image::unknown(self.narrowing(table.id())));
                let rows = Touched::Row(self.key_of(table, key)?);
                Touch::Rows { table: table.id(), rows, old: image.clone(), new: image, columns: Columns::All }
            }
            DepKind::Scope { table, values } => {
                let table = self.named_table(table)?;
                let narrowing = self.narrowing(table.id());
                let pattern = self.pattern_of(table, values)?;
                let mut image = Image::unknown(narrowing);
                for (place, value) in narrowing.scopes()[pattern.scope].places().iter().zip(pattern.values) {
                    image.0[*place] = Some(value);
                }
                let (old, new) = (Some(image.clone()), Some(image));
                Touch::Rows { table: table.id(), rows: Touched::Unknown, old, new, columns: Columns::All }
            }
            DepKind::Table { table } => Touch::Table(self.named_table(table)?.id()),
            DepKind::Tag { .. } => return Err(unknown("a tag is no dependency on a database".to_owned())),
        };
        let mut touches = vec![touch];
        self.close(&mut touches);
        Ok(touches)
    }

    fn named_table(&self, name: &str) -> Result<&Table> {
        self.schema()
            .table_named(name)
            .ok_or_else(|| unknown(format!("no attached database has a table `{name}`")))
    }

    fn key_of(&self, table: &Table, key: &[Value]) -> Result<Vec<Value>> {
        let columns = table.primary_key();
        let known: Option<Vec<Value>> =
            columns.iter().zip(key).map(|(column, value)| canonical(table, *column, value)).collect();
        match known {
            Some(known) if columns.len() == key.len() && !columns.is_empty() => Ok(known),
            _ => {
                let names: Vec<&str> = columns.iter().map(|column| table.column(*column).name()).collect();
                let message =
                    format!("the key of table `{}` is ({}), in their types", table.name(), names.join(", "));
                Err(unknown(message))
            }
        }
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

fn unknown(message: String) -> Error {
    Error::new(ErrorKind::UnknownDependency, message)
}
