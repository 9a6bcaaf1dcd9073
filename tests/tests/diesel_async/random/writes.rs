//! Writes of every kind that diesel-async has, some of which fail, are pipelined or abandoned, and transactions around them.

use cache_tests::rng::Rng;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, RunQueryDsl, SaveChangesDsl, SimpleAsyncConnection};
use futures_util::future::{BoxFuture, FutureExt};

use super::CATEGORIES;
use crate::database;
use crate::shop::{Article, Conn, article};

/// Runs one write, or a transaction of several; returns what it was.
pub(super) async fn run(conn: &mut Conn, rng: &mut Rng) -> String {
    match rng.below(10) {
        0..=1 => transaction(conn, rng, 0).await,
        2 => abandon(conn, rng).await,
        3 => pipeline(conn, rng).await,
        _ => statement(conn, rng).await,
    }
}

/// Whatever happens in it, the transaction is over afterwards.
fn transaction<'a>(conn: &'a mut Conn, rng: &'a mut Rng, depth: usize) -> BoxFuture<'a, String> {
    let mut told = Vec::new();
    async move {
        let commits = rng.chance(60);
        let ended = conn
            .transaction(async |conn| {
                for _ in 0..=rng.below(3) {
                    let nests = depth < 2 && rng.chance(30);
                    let one = if nests {
                        transaction(conn, rng, depth + 1).await
                    } else {
                        statement(conn, rng).await
                    };
                    told.push(one);
                }
                if commits { Ok(()) } else { Err(Error::RollbackTransaction) }
            })
            .await;
        format!("a transaction ({}) that ended with {ended:?}", told.join("; "))
    }
    .boxed()
}

/// A write that nobody waits for. The next statement of its connection is answered when it can run no more.
async fn abandon(conn: &mut Conn, rng: &mut Rng) -> String {
    let (id, title) = (rng.within(1..9), format!("abandoned {}", rng.below(20)));
    let update = diesel::update(article::table.find(id)).set(article::title.eq(&title));
    let polls = rng.below(3);
    {
        let mut write = update.execute(&mut *conn);
        for _ in 0..polls {
            let _ = (&mut write).now_or_never();
            tokio::task::yield_now().await;
        }
    }
    conn.batch_execute("SELECT 1").await.unwrap();
    format!("{title} of {id}, polled {polls} times")
}

async fn pipeline(conn: &mut Conn, rng: &mut Rng) -> String {
    let (one, other) = (row(rng), row(rng));
    let both = database::at_once(conn, &one, &other).await;
    format!("a move of {} beside a view of {} ({both:?})", one.id, other.id)
}

fn row(rng: &mut Rng) -> Article {
    Article {
        id: rng.within(1..9),
        title: format!("t{}", rng.below(20)),
        category: rng.pick(&CATEGORIES).to_owned(),
        views: i32::try_from(rng.below(5)).unwrap_or_default(),
    }
}

async fn statement(conn: &mut Conn, rng: &mut Rng) -> String {
    let row = row(rng);
    let (id, other) = (row.id, rng.within(1..9));
    let by_key = article::table.find(id);
    let (name, result): (&str, QueryResult<usize>) = match rng.below(15) {
        0..=2 => {
            let views = article::views.eq(article::views + 1);
            ("views by key", diesel::update(by_key).set(views).execute(conn).await)
        }
        3 => ("title by key", diesel::update(by_key).set(article::title.eq(&row.title)).execute(conn).await),
        4 | 5 => {
            ("move", diesel::update(by_key).set(article::category.eq(&row.category)).execute(conn).await)
        }
        6 => {
            let rows = article::table.filter(article::category.eq(&row.category));
            ("bulk", diesel::update(rows).set(article::views.eq(row.views)).execute(conn).await)
        }
        7 | 8 => ("insert", diesel::insert_into(article::table).values(&row).execute(conn).await),
        9 => ("delete", diesel::delete(by_key).execute(conn).await),
        10 => ("upsert", database::upsert(conn, &row).await),
        11 => ("a new key", diesel::update(by_key).set(article::id.eq(other)).execute(conn).await),
        12 => {
            let raw = diesel::sql_query(database::BY_TITLE);
            ("raw", raw.bind::<Text, _>(&row.title).execute(conn).await)
        }
        13 => ("batch", {
            let texts = format!(
                "DELETE FROM article WHERE id = {id}; UPDATE article SET views = 2 WHERE id = {other}"
            );
            conn.batch_execute(&texts).await.map(|()| 0)
        }),
        _ => {
            if rng.chance(50) {
                ("returning", database::returning(conn, &row).await)
            } else {
                ("save", (&row).save_changes::<Article>(conn).await.map(|_| 1))
            }
        }
    };
    format!("{name} of {id} ({result:?})")
}
