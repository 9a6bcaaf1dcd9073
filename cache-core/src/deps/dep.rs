//! Dependencies as a user names them.

use std::fmt;

use crate::value::Value;

/// What a result depends on, or what a hand-made invalidation touches.
///
/// ```
/// use cache_core::Dep;
///
/// assert_eq!(Dep::row("article", [7]).to_string(), "row article(7)");
/// assert_eq!(Dep::row_by("seat", [("row", 3), ("place", 9)]).to_string(), "row seat(row = 3, place = 9)");
/// assert_eq!(Dep::scope("article", [("category", "rust")]).to_string(), "scope article(category = 'rust')");
/// assert_eq!(Dep::table("article").to_string(), "table article");
/// assert_eq!(Dep::tag("front-page").to_string(), "tag front-page");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dep(pub(crate) DepKind);

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum DepKind {
    Row { table: String, key: Key },
    Scope { table: String, values: Vec<(String, Value)> },
    Table { table: String },
    Tag { tag: String },
}

/// The values of a primary key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    InOrder(Vec<Value>),
    ByColumn(Vec<(String, Value)>),
}

impl Dep {
    /// One row by its primary key, in the order in which the database declares it.
    #[must_use]
    pub fn row<V: Into<Value>>(table: impl Into<String>, key: impl IntoIterator<Item = V>) -> Self {
        let key = Key::InOrder(key.into_iter().map(Into::into).collect());
        Self(DepKind::Row { table: table.into(), key })
    }

    /// One row by the columns of its primary key, in any order.
    #[must_use]
    pub fn row_by<C: Into<String>, V: Into<Value>>(
        table: impl Into<String>,
        key: impl IntoIterator<Item = (C, V)>,
    ) -> Self {
        Self(DepKind::Row { table: table.into(), key: Key::ByColumn(by_column(key)) })
    }

    /// The rows of one declared scope that have these values.
    #[must_use]
    pub fn scope<C: Into<String>, V: Into<Value>>(
        table: impl Into<String>,
        values: impl IntoIterator<Item = (C, V)>,
    ) -> Self {
        Self(DepKind::Scope { table: table.into(), values: by_column(values) })
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

fn by_column<C: Into<String>, V: Into<Value>>(
    values: impl IntoIterator<Item = (C, V)>,
) -> Vec<(String, Value)> {
    values.into_iter().map(|(column, value)| (column.into(), value.into())).collect()
}

impl fmt::Display for Dep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            DepKind::Row { table, key: Key::InOrder(key) } => {
                write!(f, "row {table}({})", list(key.iter().map(Value::to_string)))
            }
            DepKind::Row { table, key: Key::ByColumn(key) } => write!(f, "row {table}({})", equalities(key)),
            DepKind::Scope { table, values } => write!(f, "scope {table}({})", equalities(values)),
            DepKind::Table { table } => write!(f, "table {table}"),
            DepKind::Tag { tag } => write!(f, "tag {tag}"),
        }
    }
}

fn equalities(values: &[(String, Value)]) -> String {
    list(values.iter().map(|(column, value)| format!("{column} = {value}")))
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
