//! Cached SeaORM queries that invalidate themselves.
