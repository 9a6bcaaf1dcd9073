//! Statements as the connection runs them, seen on their way.

use std::sync::{Arc, Mutex, PoisonError};

use cache_core::Value;
use cache_core::session::BeforeQuery;
use diesel::QueryResult;
use diesel::internal::derives::multiconnection::AstPassHelper;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

use crate::backend::CacheBackend;

/// Where bound values are left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<Value>>>);

impl Sink {
    pub(crate) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, values: Vec<Value>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = values;
    }
}

/// A statement on its way to the connection that runs it, whose bound values are read off that connection's collector.
pub(crate) struct Observed<T> {
    statement: T,
    sink: Option<Sink>,
    /// What it is known by, if not by its type.
    text: Option<Arc<str>>,
}

impl<T> Observed<T> {
    /// The identity is that of the statement, and so it uses the same prepared one.
    pub(crate) fn new(statement: T, sink: Option<Sink>) -> Self {
        Self { statement, sink, text: None }
    }

    /// Prepared under its text, although Diesel would prepare it anew each time, if there is one.
    pub(crate) fn prepared_as(self, text: Option<Arc<str>>) -> Self
    where
        T: QueryId,
    {
        // What has a type of its own is known by that whatever this says.
        Self { text: text.filter(|_| !T::HAS_STATIC_QUERY_ID), ..self }
    }
}

impl<T: QueryFragment<DB>, DB: CacheBackend> QueryFragment<DB> for Observed<T> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match &self.text {
            Some(text) => {
                let kept = Kept::Yes;
                WithText { text, statement: &self.statement, parameters: None, kept }
                    .walk(pass.reborrow())?;
            }
            None => self.statement.walk_ast(pass.reborrow())?,
        }
        if let (Some((collector, _)), Some(sink)) = (pass.bind_collector(), &self.sink) {
            sink.put(DB::bound(collector));
        }
        Ok(())
    }
}

impl<T: QueryId> QueryId for Observed<T> {
    type QueryId = T::QueryId;

    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
    const IS_WINDOW_FUNCTION: bool = T::IS_WINDOW_FUNCTION;
}

impl<T: Query> Query for Observed<T> {
    type SqlType = T::SqlType;
}

/// Another text with the bound values of a statement, all or some of them. It never shares a prepared statement with it.
pub(crate) struct WithText<'a, T: ?Sized> {
    pub(crate) text: &'a str,
    pub(crate) statement: &'a T,
    pub(crate) parameters: Option<&'a [usize]>,
    pub(crate) kept: Kept,
}

/// Whether the prepared form of a statement is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kept {
    Yes,
    No,
}

impl<'a, T: ?Sized> WithText<'a, T> {
    /// The query to run before a write.
    pub(crate) fn before(query: &'a BeforeQuery, statement: &'a T, kept: Kept) -> Self {
        Self { text: &query.sql, statement, parameters: query.parameters.as_deref(), kept }
    }
}

impl<'b, T: ?Sized> WithText<'b, T> {
    /// It is walked as often as the connection asks for the text and for the values.
    fn walk<DB>(self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        T: QueryFragment<DB>,
        DB: CacheBackend,
    {
        pass.push_sql(self.text);
        if self.kept == Kept::No {
            pass.unsafe_to_cache_prepared();
        }
        if pass.bind_collector().is_some() || pass.debug_binds().is_some() {
            self.statement.walk_ast(pass.reborrow())?;
        }
        if let (Some((collector, _)), Some(parameters)) = (pass.bind_collector(), self.parameters) {
            DB::choose(collector, parameters);
        }
        Ok(())
    }
}

impl<T: QueryFragment<DB> + ?Sized, DB: CacheBackend> QueryFragment<DB> for WithText<'_, T> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        WithText { ..*self }.walk(pass)
    }
}

impl<T: ?Sized> QueryId for WithText<'_, T> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: ?Sized> Query for WithText<'_, T> {
    type SqlType = Untyped;
}

/// A text without bound values, whatever the backend. It stays prepared.
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl<DB: CacheBackend> QueryFragment<DB> for Text<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(self.0);
        Ok(())
    }
}

impl QueryId for Text<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Text<'_> {
    type SqlType = Untyped;
}
