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

/// What a statement is known by: its type, if Diesel may keep its prepared form under that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Id(Option<TypeId>);

impl Id {
    pub(super) fn of<T, DB>(source: &T) -> Self
    where
        T: QueryFragment<DB> + QueryId,
        DB: CacheBackend,
    {
        // A part of it may vary all the same, and says so.
        let varies = || !source.is_safe_to_cache_prepared(&DB::default()).unwrap_or(false);
        Self(T::query_id().filter(|_| !varies()))
    }
}

impl Known {
    /// The text of a statement.
    pub(super) fn text<DB: CacheBackend>(
        &mut self,
        id: Id,
        source: &impl QueryFragment<DB>,
    ) -> QueryResult<Arc<str>> {
        let Some(id) = id.0 else { return sql_of(source).map(Arc::from) };
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
    pub(super) fn only_reads(&mut self, id: Id, catalog: &Arc<Catalog>) {
        if let Some(statement) = id.0.and_then(|id| self.0.get_mut(&id)) {
            statement.reads_under = Arc::downgrade(catalog);
        }
    }

    /// Whether a statement is known only to read.
    pub(super) fn is_read(&self, id: Id, catalog: &Arc<Catalog>) -> bool {
        let statement = id.0.and_then(|id| self.0.get(&id));
        statement.is_some_and(|statement| statement.reads_under.as_ptr() == Arc::as_ptr(catalog))
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use diesel::query_builder::AstPass;
    use diesel::sqlite::Sqlite;

    /// A statement of one type whose text is not always the same.
    struct Varying(&'static str, bool);

    impl QueryId for Varying {
        type QueryId = Self;
    }

    impl QueryFragment<Sqlite> for Varying {
        fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
            if self.1 {
                pass.unsafe_to_cache_prepared();
            }
            pass.push_sql(self.0);
            Ok(())
        }
    }

    #[test]
    fn a_statement_that_varies_is_not_known_by_its_type() {
        let mut known = Known::default();
        let mut text = |statement: &Varying| {
            let id = Id::of::<_, Sqlite>(statement);
            known.text::<Sqlite>(id, statement).unwrap()
        };
        assert_eq!(&*text(&Varying("SELECT 1", true)), "SELECT 1");
        assert_eq!(&*text(&Varying("SELECT 2", true)), "SELECT 2");
        // As Diesel itself takes it.
        assert_eq!(&*text(&Varying("SELECT 3", false)), "SELECT 3");
        assert_eq!(&*text(&Varying("SELECT 4", false)), "SELECT 3");
    }
}
