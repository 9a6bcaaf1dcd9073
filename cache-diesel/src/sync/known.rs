//! Statements that are known by their type.
//!
//! Diesel tells which statements have one text whatever their values, and prepares those once. Their text need not be
//! written again, and one that only reads need not be planned again either: it is passed on.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use cache_core::session::Catalog;
use diesel::QueryResult;
use diesel::query_builder::{QueryFragment, QueryId};

use crate::backend::{CacheBackend, sql_of};

/// How many are kept: as many as a program has in its text, and generics do not make more for ever.
const MAX_KNOWN: usize = 4_096;

/// The statements of one connection.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<TypeId, Statement>);

#[derive(Debug)]
struct Statement {
    sql: Arc<str>,
    /// The schema under which it only reads.
    reads_under: Weak<Catalog>,
}

impl Known {
    /// The text of a statement.
    pub(super) fn text<T, DB>(&mut self, source: &T) -> QueryResult<Arc<str>>
    where
        T: QueryFragment<DB> + QueryId,
        DB: CacheBackend,
    {
        let Some(id) = T::query_id() else { return sql_of(source).map(Arc::from) };
        if let Some(statement) = self.0.get(&id) {
            return Ok(Arc::clone(&statement.sql));
        }
        let sql: Arc<str> = Arc::from(sql_of(source)?);
        if self.0.len() < MAX_KNOWN {
            self.0.insert(id, Statement { sql: Arc::clone(&sql), reads_under: Weak::new() });
        }
        Ok(sql)
    }

    /// Notes that a statement only reads, under this schema.
    pub(super) fn only_reads<T: QueryId>(&mut self, catalog: &Arc<Catalog>) {
        if let Some(statement) = T::query_id().and_then(|id| self.0.get_mut(&id)) {
            statement.reads_under = Arc::downgrade(catalog);
        }
    }

    /// Whether a statement is known only to read.
    pub(super) fn is_read<T: QueryId>(&self, catalog: &Arc<Catalog>) -> bool {
        let statement = T::query_id().and_then(|id| self.0.get(&id));
        statement.is_some_and(|statement| statement.reads_under.as_ptr() == Arc::as_ptr(catalog))
    }
}
