//! `cargo bench -p cache-diesel --features postgres,async-postgres --bench postgres`: what the wrapper adds on PostgreSQL
//! over loopback, through Diesel and through diesel-async.
//!
//! Bare and wrapped call in turn, each on a connection of its own, and so with a server process of its own. How long a
//! round trip takes depends on where that process runs, so all of them run on one processor, and this program on another.
//! The lines that compare two bare connections say how far the others can be believed.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up has nothing to measure")]
#![allow(missing_docs, reason = "nobody calls a benchmark")]

mod awaited;
mod blocking;
#[path = "../compared/mod.rs"]
mod compared;
mod places;

use cache_servers::PostgresServer;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use compared::Turns;
use places::Places;

const TURNS: Turns = Turns { calls: 10, turns: 1_000 };

/// For what waits for a disk.
const FEWER: Turns = Turns { calls: 10, turns: 150 };

const SCHEMA: &str = "CREATE TABLE article (id bigint PRIMARY KEY, category text NOT NULL, title text NOT NULL, \
    views bigint NOT NULL); CREATE INDEX ON article (category); \
    INSERT INTO article SELECT n, 'c' || n / 100, 'a title', 0 FROM generate_series(0, 999) AS n; ANALYZE article";

fn main() {
    let places = Places::choose();
    let durable = PostgresServer::start_with(&["fsync=on", "synchronous_commit=on", "full_page_writes=on"]);
    let clusters = [
        ("that never waits", PostgresServer::shared(), TURNS),
        ("whose COMMIT waits for the disk", &durable, FEWER),
    ];
    for (kind, server, writes) in clusters {
        let url = server.url("postgres");
        PgConnection::establish(&url).unwrap().batch_execute(SCHEMA).unwrap();
        println!("Diesel, PostgreSQL over loopback {kind}");
        blocking::measure(&url, &places, writes);
        println!("diesel-async, the same");
        awaited::measure(&url, &places, writes);
    }
}
