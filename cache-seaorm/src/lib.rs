//! Cached SeaORM queries that invalidate themselves.

#[allow(dead_code)]
mod introspect;
#[allow(dead_code)]
mod rows;
mod scope_column;
#[allow(dead_code)]
mod values;

pub use scope_column::ScopeColumn;
