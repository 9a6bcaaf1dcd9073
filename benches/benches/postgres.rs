//! What the wrapper adds on PostgreSQL over loopback: `cargo bench -p cache-benches --bench postgres`.
//!
//! Bare and wrapped call in turn on one connection of one pool, with a cache in this process, with one in Redis that
//! announces nothing, and with one that announces a fence before each write: one round trip that the write waits for,
//! since its publication goes behind its back. What that adds depends on what a COMMIT costs: little if it waits for the
//! disk, all of it if it does not. The floors stand beside it: the bare write after one command of a bare client.
//!
//! A word after `--` selects: `process`, `unfenced`, `fenced`; `durable`, `volatile`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_benches::blog::{ActiveModel, Column, Entity};
use cache_benches::ratios;
use cache_benches::shared::raw::Raw;
use cache_seaorm::{BeforeImages, Cache, CachedConnection};
use cache_servers::{PostgresServer, RedisServer};
use redis::{Value, cmd};
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

/// What a write costs at least that asks Redis anything before, and what one costs that appends to a log in Redis which
/// others follow.
async fn measure_floors(bare: &DatabaseConnection, address: SocketAddr) {
    let raw = Raw::connect(address).await;
    let follower = tokio::spawn(async move {
        let raw = Raw::connect(address).await;
        let mut next = cmd("XREAD");
        next.arg("COUNT").arg(512).arg("BLOCK").arg(5_000).arg("STREAMS").arg("a log").arg("$");
        loop {
            let _: Value = raw.ask(&next).await;
        }
    });
    let mut append = cmd("XADD");
    append.arg("a log").arg("MAXLEN").arg("~").arg(10_000).arg("*").arg("marks").arg([7_u8; 100].as_slice());
    measure_floor(bare, "a counter after a bare GET", async || drop(raw.get("a key").await)).await;
    measure_floor(bare, "a counter after a bare XADD", async || raw.ask::<Value>(&append).await).await;
    follower.abort();
}

async fn measure_floor<T>(bare: &DatabaseConnection, name: &str, before: impl AsyncFn() -> T) {
    let views = || Expr::col(Column::Views).add(1);
    let count = async || {
        let counter = Entity::update_many().col_expr(Column::Views, views()).filter(Column::Id.eq(3));
        counter.exec(bare).await.unwrap();
    };
    let later = async || {
        before().await;
        count().await;
    };
    ratios::paired(&format!("floor: {name}"), count, later).await;
}

#[tokio::main]
async fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let said = |name: &str| words.iter().any(|word| word == name);
    let wanted = |names: &[&str], name: &str| said(name) || !names.iter().any(|name| said(name));
    let redis = RedisServer::start();
    let fenced = format!("redis://{}/0?prefix=bench&private", redis.address());
    let unfenced = format!("{fenced}&fence=off");
    let durable = PostgresServer::start_with(&["fsync=on", "synchronous_commit=on", "full_page_writes=on"]);
    let clusters = [
        ("durable", "whose COMMIT waits for the disk", &durable),
        ("volatile", "that never waits", PostgresServer::shared()),
    ];
    for (word, kind, postgres) in clusters {
        if !wanted(&["durable", "volatile"], word) {
            continue;
        }
        let bare = postgres.database(1).await.unwrap();
        bare.execute_unprepared(SCHEMA).await.unwrap();
        for (word, url) in [("process", "memory://?private"), ("unfenced", &unfenced), ("fenced", &fenced)] {
            if !wanted(&["process", "unfenced", "fenced"], word) {
                continue;
            }
            println!("PostgreSQL over loopback {kind}, cache: {word}");
            if word != "process" {
                measure_floors(&bare, redis.address()).await;
            }
            measure(&bare, &wrapped(&bare, url).await).await;
        }
    }
}
