//! Names of tables and views.

/// The name of a table or view, with the namespace that it is in if that is not the usual one.
///
/// ```
/// use cache_core::schema::RelationName;
///
/// assert_eq!(RelationName::from("article").namespace(), None);
/// assert_eq!(RelationName::qualified("shop", "article").namespace(), Some("shop"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RelationName {
    namespace: Option<String>,
    name: String,
}

impl RelationName {
    /// A name in this namespace (a schema of PostgreSQL, a database of MySQL).
    #[must_use]
    pub fn qualified(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), name: name.into() }
    }

    /// The namespace; `None` for the usual one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name in its namespace.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl From<String> for RelationName {
    fn from(name: String) -> Self {
        Self { namespace: None, name }
    }
}

impl From<&str> for RelationName {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

impl From<&String> for RelationName {
    fn from(name: &String) -> Self {
        name.clone().into()
    }
}
