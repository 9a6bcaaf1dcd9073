//! Authors and their articles.

use cache_diesel::{CacheDeps, CachedConnection};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

diesel::table! {
    author (id) {
        id -> Integer,
        name -> Text,
    }
}

diesel::table! {
    article (id) {
        id -> Integer,
        author_id -> Integer,
        category -> Text,
        title -> Text,
        views -> Integer,
    }
}

diesel::joinable!(article -> author (author_id));
diesel::allow_tables_to_appear_in_same_query!(article, author);

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable, Serialize, Deserialize, CacheDeps)]
#[diesel(table_name = author)]
pub struct Author {
    pub id: i32,
    pub name: String,
}

#[derive(
    Clone,
    Debug,
    PartialEq,
    Queryable,
    Selectable,
    Identifiable,
    Associations,
    Serialize,
    Deserialize,
    CacheDeps,
)]
#[diesel(table_name = article, belongs_to(Author))]
pub struct Article {
    pub id: i32,
    pub author_id: i32,
    /// Lists and counts of one category depend on that category alone.
    #[cache(scope)]
    pub category: String,
    pub title: String,
    pub views: i32,
}

pub type Conn = CachedConnection<SqliteConnection>;

pub fn set_up(conn: &mut Conn) -> QueryResult<()> {
    conn.batch_execute(
        "CREATE TABLE author (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL);
         CREATE TABLE article (
             id INTEGER PRIMARY KEY NOT NULL,
             author_id INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE,
             category TEXT NOT NULL, title TEXT NOT NULL, views INTEGER NOT NULL DEFAULT 0);
         CREATE INDEX article_category ON article (category);",
    )?;
    let authors = ["Ann", "Bob"].map(|name| author::name.eq(name));
    diesel::insert_into(author::table).values(authors.to_vec()).execute(conn)?;
    let articles = (0..200).map(|number| {
        (
            article::author_id.eq(1 + number % 2),
            article::category.eq(if number < 100 { "rust" } else { "go" }),
            article::title.eq(format!("Article {number}")),
            article::views.eq(0),
        )
    });
    diesel::insert_into(article::table).values(articles.collect::<Vec<_>>()).execute(conn)?;
    Ok(())
}
