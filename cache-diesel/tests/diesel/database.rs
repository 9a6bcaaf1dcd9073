//! A file of SQLite, and what only SQLite has of what the tests do.

use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::prelude::*;
use diesel::result::Error;
use tempfile::TempDir;

use crate::shop::{Article, Author, Conn, article, author};

pub(crate) type Bare = SqliteConnection;

/// A database of its own.
pub(crate) struct Database(TempDir);

impl Database {
    pub(crate) fn create() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn url(&self) -> String {
        self.0.path().join("shop.db").display().to_string()
    }

    /// A connection as a program would open it.
    pub(crate) fn connect(&self) -> Bare {
        let mut bare = Bare::establish(&self.url()).unwrap();
        // Nobody else depends on what these tests write.
        let settings = "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000; PRAGMA synchronous = OFF;";
        bare.batch_execute(settings).unwrap();
        bare
    }
}

pub(crate) fn transaction(
    conn: &mut Conn,
    body: impl FnOnce(&mut Conn) -> Result<(), Error>,
) -> Result<(), Error> {
    conn.immediate_transaction(body)
}

/// What a pool runs on a new connection.
pub(crate) const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000;";

/// A number that is 0, which nobody can know before.
pub(crate) const RANDOM: &str = "abs(random()) % 1";

pub(crate) const BY_AUTHOR: &str =
    "UPDATE article SET views = views + 1, category = 'sql' WHERE author_id = ?";

pub(crate) fn upsert(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    let upsert = diesel::insert_into(article::table).values(row).on_conflict(article::id).do_update();
    upsert.set((article::title.eq("up"), article::category.eq("new"))).execute(conn)
}

pub(crate) fn replace(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    diesel::replace_into(article::table).values(row).execute(conn)
}

pub(crate) fn insert_or_ignore(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    diesel::insert_or_ignore_into(article::table).values(row).execute(conn)
}

pub(crate) fn replace_author(conn: &mut Conn, author: &Author) -> QueryResult<usize> {
    diesel::replace_into(author::table).values(author).execute(conn)
}

/// Of the rows that it returns one is read.
pub(crate) fn returning(conn: &mut Conn, row: &Article) -> QueryResult<Option<i64>> {
    let moved = diesel::update(article::table.filter(article::views.eq(row.views)));
    let moved = moved.set(article::category.eq(&row.category)).returning(article::id);
    moved.load_iter::<i64, DefaultLoadingMode>(conn)?.next().transpose()
}
