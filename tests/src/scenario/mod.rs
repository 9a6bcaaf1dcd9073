//! Directed scenarios: where reads, writes, COMMIT and changes of the schema overlap, which no random step arranges.
//!
//! | module | what overlaps |
//! |---|---|
//! | `readers` | reads and blocks with writes |
//! | `transactions` | the ends of transactions and savepoints with whatever else is run on the connection |
//! | `schemas` | changes of the schema, sessions and databases with reads and writes |

mod readers;
mod schemas;
mod transactions;

use std::future::Future;
use std::pin::Pin;

use cache_seaorm::CachedConnection;
use sea_orm::DbErr;

pub use readers::failing;
pub use schemas::{WRITE_UNSEEN, turning, unseen};

use self::readers::Run;
use crate::backend::{Backend, another};
use crate::case::{Case, scopes};
use crate::read::{Answer, Read};
use crate::world::Pool;

/// What a scenario shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every read that began after a write had returned saw it.
    Fresh,
    /// One did not.
    Stale(String),
}

impl Verdict {
    pub(crate) fn of(got: &Answer, expected: &Answer, what: &str) -> Self {
        match got == expected {
            true => Self::Fresh,
            false => Self::Stale(format!("{what}: cached {got}, database {expected}")),
        }
    }
}

type Running = Pin<Box<dyn Future<Output = Result<Verdict, DbErr>>>>;

/// A scenario by name.
pub type Scenario = (&'static str, fn(Backend) -> Running);

macro_rules! scenarios {
    ($($name:literal: $room:ident::$run:ident($($how:expr)?);)+) => {
        /// All of them.
        pub const ALL: &[Scenario] = &[$(($name, |backend| Box::pin($room::$run(backend $(, $how)?))),)+];
    };
}

scenarios! {
    "a savepoint is released, then its transaction committed": transactions::released_savepoint();
    "a reader comes between a write and its COMMIT": transactions::read_before_commit();
    "a write in a transaction is abandoned, then committed": transactions::abandoned_in_transaction();
    "a write in a transaction is abandoned behind a lock, then committed": transactions::abandoned_behind_a_lock();
    "a savepoint is cut short, and its transaction goes on": transactions::interrupted_savepoint();
    "a RELEASE is abandoned, and its transaction dropped": transactions::abandoned_release();
    "a transaction ends by hand, and its handle writes on": transactions::ended_by_hand();
    "what a transaction reads that a statement began is old": transactions::begun_by_hand();
    "a write looks first in a transaction that a statement began": transactions::looked_at_by_hand();
    "a reader is overtaken by a write": readers::overtaken_reader();
    "a reader comes while an overtaken one is still loading": readers::joining_reader();
    "a write touches an entry whose life is stretched": readers::write_after_the_end();
    "a write comes between the parts of a block": readers::write_within_block();
    "a read in a block fails, and later it does not": readers::failed_in_block(Run::Plain);
    "a cached read in a block fails, and later it does not": readers::failed_in_block(Run::Cached);
    "a statement fails and keeps the rows before the failing one": schemas::kept_by_a_failure();
    "rows are rewritten elsewhere under an equal schema": schemas::equal_schema();
    "a write is planned before the schema changes, and run after": schemas::overtaken_write();
    "a trigger sets its session, and others read": schemas::set_by_a_trigger();
    "a write goes to what is not known, and names what is known": schemas::written_unseen();
    "a write goes to an attached database": schemas::written_where_attached();
    "two sessions mean different tables by one name": schemas::named_by_two();
    "a trigger fires on one connection only": schemas::fired_on_one_connection();
}

const LIST: &str = "SELECT id, title FROM article WHERE category = 'r'";
const CHANGE: &str = "UPDATE article SET title = 'new' WHERE id = 1";

async fn case(backend: Backend, pool: Pool) -> Case {
    let (integer, text) = (backend.integer(), backend.text());
    let setup = format!(
        "CREATE TABLE article (id {integer} PRIMARY KEY, category {text}, title {text} NOT NULL);
        INSERT INTO article VALUES (1, 'r', 'one'), (2, 'g', 'two'), (3, 'r', 'three')"
    );
    Case::on(backend, &setup, &[scopes("article", &[&["category"]])], pool).await
}

/// Another connection that shares the cache.
async fn beside(case: &Case) -> Result<CachedConnection, DbErr> {
    let bare = another(case.subject().untracked()).await?;
    let wrapped = CachedConnection::new(bare, case.connection().cache().clone()).await;
    wrapped.map_err(|error| DbErr::Custom(error.to_string()))
}

async fn verdict(case: &Case, read: &Read, what: &str) -> Verdict {
    let truth = case.subject().truth(read).await;
    Verdict::of(&case.subject().cached(read).await.0, &truth, what)
}
