//! Cached SeaORM queries that invalidate themselves.

#[allow(dead_code)]
mod introspect;
#[allow(dead_code)]
mod rows;
#[allow(dead_code)]
mod values;
