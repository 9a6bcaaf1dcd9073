//! Rows one by one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use cache_core::session::Session;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, StreamTrait};

use crate::connection::CachedConnection;
use crate::statement::{self, QueryAll};
use crate::transaction::CachedTransaction;

/// The rows of one statement, as they arrive. They are never cached.
///
/// A statement that writes (`INSERT .. RETURNING`) runs as a whole when the first row is asked for: a half-read
/// stream could otherwise be committed at a moment that nobody sees.
pub struct CachedStream<'a>(Pin<Box<dyn Stream<Item = Result<QueryResult, DbErr>> + Send + 'a>>);

impl Stream for CachedStream<'_> {
    type Item = Result<QueryResult, DbErr>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl std::fmt::Debug for CachedStream<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CachedStream")
    }
}

impl StreamTrait for CachedConnection {
    type Stream<'a> = CachedStream<'a>;

    fn get_database_backend(&self) -> DbBackend {
        ConnectionTrait::get_database_backend(self)
    }

    fn stream_raw<'a>(&'a self, statement: Statement) -> Opening<'a> {
        Box::pin(async move {
            let call = QueryAll(statement);
            let step = self.step(&call).await;
            if step.is_write() {
                return Ok(at_once(self.run(call, step)));
            }
            pass_through(self.inner(), self.session(), call).await
        })
    }
}

impl StreamTrait for CachedTransaction {
    type Stream<'a> = CachedStream<'a>;

    fn get_database_backend(&self) -> DbBackend {
        ConnectionTrait::get_database_backend(self)
    }

    fn stream_raw<'a>(&'a self, statement: Statement) -> Opening<'a> {
        Box::pin(async move {
            let call = QueryAll(statement);
            let step = statement::begin(self.session(), &call);
            if step.is_write() {
                return Ok(at_once(self.run(call, step)));
            }
            pass_through(self.inner()?, self.session(), call).await
        })
    }
}

type Opening<'a> = Pin<Box<dyn Future<Output = Result<CachedStream<'a>, DbErr>> + Send + 'a>>;

/// The rows of a write, which runs when the first is asked for.
fn at_once<'a>(rows: impl Future<Output = Result<Vec<QueryResult>, DbErr>> + Send + 'a) -> CachedStream<'a> {
    let rows = stream::once(rows).map_ok(|rows| stream::iter(rows).map(Ok));
    CachedStream(Box::pin(rows.try_flatten()))
}

async fn pass_through<'a>(
    db: &'a impl StreamTrait,
    session: &Session,
    QueryAll(statement): QueryAll,
) -> Result<CachedStream<'a>, DbErr> {
    if let Some(tracker) = session.tracker() {
        tracker.refuse("it reads a stream, whose rows nobody keeps");
    }
    Ok(CachedStream(Box::pin(db.stream_raw(statement).await?)))
}
