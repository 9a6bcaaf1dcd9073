//! Macros of the query cache.
