//! What the wrapper adds on PostgreSQL over loopback: `cargo bench -p cache-benches --bench postgres`.
//!
//! Bare and wrapped call in turn on one connection of one pool, with a cache in this process, with one in Redis that
//! announces nothing, and with one that announces a fence before each write: one round trip that the write waits for,
//! since its publication goes behind its back. What that adds depends on what a COMMIT costs: little if it waits for the
//! disk, all of it if it does not. The floors stand beside it: the bare write, and as many commands of a bare client as a
//! log in Redis takes, sent where ours are sent.
//!
//! A word after `--` selects: `process`, `unfenced`, `fenced`; `durable`, `volatile`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cache_benches::blog::{ActiveModel, Column, Entity};
use cache_benches::shared::raw::Raw;
use cache_benches::table::{Bound, Table, ratio, time};
use cache_benches::turns::{Call, take};
use cache_seaorm::{BeforeImages, Cache, CachedConnection};
use cache_servers::{PostgresServer, RedisServer};
use redis::{Cmd, Value, cmd};
use sea_orm::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{DatabaseConnection, Set, TransactionSession, TransactionTrait};
use tokio::task::JoinHandle;

const SCHEMA: &str = "CREATE TABLE article (id bigserial PRIMARY KEY, category text NOT NULL, title text NOT NULL, \
    views bigint NOT NULL); \
    INSERT INTO article (category, title, views) SELECT 'c' || n % 10, 'The title of article ' || n, 0 \
    FROM generate_series(1, 1000) AS n";

/// What an application does.
#[derive(Clone, Copy, Debug)]
enum Work {
    Read,
    Count,
    Edit,
    EditInTransaction,
    Move,
}

impl Work {
    async fn on(self, db: impl ConnectionTrait + TransactionTrait) {
        static NUMBER: AtomicI64 = AtomicI64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let edit = ActiveModel { id: Set(3), views: Set(number), ..Default::default() };
        match self {
            Self::Read => drop(Entity::find_by_id(3).one(&db).await.unwrap()),
            Self::Count => {
                let views = Expr::col(Column::Views).add(1);
                let counter = Entity::update_many().col_expr(Column::Views, views).filter(Column::Id.eq(3));
                counter.exec(&db).await.unwrap();
            }
            Self::Edit => drop(edit.update(&db).await.unwrap()),
            Self::EditInTransaction => {
                let transaction = db.begin().await.unwrap();
                edit.update(&transaction).await.unwrap();
                transaction.commit().await.unwrap();
            }
            Self::Move => {
                let category = Set(format!("m{number}"));
                ActiveModel { id: Set(3), category, ..Default::default() }.update(&db).await.unwrap();
            }
        }
    }

    fn call(self, db: impl ConnectionTrait + TransactionTrait + Clone + Send + 'static) -> Call {
        Call::new(move |_| self.on(db.clone()))
    }
}

/// What the wrapper adds to one kind of work, beside its bound.
async fn compare(table: &mut Table, name: &str, bound: Bound, bare: Call, other: Call) {
    let times = take(1, &[bare, other]).await;
    let [bare, other] = [0, 1].map(|call| time(times.median(call)));
    let times = times.ratio(1, 0);
    table.line([name.to_owned(), bare, other, ratio(times), bound.of(times.median)]);
}

async fn measure(table: &mut Table, bare: &DatabaseConnection, db: &CachedConnection, write: Bound) {
    let mut add = async |name: &str, bound, work: Work| {
        compare(table, name, bound, work.call(bare.clone()), work.call(db.clone())).await;
    };
    add("a read by key", Bound::AtMost(1.05), Work::Read).await;
    add("a counter by key", write, Work::Count).await;
    add("an ActiveModel update", write, Work::Edit).await;
    add("a transaction with an update", Bound::None, Work::EditInTransaction).await;
    add("a move by key", Bound::None, Work::Move).await;
    db.set_before_images(BeforeImages::Never);
    add("a move, without looking before", Bound::None, Work::Move).await;
}

/// A log in Redis as it is written by hand, and somebody who follows it.
struct ByHand {
    raw: Raw,
    append: Arc<Cmd>,
    follower: JoinHandle<()>,
}

impl ByHand {
    async fn new(address: SocketAddr) -> Self {
        let follower = Raw::connect(address).await;
        let follower = tokio::spawn(async move {
            let mut next = cmd("XREAD");
            next.arg("COUNT").arg(512).arg("BLOCK").arg(5_000).arg("STREAMS").arg("a log").arg("$");
            loop {
                let _: Value = follower.ask(&next).await;
            }
        });
        let mut append = cmd("XADD");
        append
            .arg("a log")
            .arg("MAXLEN")
            .arg("~")
            .arg(10_000)
            .arg("*")
            .arg("marks")
            .arg([7_u8; 100].as_slice());
        Self { raw: Raw::connect(address).await, append: Arc::new(append), follower }
    }

    /// A counter after one command, which may be followed by one that nobody waits for.
    fn count(&self, first: First, then: Then, bare: &DatabaseConnection) -> Call {
        let (raw, append, bare) = (self.raw.clone(), Arc::clone(&self.append), bare.clone());
        Call::new(move |_| {
            let (raw, append, bare) = (raw.clone(), Arc::clone(&append), bare.clone());
            async move {
                match first {
                    First::Get => drop(raw.get("a key").await),
                    First::Append => raw.ask(&append).await,
                }
                Work::Count.on(bare).await;
                match then {
                    Then::Nothing => {}
                    Then::Append => drop(tokio::spawn(async move { raw.ask::<Value>(&append).await })),
                }
            }
        })
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

#[derive(Clone, Copy)]
enum First {
    Get,
    Append,
}

#[derive(Clone, Copy)]
enum Then {
    Nothing,
    Append,
}

async fn measure_floors(table: &mut Table, bare: &DatabaseConnection, address: SocketAddr) {
    let by_hand = ByHand::new(address).await;
    let floors = [
        ("floor: a counter after a GET", First::Get, Then::Nothing),
        ("floor: a counter after an XADD", First::Append, Then::Nothing),
        ("floor: a counter between two XADDs", First::Append, Then::Append),
    ];
    for (name, first, then) in floors {
        let floor = by_hand.count(first, then, bare);
        compare(table, name, Bound::None, Work::Count.call(bare.clone()), floor).await;
    }
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
        let caches = [
            ("process", "memory://?private", Bound::AtMost(1.10)),
            ("unfenced", &unfenced, Bound::None),
            ("fenced", &fenced, Bound::AtMost(1.25)),
        ];
        for (word, url, write) in caches {
            if !wanted(&["process", "unfenced", "fenced"], word) {
                continue;
            }
            let mut table = Table::new(["", "bare", "wrapped", "wrapped / bare", "bound"]);
            if word != "process" {
                measure_floors(&mut table, &bare, redis.address()).await;
            }
            let db = CachedConnection::new(bare.clone(), Cache::from_url(url).unwrap()).await.unwrap();
            measure(&mut table, &bare, &db, write).await;
            table.print(&format!("PostgreSQL over loopback {kind}, cache: {word}"));
        }
    }
}
