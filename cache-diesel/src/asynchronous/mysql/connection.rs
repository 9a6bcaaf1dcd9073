//! diesel-async's own traits.

use std::sync::atomic::Ordering;

use diesel::associations::Identifiable;
use diesel::connection::{CacheSize, Instrumentation};
use diesel::dsl::{Find, Update};
use diesel::mysql::Mysql;
use diesel::query_builder::{AsQuery, IntoUpdateTarget, QueryFragment, QueryId, UpdateStatement};
use diesel::query_dsl::methods::FindDsl;
use diesel::{AsChangeset, ConnectionResult, QueryResult, Table};
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, AsyncMysqlConnection, RunQueryDsl,
    SimpleAsyncConnection, TransactionManager, UpdateAndFetchResults,
};
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream, StreamExt};

use super::run::{Answer, Row, Transaction, Wanted, Way};
use super::statement::Statement;
use crate::asynchronous::{AsyncCachedConnection, never_attached};
use crate::error::refused;

type Conn = AsyncCachedConnection<AsyncMysqlConnection>;

impl Conn {
    async fn statement(&mut self, statement: QueryResult<Statement>, wanted: Wanted) -> QueryResult<Answer> {
        let statement = statement?;
        let attached = self.link.as_ref().ok_or_else(|| refused(never_attached()))?;
        let way = Way { lent: &self.inner, turns: &self.turns, attached };
        let (result, transaction) = way.run(statement, wanted).await;
        if transaction == Transaction::MustRollBack {
            self.must_roll_back.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl SimpleAsyncConnection for Conn {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.statement(Ok(Statement::of_text(query)), Wanted::Nothing).await.map(drop)
    }
}

/// A result is read to its end before its first row is handed out.
impl AsyncConnectionCore for Conn {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Self::Stream<'conn, 'query>>>;
    type Stream<'conn, 'query> = BoxStream<'static, QueryResult<Row>>;
    type Row<'conn, 'query> = Row;
    type Backend = Mysql;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Mysql> + QueryId + 'query,
    {
        let statement = Statement::of(&source.as_query());
        async move {
            let rows = match self.statement(statement, Wanted::Rows).await? {
                Answer::Rows(rows) => rows,
                Answer::Nothing | Answer::Count(_) => Vec::new(),
            };
            Ok(stream::iter(rows.into_iter().map(Ok)).boxed())
        }
        .boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Mysql> + QueryId + 'query,
    {
        let statement = Statement::of(&source);
        async move {
            Ok(match self.statement(statement, Wanted::Count).await? {
                Answer::Count(count) => count,
                Answer::Nothing | Answer::Rows(_) => 0,
            })
        }
        .boxed()
    }
}

impl AsyncConnection for Conn {
    type TransactionManager = AnsiTransactionManager;

    /// The connection refuses statements until it is [attached](AsyncCachedConnection::attach).
    async fn establish(database_url: &str) -> ConnectionResult<Self> {
        Ok(Self::detached(AsyncMysqlConnection::establish(database_url).await?))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        if std::mem::take(self.must_roll_back.get_mut()) {
            AnsiTransactionManager::transaction_manager_status_mut(self)
                .set_requires_rollback_maybe_up_to_top_level(true);
        }
        &mut self.transactions
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut self.instrumentation
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation.set(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.resize(size);
    }
}

/// `save_changes`. To forward it would run the statements on the connection inside.
impl<'b, Changes, Output, Tab, V> UpdateAndFetchResults<Changes, Output> for Conn
where
    Output: Send + 'static,
    Changes: Copy + AsChangeset<Target = Tab> + Send + Identifiable<Table = Tab>,
    Tab: Table + FindDsl<Changes::Id> + 'b,
    Find<Tab, Changes::Id>: IntoUpdateTarget<Table = Tab, WhereClause = V>,
    UpdateStatement<Tab, V, Changes::Changeset>: AsQuery,
    Update<Changes, Changes>: ExecuteDsl<Self>,
    V: Send + 'b,
    Changes::Changeset: Send + 'b,
    Changes::Id: 'b,
    Tab::FromClause: Send,
    Find<Changes::Table, Changes::Id>: LoadQuery<'b, Self, Output> + Send,
{
    fn update_and_fetch<'conn, 'changes>(
        &'conn mut self,
        changeset: Changes,
    ) -> BoxFuture<'changes, QueryResult<Output>>
    where
        Changes: 'changes,
        Changes::Changeset: 'changes,
        'conn: 'changes,
        Self: 'changes,
    {
        async move {
            diesel::update(changeset).set(changeset).execute(self).await?;
            Changes::table().find(changeset.id()).get_result(self).await
        }
        .boxed()
    }
}
