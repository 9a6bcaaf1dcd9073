//! Dependencies as a user names them.

use std::fmt;

use crate::value::Value;

/// What a result depends on, or what a hand-made invalidation touches.
///
/// ```
/// use cache_core::Dep;
///
/// assert_eq!(Dep::row("article", [7]).to_string(), "row article(7)");
/// assert_eq!(Dep::scope("article", [("category", "rust")]).to_string(), "scope article(category = 'rust')");
/// assert_eq!(Dep::table("article").to_string(), "table article");
/// assert_eq!(Dep::tag("front-page").to_string(), "tag front-page");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dep(pub(crate) DepKind);

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum DepKind {
    Row { table: String, key: Vec<Value> },
    Scope { table: String, values: Vec<(String, Value)> },
    Table { table: String },
    Tag { tag: String },
}

impl Dep {
    /// One row by its primary key, in key order.
    #[must_use]
    pub fn row<V: Into<Value>>(table: impl Into<String>, key: impl IntoIterator<Item = V>) -> Self {
        Self(DepKind::Row { table: table.into(), key: key.into_iter().map(Into::into).collect() })
    }

    /// The rows of one declared scope that have these values.
    #[must_use]
    pub fn scope<C: Into<String>, V: Into<Value>>(
        table: impl Into<String>,
        values: impl IntoIterator<Item = (C, V)>,
    ) -> Self {
        let values = values.into_iter().map(|(column, value)| (column.into(), value.into())).collect();
        Self(DepKind::Scope { table: table.into(), values })
    }

    /// A whole table.
    #[must_use]
    pub fn table(table: impl Into<String>) -> Self {
        Self(DepKind::Table { table: table.into() })
    }

    /// A tag of the user's own.
    #[must_use]
    pub fn tag(tag: impl Into<String>) -> Self {
        Self(DepKind::Tag { tag: tag.into() })
    }
}

impl fmt::Display for Dep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            DepKind::Row { table, key } => {
                write!(f, "row {table}(")?;
                for (index, value) in key.iter().enumerate() {
                    write!(f, "{}{value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            DepKind::Scope { table, values } => {
                write!(f, "scope {table}(")?;
                for (index, (column, value)) in values.iter().enumerate() {
                    write!(f, "{}{column} = {value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            DepKind::Table { table } => write!(f, "table {table}"),
            DepKind::Tag { tag } => write!(f, "tag {tag}"),
        }
    }
}
