//! Statements that borrow nothing of the user's.

use cache_core::Value;
use cache_core::session::BeforeQuery;
use diesel::QueryResult;
use diesel::internal::derives::multiconnection::AstPassHelper;
use diesel::mysql::Mysql;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{AstPass, MoveableBindCollector, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

use crate::backend::{CacheBackend, sql_of};
use crate::observe::Kept;

/// A text and what it binds. It is prepared under its text.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    bound: RawBytesBindCollector<Mysql>,
    kept: Kept,
}

impl Statement {
    pub(super) fn of(source: &(impl QueryFragment<Mysql> + QueryId)) -> QueryResult<Self> {
        let bound = Mysql::collect(source, MoveableBindCollector::moveable)?;
        let kept = if source.is_safe_to_cache_prepared(&Mysql)? { Kept::Yes } else { Kept::No };
        Ok(Self { sql: sql_of(source)?, values: Mysql::bound(&bound), bound, kept })
    }

    pub(super) fn of_text(sql: &str) -> Self {
        let bound = RawBytesBindCollector::new();
        Self { sql: sql.to_owned(), values: Vec::new(), bound, kept: Kept::No }
    }

    /// The query to run before it.
    pub(super) fn before(&self, query: &BeforeQuery, kept: Kept) -> Self {
        let mut bound = self.bound.moveable();
        if let Some(numbers) = &query.parameters {
            Mysql::choose(&mut bound, numbers);
        }
        Self { sql: query.sql.clone(), values: Mysql::bound(&bound), bound, kept }
    }
}

impl QueryFragment<Mysql> for Statement {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Mysql>) -> QueryResult<()> {
        pass.push_sql(&self.sql);
        if self.kept == Kept::No {
            pass.unsafe_to_cache_prepared();
        }
        if let Some((collector, _)) = pass.bind_collector() {
            collector.append_bind_data(&self.bound);
        }
        if let Some((shown, _)) = pass.debug_binds() {
            shown.extend(self.values.iter().map(|value| Box::new(value) as _));
        }
        Ok(())
    }
}

impl QueryId for Statement {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}
