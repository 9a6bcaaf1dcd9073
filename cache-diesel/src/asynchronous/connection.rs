//! diesel-async's own traits.

use diesel::associations::Identifiable;
use diesel::connection::{CacheSize, Instrumentation};
use diesel::dsl::{Find, Update};
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, IntoUpdateTarget, QueryFragment, QueryId, UpdateStatement};
use diesel::query_dsl::methods::FindDsl;
use diesel::{AsChangeset, ConnectionResult, QueryResult, Table};
use diesel_async::methods::LoadQuery;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, AsyncPgConnection, RunQueryDsl,
    SimpleAsyncConnection, TransactionManager, UpdateAndFetchResults,
};
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};

use cache_core::session::Outcome;
use cache_core::{Cache, Result};
use std::sync::Arc;

use super::attached::Attached;
use super::run::{Look, Noted, Statement, Way};
use super::turns::Turns;
use super::{AsyncCacheable, AsyncCachedConnection, introspect, never_attached};
use crate::error::{failure, refused};
use crate::rows::Seen;

type Conn = AsyncCachedConnection<AsyncPgConnection>;
pub(super) type Row = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;
pub(super) type Rows = BoxStream<'static, QueryResult<Row>>;

impl AsyncCacheable for AsyncPgConnection {
    type Held = Self;

    fn hold(self) -> Self {
        self
    }

    async fn attach(held: &Arc<Self>, turns: &Turns, cache: &Cache) -> Result<Attached> {
        introspect::attach(held, turns, cache).await
    }

    async fn keep_up(held: &Arc<Self>, turns: &Turns, attached: &Arc<Attached>) {
        attached.keep_up(held, turns).await;
    }

    async fn refresh(held: &Arc<Self>, turns: &Turns, attached: &Arc<Attached>) -> Result<()> {
        attached.refresh(held, turns).await
    }

    fn resize(held: &mut Self, size: CacheSize) {
        held.set_prepared_statement_cache_size(size);
    }

    #[cfg(any(feature = "deadpool", feature = "bb8"))]
    fn is_broken(held: &mut Self) -> bool {
        diesel_async::pooled_connection::PoolableConnection::is_broken(held)
    }
}

impl Conn {
    fn way(&self) -> QueryResult<Way<'_>> {
        match &self.link {
            Some(attached) => Ok(Way { conn: self, attached }),
            None => Err(refused(never_attached())),
        }
    }

    async fn batch(&self, query: &str) -> QueryResult<()> {
        let way = self.way()?;
        let inner = &*self.inner;
        let run = async move { (&mut &*inner).batch_execute(query).await }.boxed();
        way.execute(Statement::of_text(query), None, run, |()| None).await
    }

    pub(super) fn rows<T>(&self, source: T, noted: Noted) -> BoxFuture<'_, QueryResult<Rows>>
    where
        T: AsQuery<Query: QueryFragment<Pg> + QueryId>,
    {
        let source = source.as_query();
        match self.way().and_then(|way| Ok((way, Statement::of(way.attached, &source, noted)?))) {
            Ok((way, statement)) => {
                let look = way.look(&statement, &source);
                let run = AsyncConnectionCore::load(&mut &*self.inner, statement.prepared(source));
                load(way, statement, look, run).boxed()
            }
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn count<T>(&self, source: T) -> BoxFuture<'_, QueryResult<usize>>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        match self.way().and_then(|way| Ok((way, Statement::of(way.attached, &source, Noted::Already)?))) {
            Ok((way, statement)) => {
                let look = way.look(&statement, &source);
                let source = statement.prepared(source);
                let run = AsyncConnectionCore::execute_returning_count(&mut &*self.inner, source);
                way.execute(statement, look, run, |count| u64::try_from(*count).ok()).boxed()
            }
            Err(error) => ready(Err(error)).boxed(),
        }
    }
}

impl SimpleAsyncConnection for Conn {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.batch(query).await
    }
}

impl SimpleAsyncConnection for &Conn {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.batch(query).await
    }
}

impl AsyncConnectionCore for Conn {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Rows>>;
    type Stream<'conn, 'query> = Rows;
    type Row<'conn, 'query> = Row;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        self.rows(source, Noted::Already)
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        self.count(source)
    }
}

/// Pipelining: statements that are awaited at once are sent at once. One that controls transactions, or changes the schema
/// or the session, waits for those before it, and those after it wait for it.
impl<'c> AsyncConnectionCore for &'c Conn {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'c, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'c, QueryResult<Rows>>;
    type Stream<'conn, 'query> = Rows;
    type Row<'conn, 'query> = Row;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        let conn: &'c Conn = self;
        conn.rows(source, Noted::Already)
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let conn: &'c Conn = self;
        conn.count(source)
    }
}

/// The rows of a read that nobody looks at come as they come. All others are awaited here: what a write has done is
/// known only when the last one is there.
async fn load<'c>(
    way: Way<'c>,
    statement: Statement,
    look: Option<Look<'c>>,
    run: BoxFuture<'c, QueryResult<Rows>>,
) -> QueryResult<Rows> {
    if let Some(_turn) = way.pass(&statement).await {
        let rows = run.await;
        way.note_failure(rows.as_ref().err());
        return rows;
    }
    let mut under_way = way.begin(statement, look.is_some()).await?;
    if !under_way.is_watched() {
        let result = run.await;
        under_way.end(Outcome::Done { rows_affected: None }, result.as_ref().err()).await;
        return result;
    }
    let rows = under_way.through(look, all(run)).await;
    let mut seen = Seen::new(under_way.places());
    rows.iter().flatten().for_each(|row| seen.see::<Pg, _>(row));
    let outcome = match &rows {
        Ok(_) => Outcome::Rows(&seen),
        Err(error) => failure::<Pg>(error),
    };
    under_way.end(outcome, rows.as_ref().err()).await;
    rows.map(|rows| stream::iter(rows.into_iter().map(Ok)).boxed())
}

async fn all(run: BoxFuture<'_, QueryResult<Rows>>) -> QueryResult<Vec<Row>> {
    run.await?.try_collect().await
}

impl AsyncConnection for Conn {
    type TransactionManager = AnsiTransactionManager;

    /// The connection refuses statements until it is [attached](AsyncCachedConnection::attach).
    async fn establish(database_url: &str) -> ConnectionResult<Self> {
        Ok(Self::detached(AsyncPgConnection::establish(database_url).await?))
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

/// `save_changes`. To forward it would run the statement on the connection inside.
impl<'b, Changes, Output, Tab, V> UpdateAndFetchResults<Changes, Output> for Conn
where
    Output: Send + 'static,
    Changes: Copy + AsChangeset<Target = Tab> + Send + Identifiable<Table = Tab>,
    Tab: Table + FindDsl<Changes::Id> + 'b,
    Find<Tab, Changes::Id>: IntoUpdateTarget<Table = Tab, WhereClause = V>,
    UpdateStatement<Tab, V, Changes::Changeset>: AsQuery,
    Update<Changes, Changes>: LoadQuery<'b, Self, Output>,
    V: Send + 'b,
    Changes::Changeset: Send + 'b,
    Tab::FromClause: Send,
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
        async move { diesel::update(changeset).set(changeset).get_result(self).await }.boxed()
    }
}
