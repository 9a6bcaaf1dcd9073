//! What the wrapper adds on PostgreSQL over loopback: `cargo bench -p cache-benches --bench postgres`.
//!
//! Bare and wrapped call in turn on one connection of one pool, with a cache in this process, and with one in Redis,
//! which announces a fence before each write. What the two round trips to Redis add to a write depends on what a COMMIT
//! costs: little if it waits for the disk, all of it if it does not.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]

use std::sync::atomic::{AtomicU64, Ordering};

use cache_benches::blog::{ActiveModel, Column, Entity};
use cache_benches::ratios;
use cache_seaorm::{BeforeImages, Cache, CachedConnection};
use cache_servers::{PostgresServer, RedisServer};
use sea_orm::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{DatabaseConnection, Set, TransactionTrait};

const SCHEMA: &str = "CREATE TABLE article (id bigserial PRIMARY KEY, category text NOT NULL, title text NOT NULL, \
    views bigint NOT NULL); \
    INSERT INTO article (category, title, views) SELECT 'c' || n % 10, 'The title of article ' || n, 0 \
    FROM generate_series(1, 1000) AS n";

async fn wrapped(bare: &DatabaseConnection, url: &str) -> CachedConnection {
    CachedConnection::new(bare.clone(), Cache::from_url(url).unwrap()).await.unwrap()
}

async fn measure(bare: &DatabaseConnection, db: &CachedConnection) {
    let counter = || {
        let views = Expr::col(Column::Views).add(1);
        Entity::update_many().col_expr(Column::Views, views).filter(Column::Id.eq(3))
    };
    let number = AtomicU64::new(0);
    let next = || number.fetch_add(1, Ordering::Relaxed).cast_signed();
    let edit = || ActiveModel { id: Set(3), views: Set(next()), ..Default::default() };
    let moved = || ActiveModel { id: Set(3), category: Set(format!("m{}", next())), ..Default::default() };
    let find = || Entity::find_by_id(3);
    let read = (async || find().one(bare).await.unwrap(), async || find().one(db).await.unwrap());
    ratios::paired("a read by key", read.0, read.1).await;
    let count = (async || counter().exec(bare).await.unwrap(), async || counter().exec(db).await.unwrap());
    ratios::paired("a counter by key", count.0, count.1).await;
    let update = (async || edit().update(bare).await.unwrap(), async || edit().update(db).await.unwrap());
    ratios::paired("an ActiveModel update", update.0, update.1).await;
    let transaction = (
        async || {
            let begun = bare.begin().await.unwrap();
            edit().update(&begun).await.unwrap();
            begun.commit().await.unwrap();
        },
        async || {
            let begun = db.begin().await.unwrap();
            edit().update(&begun).await.unwrap();
            begun.commit().await.unwrap();
        },
    );
    ratios::paired("a transaction with an update", transaction.0, transaction.1).await;
    let leave = (async || moved().update(bare).await.unwrap(), async || moved().update(db).await.unwrap());
    ratios::paired("a move by key", leave.0, leave.1).await;
    db.set_before_images(BeforeImages::Never);
    let leave = (async || moved().update(bare).await.unwrap(), async || moved().update(db).await.unwrap());
    ratios::paired("a move, without looking before", leave.0, leave.1).await;
    db.set_before_images(BeforeImages::ByKey);
}

#[tokio::main]
async fn main() {
    let redis = RedisServer::start();
    let url = format!("redis://{}/0?prefix=bench&private", redis.address());
    let durable = PostgresServer::start_with(&["fsync=on", "synchronous_commit=on", "full_page_writes=on"]);
    let clusters =
        [("whose COMMIT waits for the disk", &durable), ("that never waits", PostgresServer::shared())];
    for (kind, postgres) in clusters {
        let bare = postgres.database(1).await.unwrap();
        bare.execute_unprepared(SCHEMA).await.unwrap();
        println!("PostgreSQL over loopback {kind}, cache in this process");
        measure(&bare, &wrapped(&bare, "memory://?private").await).await;
        println!("the same, cache in Redis without fences");
        measure(&bare, &wrapped(&bare, &format!("{url}&fence=off")).await).await;
        println!("the same, with fences");
        measure(&bare, &wrapped(&bare, &url).await).await;
    }
}
