//! A database of PostgreSQL, and what is said otherwise there than on SQLite.

use cache_tests::servers::PostgresServer;
use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::prelude::*;
use diesel::result::Error;

use crate::shop::{Article, Author, Conn, article, author};

pub(crate) type Bare = PgConnection;

/// A database of its own.
pub(crate) struct Database(String);

impl Database {
    pub(crate) fn create() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = PostgresServer::shared();
        Self(server.url(&runtime.block_on(server.create()).unwrap()))
    }

    pub(crate) fn url(&self) -> String {
        self.0.clone()
    }

    pub(crate) fn connect(&self) -> Bare {
        let mut bare = Bare::establish(&self.0).unwrap();
        // Nobody else depends on what these tests write.
        bare.batch_execute("SET synchronous_commit = off").unwrap();
        bare
    }
}

pub(crate) fn transaction(
    conn: &mut Conn,
    body: impl FnOnce(&mut Conn) -> Result<(), Error>,
) -> Result<(), Error> {
    conn.build_transaction().repeatable_read().run(body)
}

pub(crate) const BY_AUTHOR: &str =
    "UPDATE article SET views = views + 1, category = 'sql' WHERE author_id = $1";

pub(crate) fn upsert(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    let upsert = diesel::insert_into(article::table).values(row).on_conflict(article::id).do_update();
    upsert.set((article::title.eq("up"), article::category.eq("new"))).execute(conn)
}

pub(crate) fn replace(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    let upsert = diesel::insert_into(article::table).values(row).on_conflict(article::id).do_update();
    upsert.set(row).execute(conn)
}

pub(crate) fn insert_or_ignore(conn: &mut Conn, row: &Article) -> QueryResult<usize> {
    diesel::insert_into(article::table).values(row).on_conflict_do_nothing().execute(conn)
}

pub(crate) fn replace_author(conn: &mut Conn, author: &Author) -> QueryResult<usize> {
    let upsert = diesel::insert_into(author::table).values(author).on_conflict(author::id).do_update();
    upsert.set(author).execute(conn)
}

/// Of the rows that it returns one is read.
pub(crate) fn returning(conn: &mut Conn, row: &Article) -> QueryResult<Option<i64>> {
    let moved = diesel::update(article::table.filter(article::views.eq(row.views)));
    let moved = moved.set(article::category.eq(&row.category)).returning(article::id);
    moved.load_iter::<i64, DefaultLoadingMode>(conn)?.next().transpose()
}
