//! What the user declared: the scopes of tables, and the registry that `#[derive(CacheDeps)]` fills.
//!
//! A **scope** is a list of columns whose values select the rows of a list (`published, category`).
//! Declarations come from derives (collected by `inventory`) or by hand; both end as [`Declaration`]s.

use crate::schema::Dialect;

/// The scopes of one table.
///
/// ```
/// use cache_core::Declaration;
///
/// let article = Declaration::new("article").scope(["published", "category"]).scope(["author_id"]);
/// assert_eq!(article.table(), "article");
/// assert_eq!(article.scopes().len(), 2);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    table: String,
    scopes: Vec<Vec<String>>,
}

impl Declaration {
    /// A table without scopes; its rows are tracked all the same.
    #[must_use]
    pub fn new(table: impl Into<String>) -> Self {
        Self { table: table.into(), scopes: Vec::new() }
    }

    /// Adds a scope: columns whose values together select the rows of a list.
    #[must_use]
    pub fn scope(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes.push(columns.into_iter().map(Into::into).collect());
        self
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The scopes, each a list of column names.
    #[must_use]
    pub fn scopes(&self) -> &[Vec<String>] {
        &self.scopes
    }
}

/// A declaration that a derive registered; not for use by hand (`Cache::builder().declare(..)` is).
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    declare: fn(Dialect) -> Declaration,
}

impl Registered {
    /// Registers what `declare` returns; it is called once for each schema that is read.
    #[must_use]
    pub const fn new(declare: fn(Dialect) -> Declaration) -> Self {
        Self { declare }
    }
}

inventory::collect!(Registered);

/// All declarations that derives in this program registered.
pub(crate) fn registered(dialect: Dialect) -> Vec<Declaration> {
    inventory::iter::<Registered>.into_iter().map(|entity| (entity.declare)(dialect)).collect()
}
