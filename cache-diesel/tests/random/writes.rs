//! Writes of every kind that Diesel has, some of which fail, and transactions of every kind around them.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;

use super::reads::CATEGORIES;
use crate::database;
use crate::rng::Rng;
use crate::shop::{Article, Author, Conn, article, author};

/// Runs one write, or a transaction of several; returns what it was.
pub(super) fn run(conn: &mut Conn, rng: &mut Rng) -> String {
    if rng.chance(25) { transaction(conn, rng, 0) } else { statement(conn, rng) }
}

/// Whatever happens in it, the transaction is over afterwards.
fn transaction(conn: &mut Conn, rng: &mut Rng, depth: usize) -> String {
    let mut told = Vec::new();
    let commits = rng.chance(60);
    let body = |conn: &mut Conn| -> Result<(), Error> {
        for _ in 0..=rng.below(3) {
            let nests = depth < 2 && rng.chance(30);
            told.push(if nests { transaction(conn, rng, depth + 1) } else { statement(conn, rng) });
        }
        if commits { Ok(()) } else { Err(Error::RollbackTransaction) }
    };
    let ended = if depth == 0 { database::transaction(conn, body) } else { conn.transaction(body) };
    format!("a transaction ({}) that ended with {ended:?}", told.join("; "))
}

fn article_of(rng: &mut Rng) -> Article {
    Article {
        id: rng.within(1..9),
        title: format!("t{}", rng.below(20)),
        category: rng.pick(&CATEGORIES).to_owned(),
        published: rng.chance(50),
        views: i32::try_from(rng.below(5)).unwrap_or_default(),
        author_id: rng.within(1..4),
    }
}

fn statement(conn: &mut Conn, rng: &mut Rng) -> String {
    let row = article_of(rng);
    let (id, other) = (row.id, rng.within(1..9));
    let by_key = article::table.find(id);
    let (name, result): (&str, QueryResult<usize>) = match rng.below(22) {
        0..=3 => {
            ("views by key", diesel::update(by_key).set(article::views.eq(article::views + 1)).execute(conn))
        }
        4 => ("title by key", diesel::update(by_key).set(article::title.eq(&row.title)).execute(conn)),
        5 | 6 => ("move", diesel::update(by_key).set(article::category.eq(&row.category)).execute(conn)),
        7 => {
            ("author by key", diesel::update(by_key).set(article::author_id.eq(row.author_id)).execute(conn))
        }
        8 => {
            let rows = article::table.filter(article::category.eq(&row.category));
            let set = (article::published.eq(row.published), article::views.eq(row.views));
            ("bulk", diesel::update(rows).set(set).execute(conn))
        }
        9 | 10 => ("insert", diesel::insert_into(article::table).values(&row).execute(conn)),
        11 => ("delete", diesel::delete(by_key).execute(conn)),
        12 => ("upsert", database::upsert(conn, &row)),
        13 => ("replace", database::replace(conn, &row)),
        14 => ("ignore", database::insert_or_ignore(conn, &row)),
        15 => ("a new key", diesel::update(by_key).set(article::id.eq(other)).execute(conn)),
        16 => ("raw", {
            diesel::sql_query(database::BY_AUTHOR)
                .bind::<diesel::sql_types::BigInt, _>(row.author_id)
                .execute(conn)
        }),
        17 => ("batch", {
            let texts = format!(
                "DELETE FROM article WHERE id = {id}; UPDATE article SET views = 2 WHERE id = {other}"
            );
            conn.batch_execute(&texts).map(|()| 0)
        }),
        18 => ("returning", database::returning(conn, &row).map(|id| usize::from(id.is_some()))),
        19 => ("save", row.save_changes::<Article>(conn).map(|_| 1)),
        20 => ("author", {
            let author = Author { id: row.author_id, name: row.title.clone() };
            if rng.chance(40) {
                diesel::delete(author::table.find(author.id)).execute(conn)
            } else {
                database::replace_author(conn, &author)
            }
        }),
        _ => ("around", diesel::update(by_key).set(article::views.eq(row.views)).execute(conn.inner_mut())),
    };
    format!("{name} of {id} ({result:?})")
}
