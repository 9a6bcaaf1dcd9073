//! Articles in a database of their own.

use std::time::{Duration, Instant};

use cache_diesel::{AsyncCacheExt, AsyncCachedConnection, Cache, CacheDeps};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use serde::{Deserialize, Serialize};

use crate::database::{self, Bare, Server};

diesel::table! {
    article (id) {
        id -> BigInt,
        title -> Text,
        category -> Text,
        views -> Integer,
    }
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
    Serialize,
    Deserialize,
    CacheDeps,
)]
#[diesel(table_name = article)]
pub(crate) struct Article {
    pub(crate) id: i64,
    pub(crate) title: String,
    #[cache(scope)]
    pub(crate) category: String,
    pub(crate) views: i32,
}

pub(crate) type Conn = AsyncCachedConnection<Bare>;

pub(crate) const DDL: &str = "
    CREATE TABLE article (id bigint PRIMARY KEY, title text NOT NULL, category text NOT NULL,
        views integer NOT NULL DEFAULT 0);
    INSERT INTO article (id, title, category) VALUES
        (1, 'a1', 'rust'), (2, 'a2', 'rust'), (3, 'b1', 'sql'), (4, 'b2', 'sql');";

/// A shop of its own, and one connection to it.
pub(crate) struct Shop {
    pub(crate) conn: Conn,
    pub(crate) cache: Cache,
    pub(crate) url: String,
    _server: Server,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(Cache::from_url("memory://?private").unwrap()).await
    }

    pub(crate) async fn open_with(cache: Cache) -> Self {
        Self::at(database::create().await, cache).await
    }

    /// One where nobody else is held up if COMMIT is.
    pub(crate) async fn open_apart() -> Self {
        Self::at(database::create_apart().await, Cache::from_url("memory://?private").unwrap()).await
    }

    async fn at((url, server): (String, Server), cache: Cache) -> Self {
        bare(&url).await.batch_execute(DDL).await.unwrap();
        Self { conn: connect(&url, &cache).await, cache, url, _server: server }
    }

    /// Another connection to the same database and cache.
    pub(crate) async fn connect(&self) -> Conn {
        connect(&self.url, &self.cache).await
    }

    /// A connection without a cache.
    pub(crate) async fn bare(&self) -> Bare {
        bare(&self.url).await
    }
}

pub(crate) async fn connect(url: &str, cache: &Cache) -> Conn {
    Conn::new(bare(url).await, cache.clone()).await.unwrap()
}

pub(crate) async fn bare(url: &str) -> Bare {
    Bare::establish(url).await.unwrap()
}

/// What is cached of the rows 1 and 3 and of the two categories.
pub(crate) const ALL: [&str; 4] = ["1", "3", "rust", "sql"];

/// Which of the usual reads are hits now; all are filled afterwards.
pub(crate) async fn hits(conn: &mut Conn) -> Vec<&'static str> {
    let mut hits = Vec::new();
    for name in ALL {
        let before = conn.cache().unwrap().stats().hits;
        match name.parse() {
            Ok(id) => drop(find(conn, id).await),
            Err(_) => drop(by_category(conn, name).await),
        }
        if conn.cache().unwrap().stats().hits > before {
            hits.push(name);
        }
    }
    hits
}

pub(crate) async fn find(conn: &mut Conn, id: i64) -> Option<Article> {
    article::table.find(id).select(Article::as_select()).cached().first(conn).await.optional().unwrap()
}

pub(crate) async fn by_category(conn: &mut Conn, category: &str) -> Vec<Article> {
    let articles = article::table.filter(article::category.eq(category)).order(article::id);
    articles.select(Article::as_select()).cached().load(conn).await.unwrap()
}

pub(crate) fn new_article(id: i64, category: &str) -> Article {
    Article { id, title: format!("new {id}"), category: category.into(), views: 0 }
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is().await {
        assert!(Instant::now() < deadline, "{what}: not within 30 seconds");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
