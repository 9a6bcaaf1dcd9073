//! Touches and watches as a person reads them.

use std::fmt::Write as _;

use super::catalog::Catalog;
use super::model::{Exactness, Image, Presence, Touch, Touched, Watch};
use crate::schema::{Columns, Table, TableId};
use crate::value::Value;

impl Catalog {
    /// A touch in words.
    #[must_use]
    pub fn describe_touch(&self, touch: &Touch) -> String {
        match touch {
            Touch::Everything => "everything".to_owned(),
            Touch::Table(table) => format!("the whole table {}", self.table(*table).name()),
            Touch::Rows { table: id, rows, old, new, columns } => {
                let table = self.table(*id);
                let mut words = match rows {
                    Touched::Row(key) => format!("row {}({})", table.name(), list(key)),
                    Touched::Births => format!("new rows of {}", table.name()),
                    Touched::Unknown => format!("unknown rows of {}", table.name()),
                };
                match (old, new) {
                    (None, Some(new)) => _ = write!(words, " born{}", self.with(*id, new)),
                    (Some(old), None) => _ = write!(words, " gone{}", self.with(*id, old)),
                    (Some(old), Some(new)) if old == new => _ = write!(words, "{}", self.with(*id, old)),
                    (Some(old), Some(new)) => {
                        _ = write!(words, " from{} to{}", self.with(*id, old), self.with(*id, new));
                    }
                    (None, None) => {}
                }
                if let Columns::Some(_) = columns {
                    _ = write!(words, ", columns {}", column_list(table, columns));
                }
                words
            }
        }
    }

    /// A watch in words.
    #[must_use]
    pub fn describe_watch(&self, watch: &Watch) -> String {
        let table = self.table(watch.table());
        match watch {
            Watch::Births { .. } => format!("births in {}", table.name()),
            Watch::Row { key, columns, presence, .. } => {
                let absent = if *presence == Presence::Unseen { " (not seen)" } else { "" };
                format!(
                    "row {}({}){absent}, columns {}",
                    table.name(),
                    list(key),
                    column_list(table, columns)
                )
            }
            Watch::Scope { pattern: None, columns, .. } => {
                format!("every row of {}, columns {}", table.name(), column_list(table, columns))
            }
            Watch::Scope { pattern: Some(pattern), columns, exactness, .. } => {
                let narrowing = self.narrowing(watch.table());
                let places = narrowing.scopes()[pattern.scope].places();
                let parts: Vec<String> = places
                    .iter()
                    .zip(&pattern.values)
                    .map(|(place, value)| {
                        format!("{} = {value}", table.column(narrowing.columns()[*place]).name())
                    })
                    .collect();
                let exact = if *exactness == Exactness::Exact { ", exactly" } else { "" };
                let columns = column_list(table, columns);
                format!("rows of {} with {}{exact}, columns {columns}", table.name(), parts.join(" and "))
            }
        }
    }

    fn with(&self, table: TableId, image: &Image) -> String {
        let columns = self.narrowing(table).columns();
        let known: Vec<String> = columns
            .iter()
            .zip(&image.0)
            .filter_map(|(column, value)| {
                Some(format!("{} = {}", self.table(table).column(*column).name(), value.as_ref()?))
            })
            .collect();
        if known.is_empty() {
            " with unknown values".to_owned()
        } else {
            format!(" with {}", known.join(", "))
        }
    }
}

fn list(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn column_list(table: &Table, columns: &Columns) -> String {
    match columns {
        Columns::All => "all".to_owned(),
        Columns::Some(set) if set.is_empty() => "none".to_owned(),
        Columns::Some(set) => {
            let names: Vec<&str> = set.iter().map(|column| table.column(column).name()).collect();
            names.join(", ")
        }
    }
}
