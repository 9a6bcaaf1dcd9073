//! Cached SeaORM queries that invalidate themselves.

mod scope_column;

pub use scope_column::ScopeColumn;
