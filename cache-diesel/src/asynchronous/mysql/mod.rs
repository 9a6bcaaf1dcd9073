//! diesel-async's connections to MariaDB and MySQL.
//!
//! Such a connection runs one statement at a time, and must not be left in the middle of one. So each runs in a task that
//! has the connection to itself and brings the statement to its end and has it published, whoever goes away meanwhile.
//!
//! | module | what it is for |
//! |---|---|
//! | `lent` | the connection, while it is here and while a task has it |
//! | `statement` | statements that borrow nothing of the user's |
//! | `run` | the one way of every statement |
//! | `schema` | what is read of the schema, and when |
//! | `connection` | diesel-async's own traits |

mod connection;
mod lent;
mod run;
mod schema;
mod statement;

use std::sync::Arc;

use cache_core::{Cache, Error, ErrorKind, Result};
use diesel::connection::CacheSize;
use diesel_async::AsyncMysqlConnection;
use futures_util::FutureExt;

use self::lent::Lent;
use super::AsyncCacheable;
use super::attached::{Attached, SchemaSource};
use super::turns::Turns;

impl AsyncCacheable for AsyncMysqlConnection {
    type Held = Lent;

    fn hold(self) -> Lent {
        Lent::new(self)
    }

    async fn attach(lent: &Arc<Lent>, turns: &Turns, cache: &Cache) -> Result<Attached> {
        if cache.is_disabled() {
            return schema::unread(cache).await;
        }
        let cache = cache.clone();
        lent.alone(turns, move |db| async move { schema::attach(db, &cache).await }.boxed()).await?
    }

    async fn keep_up(lent: &Arc<Lent>, turns: &Turns, attached: &Arc<Attached>) {
        if schema::is_due(attached) {
            let attached = Arc::clone(attached);
            // Without an answer nothing can be said, and the statement that waits will fail by itself.
            let _ = lent
                .alone(turns, move |db| async move { schema::keep_up(db, &attached).await }.boxed())
                .await;
        }
    }

    async fn refresh(lent: &Arc<Lent>, turns: &Turns, attached: &Arc<Attached>) -> Result<()> {
        if attached.is(SchemaSource::Unread) {
            return Ok(());
        }
        if attached.session().is_in_transaction() {
            let message = "the schema cannot be read in a transaction; refresh it before or after";
            return Err(Error::new(ErrorKind::Schema, message));
        }
        let attached = Arc::clone(attached);
        lent.alone(turns, move |db| async move { schema::refresh(db, &attached).await }.boxed()).await?
    }

    fn resize(lent: &mut Lent, size: CacheSize) {
        lent.resize(size);
    }

    #[cfg(any(feature = "deadpool", feature = "bb8"))]
    fn is_broken(lent: &mut Lent) -> bool {
        lent.is_broken()
    }
}
