//! A connection through which every read is cached, as the server sent it.

use std::sync::Arc;

use cache_core::{EntryKey, Policy};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, Query, QueryFragment, QueryId};
use diesel::result::Error as DieselError;
use diesel_async::{AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};

use super::attached::Attached;
use super::connection::Rows;
use super::read::{Entry, load};
use super::run::Noted;
use super::{AsyncCachedConnection, instrument, never_attached};
use crate::backend::postgres::wire::{Answer, AsSent, StoredRow};
use crate::backend::sql_of;
use crate::error::refused;
use crate::query::{Awaited, Cached, Options, Owned};

type Conn = AsyncCachedConnection<AsyncPgConnection>;
type Stored = BoxStream<'static, QueryResult<StoredRow>>;

/// A view of a connection of diesel-async: whatever is read through it is cached. Made by
/// [`AsyncCachedConnection::cached`].
#[derive(Debug)]
pub struct AsyncView<'c> {
    conn: &'c mut Conn,
}

impl Conn {
    /// A connection through which every read is cached: `query.load::<T>(&mut conn.cached()).await`. The rows are kept as
    /// the server sent them, so `T` needs neither `Clone` nor serde, and every method of diesel-async's that loads works;
    /// each hit reads its rows anew out of those bytes, where [`.cached()`](crate::AsyncCacheExt::cached) on the query hands
    /// out the values themselves. All results of one statement are one entry, whatever `T` is.
    ///
    /// Writes go through, and are never cached. So are reads in a transaction.
    ///
    /// ```no_run
    /// use cache_diesel::{AsyncCachedConnection, Cache};
    /// use diesel::prelude::*;
    /// use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
    ///
    /// diesel::table! { cake (id) { id -> BigInt, name -> Text, } }
    ///
    /// #[derive(Queryable)]
    /// struct Cake(i64, String);
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let bare = AsyncPgConnection::establish("postgres://localhost/shop").await?;
    /// let mut conn = AsyncCachedConnection::new(bare, Cache::from_url("memory://")?).await?;
    /// let cakes: Vec<Cake> = cake::table.load(&mut conn.cached()).await?;
    /// let again: Vec<Cake> = cake::table.load(&mut conn.cached()).await?;
    /// assert_eq!(cakes.len(), again.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn cached(&mut self) -> Cached<AsyncView<'_>, Owned, Awaited<AsyncPgConnection>> {
        Cached::new(AsyncView { conn: self })
    }
}

/// A read that can be run, and nothing of the user's.
struct Read<'c> {
    conn: &'c Conn,
    attached: &'c Arc<Attached>,
    policy: &'c Policy,
    key: EntryKey,
    /// For who asks what was read; empty if nobody needs it.
    shown: Arc<str>,
    sql: String,
    run: BoxFuture<'c, QueryResult<Rows>>,
}

impl<'c> Read<'c> {
    /// The query is taken apart here: what runs later holds nothing of it.
    fn new<T>(conn: &'c Conn, options: &'c Options, query: T) -> QueryResult<Self>
    where
        T: QueryFragment<Pg> + QueryId + Query,
    {
        let Some(attached) = &conn.link else { return Err(refused(never_attached())) };
        let sql = sql_of(&query)?;
        let (key, shown) =
            options.entry::<Pg, Answer>(&attached.session(), &query, || Ok(Arc::from(sql.as_str())))?;
        let run = instrument::quietly(|| conn.rows(query, Noted::WhenRun));
        Ok(Self { conn, attached, policy: &options.policy, key, shown, sql, run })
    }

    async fn answer(self) -> QueryResult<Stored> {
        let Self { conn, attached, policy, key, shown, sql, run } = self;
        let run = async move || {
            conn.instrumentation.tell_start(&sql);
            let mut answer = Answer::new();
            let mut rows = run.await?;
            while let Some(row) = rows.try_next().await? {
                answer.push(&row);
            }
            Ok::<_, DieselError>(answer)
        };
        let part = attached.session().part();
        attached.keep_up(&conn.inner, &conn.turns).await;
        part.hand_over();
        let session = attached.session();
        let answer = if session.is_in_transaction() {
            session.note_bypass();
            Arc::new(run().await?)
        } else {
            load(attached, Entry { key, policy, codec: &AsSent, sql: &shown }, run).await?
        };
        Ok(stream::iter(answer.into_rows().map(Ok).collect::<Vec<_>>()).boxed())
    }
}

impl SimpleAsyncConnection for Cached<AsyncView<'_>, Owned, Awaited<AsyncPgConnection>> {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.query.conn.batch_execute(query).await
    }
}

impl AsyncConnectionCore for Cached<AsyncView<'_>, Owned, Awaited<AsyncPgConnection>> {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Stored>>;
    type Stream<'conn, 'query> = Stored;
    type Row<'conn, 'query> = StoredRow;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        match Read::new(self.query.conn, &self.options, source.as_query()) {
            Ok(read) => read.answer().boxed(),
            Err(error) => ready(Err(error)).boxed(),
        }
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        self.query.conn.execute_returning_count(source)
    }
}
