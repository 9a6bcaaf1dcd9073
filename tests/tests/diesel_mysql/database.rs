//! A database of MariaDB, and what is said otherwise there than on SQLite.

use std::sync::Arc;

use cache_tests::servers::MariaDb;
use diesel::dsl::DuplicatedKeys;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Text};

use crate::shop::{Article, Author, Conn, article, author};

pub(crate) type Bare = MysqlConnection;

/// A database of its own.
pub(crate) struct Database {
    server: Arc<MariaDb>,
    name: String,
}

impl Database {
    pub(crate) fn create() -> Self {
        let server = MariaDb::shared();
        Self { name: server.database(), server }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(&self.name)
    }

    pub(crate) fn connect(&self) -> Bare {
        Bare::establish(&self.url()).unwrap()
    }
}

/// What a pool runs on a new connection.
pub(crate) const SETTINGS: &str = "SET lock_wait_timeout = 10";

pub(crate) fn transaction(
    conn: &mut Conn,
    body: impl FnOnce(&mut Conn) -> Result<(), Error>,
) -> Result<(), Error> {
    conn.transaction(body)
}

/// A number that is 0, which nobody can know before.
pub(crate) const RANDOM: &str = "CAST(floor(rand()) AS SIGNED)";

pub(crate) const BY_AUTHOR: &str =
    "UPDATE article SET views = views + 1, category = 'sql' WHERE author_id = ?";

pub(crate) fn upsert(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    let upsert = diesel::insert_into(article::table).values(row).on_conflict(DuplicatedKeys).do_update();
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

/// Diesel has no RETURNING here, and does not find the columns of what the server has of it.
pub(crate) fn returning(conn: &mut Conn, row: &Article) -> QueryResult<Option<i64>> {
    let replaced = diesel::sql_query(
        "REPLACE INTO article (id, title, category, author_id) VALUES (?, 'returned', ?, ?) RETURNING id",
    );
    let replaced = replaced.bind::<BigInt, _>(row.id).bind::<Text, _>(&row.category);
    replaced.bind::<BigInt, _>(row.author_id).execute(conn).map(|_| Some(row.id))
}
