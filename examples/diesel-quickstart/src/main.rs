//! A Diesel application on a real SQLite file with a cache that invalidates itself. It needs no async runtime.
//!
//! Run it with `cargo run -p diesel-quickstart`. Not one line of it invalidates anything.

#![allow(unreachable_pub, reason = "models are public, as Diesel's users write them")]
#![allow(missing_docs, reason = "an application")]

mod blog;
mod report;

use cache_diesel::{Cache, CacheExt, CachedConnection, cached_query};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::blog::{Article, Author, Conn, article, author};
use crate::report::Report;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let mut sqlite = SqliteConnection::establish(&folder.path().join("blog.sqlite").display().to_string())?;
    sqlite.batch_execute("PRAGMA foreign_keys = ON")?;
    let cache = Cache::from_url("memory://")?;
    let conn = &mut CachedConnection::new(sqlite, cache.clone())?;
    blog::set_up(conn)?;
    let report = Report::new(&cache);

    report.title("The first read asks the database, the second does not");
    report.read(conn, "rust articles", rust_cached, rust_uncached)?;
    report.read(conn, "rust articles", rust_cached, rust_uncached)?;

    report.title("An article of the list changes");
    report.write(conn, "update title of article 1", |conn| {
        diesel::update(article::table.find(1)).set(article::title.eq("Ownership, again")).execute(conn)
    })?;
    let list = report.read(conn, "rust articles", rust_cached, rust_uncached)?;
    assert!(list.iter().any(|article| article.title == "Ownership, again"));

    report.title("Articles of another list change");
    report.write(conn, "update titles of go articles", |conn| {
        let go = article::table.filter(article::category.eq("go"));
        diesel::update(go).set(article::title.eq("Goroutines")).execute(conn)
    })?;
    report.read(conn, "rust articles", rust_cached, rust_uncached)?;

    report.title("A counter changes: counts by category do not depend on it");
    report.read(
        conn,
        "count of rust articles",
        |conn| rust().cached().count(conn),
        |conn| rust().count().get_result(conn),
    )?;
    report.write(conn, "one more view, in raw SQL", |conn| {
        diesel::sql_query("UPDATE article SET views = views + 1 WHERE id = 2").execute(conn)
    })?;
    report.read(
        conn,
        "count of rust articles",
        |conn| rust().cached().count(conn),
        |conn| rust().count().get_result(conn),
    )?;

    report.title("An article moves from one category to the other, in a transaction");
    conn.transaction(|conn| {
        report.write(conn, "move article 1 to go", |conn| {
            diesel::update(article::table.find(1)).set(article::category.eq("go")).execute(conn)
        })?;
        report.read(conn, "rust articles, before COMMIT", rust_cached, rust_uncached).map(drop)
    })?;
    let list = report.read(conn, "rust articles", rust_cached, rust_uncached)?;
    assert!(list.iter().all(|article| article.id != 1));

    report.title("A function of several queries; a foreign key cascades");
    report.read(conn, "authors, articles", authors, authors_uncached)?;
    report.read(conn, "authors, articles", authors, authors_uncached)?;
    report.write(conn, "delete author 2", |conn| diesel::delete(author::table.find(2)).execute(conn))?;
    report.read(conn, "authors, articles", authors, authors_uncached)?;
    report.read(conn, "rust articles", rust_cached, rust_uncached)?;

    report.title("Why?");
    let why = conn.explain(|conn| {
        rust().cached().count(conn)?;
        diesel::update(article::table.find(3)).set(article::title.eq("Borrowing")).execute(conn)
    })?;
    println!("{why}");
    Ok(())
}

#[diesel::dsl::auto_type]
fn rust() -> _ {
    article::table.filter(article::category.eq("rust"))
}

fn rust_cached(conn: &mut Conn) -> QueryResult<Vec<Article>> {
    rust().order(article::id).cached().load(conn)
}

fn rust_uncached(conn: &mut SqliteConnection) -> QueryResult<Vec<Article>> {
    rust().order(article::id).load(conn)
}

#[cached_query]
fn authors(conn: &mut Conn) -> QueryResult<Vec<(Author, Vec<Article>)>> {
    let authors = author::table.order(author::id).load::<Author>(conn)?;
    let articles = Article::belonging_to(&authors).load::<Article>(conn)?.grouped_by(&authors);
    Ok(authors.into_iter().zip(articles).collect())
}

fn authors_uncached(conn: &mut SqliteConnection) -> QueryResult<Vec<(Author, Vec<Article>)>> {
    let authors = author::table.order(author::id).load::<Author>(conn)?;
    let articles = Article::belonging_to(&authors).load::<Article>(conn)?.grouped_by(&authors);
    Ok(authors.into_iter().zip(articles).collect())
}
