//! What the wrapper adds on PostgreSQL over loopback: `cargo bench -p cache-benches --bench postgres`.
//!
//! Bare and wrapped call in turn on one connection of one pool, with a cache in this process, with one in Redis that
//! announces nothing, and with one that announces a fence before each write: one round trip that the write waits for,
//! since its publication goes behind its back. One that writes the same row again goes on under the fence that is up, and
//! waits for nothing. What that adds depends on what a COMMIT costs: little if it waits for the disk, all of it if it does
//! not. The floors are measured in the same rounds: the bare write behind one command of a bare client, which is no fence
//! (GET), one that no reader meets (XADD), or the least that a log with a head takes (a script).
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

const ROWS: i64 = 1000;

/// What an application does.
#[derive(Clone, Copy, Debug)]
enum Work {
    Read,
    Count(Row),
    Edit(Row),
    EditInTransaction,
    Move,
}

/// Which row is written.
#[derive(Clone, Copy, Debug)]
enum Row {
    /// One that was written just before: its fence is there.
    Same,
    Another,
}

impl Work {
    async fn on(self, db: impl ConnectionTrait + TransactionTrait) {
        static NUMBER: AtomicI64 = AtomicI64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let id = match self {
            Self::Count(Row::Another) | Self::Edit(Row::Another) => number % ROWS + 1,
            _ => 3,
        };
        let edit = ActiveModel { id: Set(id), views: Set(number), ..Default::default() };
        match self {
            Self::Read => drop(Entity::find_by_id(3).one(&db).await.unwrap()),
            Self::Count(_) => {
                let views = Expr::col(Column::Views).add(1);
                let counter = Entity::update_many().col_expr(Column::Views, views).filter(Column::Id.eq(id));
                counter.exec(&db).await.unwrap();
            }
            Self::Edit(_) => drop(edit.update(&db).await.unwrap()),
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

/// What the calls add to the first of them, each beside its bound: all of them in the same rounds.
async fn compare<const N: usize>(table: &mut Table, calls: [(&str, Bound, Call); N]) {
    let times = take(1, &calls.each_ref().map(|(_, _, call)| call.clone())).await;
    for (call, (name, bound, _)) in calls.iter().enumerate().skip(1) {
        let [bare, other] = [0, call].map(|call| time(times.median(call)));
        let added = format!("{:+.0} us", times.added(call, 0) / 1e3);
        let times = times.ratio(call, 0);
        table.line([(*name).to_owned(), bare, other, added, ratio(times), bound.of(times.median)]);
    }
}

async fn measure(
    table: &mut Table,
    bare: &DatabaseConnection,
    db: &CachedConnection,
    write: Bound,
    by_hand: Option<&ByHand>,
) {
    let pair = async |table: &mut Table, name, bound, work: Work| {
        let bare = ("bare", Bound::None, work.call(bare.clone()));
        compare(table, [bare, (name, bound, work.call(db.clone()))]).await;
    };
    pair(table, "a read by key", Bound::AtMost(1.05), Work::Read).await;
    if let Some(by_hand) = by_hand {
        let work = Work::Count(Row::Another);
        let floor = |name, command| (name, Bound::None, by_hand.call(command, work, bare));
        let calls = [
            ("bare", Bound::None, work.call(bare.clone())),
            floor("floor: a counter behind a GET", &by_hand.get),
            floor("floor: a counter behind an XADD", &by_hand.append),
            floor("floor: a counter behind a script", &by_hand.publish),
            ("a counter by key, another row", write, work.call(db.clone())),
        ];
        compare(table, calls).await;
    } else {
        pair(table, "a counter by key, another row", write, Work::Count(Row::Another)).await;
    }
    pair(table, "a counter by key, the same row", write, Work::Count(Row::Same)).await;
    pair(table, "an ActiveModel update, another row", write, Work::Edit(Row::Another)).await;
    pair(table, "an ActiveModel update, the same row", write, Work::Edit(Row::Same)).await;
    pair(table, "a transaction with an update", Bound::None, Work::EditInTransaction).await;
    pair(table, "a move by key", Bound::None, Work::Move).await;
    db.set_before_images(BeforeImages::Never);
    pair(table, "a move, without looking before", Bound::None, Work::Move).await;
}

/// Appends a record and moves the head.
const PUBLISH: &str = "local head = redis.call('INCR', KEYS[1]) \
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, head .. '-0', 'marks', ARGV[1]) \
    return head";

/// A log in Redis as it is written by hand, and somebody who follows it.
struct ByHand {
    raw: Raw,
    get: Arc<Cmd>,
    append: Arc<Cmd>,
    publish: Arc<Cmd>,
    follower: JoinHandle<()>,
}

impl ByHand {
    async fn new(address: SocketAddr) -> Self {
        const MARKS: &[u8] = &[7; 100];
        let raw = Raw::connect(address).await;
        let command = |words: &[&str], marks: &[u8]| {
            let mut command = Cmd::new();
            command.arg(words).arg(marks);
            Arc::new(command)
        };
        let hash: String = raw.ask(cmd("SCRIPT").arg("LOAD").arg(PUBLISH)).await;
        let follower = Raw::connect(address).await;
        let follower = tokio::spawn(async move {
            let mut next = cmd("XREAD");
            next.arg("COUNT").arg(512).arg("BLOCK").arg(5_000).arg("STREAMS").arg("a log").arg("$");
            loop {
                let _: Value = follower.ask(&next).await;
            }
        });
        Self {
            get: command(&["GET"], b"a key"),
            append: command(&["XADD", "a log", "MAXLEN", "~", "10000", "*", "marks"], MARKS),
            publish: command(&["EVALSHA", &hash, "2", "a head", "another log"], MARKS),
            raw,
            follower,
        }
    }

    /// Work behind one command.
    fn call(&self, command: &Arc<Cmd>, work: Work, bare: &DatabaseConnection) -> Call {
        let (raw, command, bare) = (self.raw.clone(), Arc::clone(command), bare.clone());
        Call::new(move |_| {
            let (raw, command, bare) = (raw.clone(), Arc::clone(&command), bare.clone());
            async move {
                let _: Value = raw.ask(&command).await;
                work.on(bare).await;
            }
        })
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        self.follower.abort();
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
            let mut table = Table::new(["", "bare", "wrapped", "added", "wrapped / bare", "bound"]);
            let by_hand = if word == "process" { None } else { Some(ByHand::new(redis.address()).await) };
            let db = CachedConnection::new(bare.clone(), Cache::from_url(url).unwrap()).await.unwrap();
            measure(&mut table, &bare, &db, write, by_hand.as_ref()).await;
            table.print(&format!("PostgreSQL over loopback {kind}, cache: {word}"));
        }
    }
}
