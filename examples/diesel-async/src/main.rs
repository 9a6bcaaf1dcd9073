//! diesel-async on PostgreSQL with a cache in Redis. Two caches stand for two processes.
//!
//! `cargo run -p diesel-async-example` starts servers of its own, unless `DATABASE_URL` and `CACHE_URL` name others. Not
//! one line of it invalidates anything.

#![allow(unreachable_pub, reason = "models are public, as Diesel's users write them")]
#![allow(missing_docs, reason = "an application")]

mod report;
mod shop;

use std::time::Duration;

use cache_diesel::{Cache, attach_to};
use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::try_join;
use tokio::time::timeout;
use web::servers::Servers;

use crate::report::Process;
use crate::shop::{Conn, count, names, product, rename};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let servers = Servers::from_environment().await?;
    shop::set_up(&mut AsyncPgConnection::establish(&servers.database_url).await?).await?;
    let (here, there) = (process("here", &servers).await?, process("there", &servers).await?);
    let (mut one, mut two) = (here.pool.get().await?, there.pool.get().await?);
    here.until_kept(&mut one).await?;
    there.until_kept(&mut two).await?;

    println!("\nWhat one process has read, the other need not read");
    here.read("teas", names(&mut one, "tea")).await?;
    here.read("teas", names(&mut one, "tea")).await?;
    there.read("teas", names(&mut two, "tea")).await?;

    println!("\nA write in one process ends exactly what it changes in the other, before it returns");
    here.read("cups", names(&mut one, "cups")).await?;
    rename(&two, 1, "Darjeeling").await?;
    let teas = here.read("teas, one renamed there", names(&mut one, "tea")).await?;
    assert_eq!(teas, ["Darjeeling", "Sencha"]);
    here.read("cups", names(&mut one, "cups")).await?;

    println!("\nStatements of one connection that are awaited at once are sent at once");
    try_join(rename(&one, 3, "Beaker"), rename(&one, 4, "Basin")).await?;
    assert_eq!(there.read("cups", names(&mut two, "cups")).await?, ["Beaker", "Basin"]);

    println!("\nA transaction is seen when it commits");
    here.read("count of teas", count(&mut one, "tea")).await?;
    two.transaction(async |conn| {
        let moved = diesel::update(product::table.find(4)).set(product::category.eq("tea"));
        moved.execute(conn).await?;
        here.read("count of teas, before COMMIT", count(&mut one, "tea")).await.map(drop)
    })
    .await?;
    assert_eq!(here.read("count of teas", count(&mut one, "tea")).await?, 3);

    println!("\nA write that its caller no longer waits for is made all the same, and seen");
    let mut blocker = there.pool.get().await?;
    blocker.batch_execute("BEGIN; SELECT FROM product WHERE id = 2 FOR UPDATE").await?;
    let late = timeout(Duration::from_millis(50), rename(&two, 2, "Gyokuro")).await;
    assert!(late.is_err(), "it waits for the row");
    here.read("teas, while it waits", names(&mut one, "tea")).await?;
    blocker.batch_execute("ROLLBACK").await?;
    two.batch_execute("SELECT 1").await?;
    let teas = here.read("teas, afterwards", names(&mut one, "tea")).await?;
    assert!(teas.contains(&"Gyokuro".to_owned()));

    for process in [here, there] {
        process.close().await?;
    }
    Ok(())
}

/// A process: a cache of its own on the server that all share, and a pool of connections that are attached to it.
async fn process(name: &'static str, servers: &Servers) -> Result<Process, Error> {
    let options = if servers.cache_url.contains('?') { "&private" } else { "?private" };
    let cache = Cache::from_url(&format!("{}{options}", servers.cache_url))?;
    let config = attach_to(cache.clone());
    let manager = AsyncDieselConnectionManager::<Conn>::new_with_config(&servers.database_url, config);
    Ok(Process::new(name, cache, Pool::builder(manager).max_size(4).build()?))
}
