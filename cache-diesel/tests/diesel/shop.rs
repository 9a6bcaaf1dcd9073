//! Authors and articles in a database of their own.

use cache_diesel::{Cache, CacheDeps, CacheExt, CachedConnection};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::database::{Bare, Database};

diesel::table! {
    author (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    article (id) {
        id -> BigInt,
        title -> Text,
        category -> Text,
        published -> Bool,
        views -> Integer,
        author_id -> BigInt,
    }
}

diesel::joinable!(article -> author (author_id));
diesel::allow_tables_to_appear_in_same_query!(article, author);

#[derive(
    Clone,
    Debug,
    PartialEq,
    Queryable,
    Selectable,
    Identifiable,
    Insertable,
    AsChangeset,
    Serialize,
    Deserialize,
    CacheDeps,
)]
#[diesel(table_name = author)]
pub(crate) struct Author {
    pub(crate) id: i64,
    pub(crate) name: String,
}

#[derive(
    Clone,
    Debug,
    PartialEq,
    Queryable,
    Selectable,
    Identifiable,
    Insertable,
    AsChangeset,
    Associations,
    Serialize,
    Deserialize,
    CacheDeps,
)]
#[diesel(table_name = article, belongs_to(Author))]
#[cache(scope(published, category))]
pub(crate) struct Article {
    pub(crate) id: i64,
    pub(crate) title: String,
    #[cache(scope)]
    pub(crate) category: String,
    pub(crate) published: bool,
    pub(crate) views: i32,
    pub(crate) author_id: i64,
}

pub(crate) type Conn = CachedConnection<Bare>;

pub(crate) const DDL: &str = "
    CREATE TABLE author (id BIGINT PRIMARY KEY NOT NULL, name TEXT NOT NULL);
    CREATE TABLE article (
        id BIGINT PRIMARY KEY NOT NULL, title TEXT NOT NULL, category TEXT NOT NULL,
        published BOOLEAN NOT NULL DEFAULT TRUE, views INTEGER NOT NULL DEFAULT 0,
        author_id BIGINT NOT NULL REFERENCES author (id) ON DELETE CASCADE
    );
    INSERT INTO author VALUES (1, 'ann'), (2, 'bob');
    INSERT INTO article VALUES
        (1, 'a1', 'rust', TRUE, 0, 1), (2, 'a2', 'rust', TRUE, 0, 2),
        (3, 'b1', 'sql', TRUE, 0, 1), (4, 'b2', 'sql', FALSE, 0, 2);";

/// A shop in a database of its own, and one connection to it.
pub(crate) struct Shop {
    pub(crate) conn: Conn,
    pub(crate) cache: Cache,
    database: Database,
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::open_with(Cache::from_url("memory://?private").unwrap())
    }

    pub(crate) fn open_with(cache: Cache) -> Self {
        let database = Database::create();
        database.connect().batch_execute(DDL).unwrap();
        let conn = CachedConnection::new(database.connect(), cache.clone()).unwrap();
        Self { conn, cache, database }
    }

    /// Another connection to the same database and cache.
    pub(crate) fn connect(&self) -> Conn {
        CachedConnection::new(self.database.connect(), self.cache.clone()).unwrap()
    }

    /// A connection without a cache.
    pub(crate) fn bare(&self) -> Bare {
        Bare::establish(&self.url()).unwrap()
    }

    pub(crate) fn url(&self) -> String {
        self.database.url()
    }

    /// Which of the usual reads survive a change.
    pub(crate) fn survivors(&mut self, change: impl FnOnce(&mut Conn)) -> Vec<&'static str> {
        READS.iter().for_each(|(_, read)| read(&mut self.conn));
        change(&mut self.conn);
        let survivors = READS.iter().filter(|(_, read)| is_hit(&mut self.conn, *read));
        survivors.map(|(name, _)| *name).collect()
    }
}

/// Whether a read, run now, is a hit.
pub(crate) fn is_hit(conn: &mut Conn, read: impl FnOnce(&mut Conn)) -> bool {
    let hits = |conn: &Conn| conn.cache().unwrap().stats().hits;
    let before = hits(conn);
    read(conn);
    hits(conn) > before
}

type Read = fn(&mut Conn);

/// Lists by category, rows by key, and an aggregate.
pub(crate) const READS: [(&str, Read); 5] = [
    ("rust", |conn| drop(by_category(conn, "rust"))),
    ("sql", |conn| drop(by_category(conn, "sql"))),
    ("1", |conn| drop(find(conn, 1))),
    ("3", |conn| drop(find(conn, 3))),
    ("published rust", |conn| {
        published(conn, "rust");
    }),
];

/// All of them.
pub(crate) const ALL: [&str; 5] = ["rust", "sql", "1", "3", "published rust"];

pub(crate) fn by_category(conn: &mut Conn, category: &str) -> Vec<Article> {
    let articles = article::table.filter(article::category.eq(category)).order(article::id);
    articles.select(Article::as_select()).cached().load(conn).unwrap()
}

pub(crate) fn find(conn: &mut Conn, id: i64) -> Option<Article> {
    article::table.find(id).select(Article::as_select()).cached().first(conn).optional().unwrap()
}

pub(crate) fn published(conn: &mut Conn, category: &str) -> i64 {
    article::table
        .filter(article::published.eq(true))
        .filter(article::category.eq(category))
        .cached()
        .count(conn)
        .unwrap()
}

pub(crate) fn new_article(id: i64, category: &str) -> Article {
    Article {
        id,
        title: format!("new {id}"),
        category: category.into(),
        published: true,
        views: 0,
        author_id: 1,
    }
}
