//! What a server may lose, and when: more misses, never a stale hit.

use cache_core::{Mark, Marks};
use cache_tests::servers::{Options, Persistence, Restart};
use cache_tests::servers::{RedisServer, wait};

use crate::{Truth, process, process_with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_far_behind_takes_the_newest_records_and_no_more_than_are_of_use() {
    let server = RedisServer::start();
    let writer = process(&server).await;
    for record in 0..600_u64 {
        let wide: Marks = (0..4000).map(|mark| Mark::from_bits(record * 4000 + mark)).collect();
        writer.publish(wide, None).await.unwrap();
    }
    let sent = || server.info("total_net_output_bytes").unwrap().parse::<u64>().unwrap();
    let (late, truth, before) = (process_with(&server, "timeout=20s").await, Truth::default(), sent());
    truth.read(&late).await;
    let taken = (sent() - before) >> 20;
    assert!(taken < 8, "{taken} MiB of 18");
    truth.read(&late).await;
    assert_eq!((truth.asked(), late.stats().hits), (1, 1), "what it loads is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_key_costs_misses_only() {
    let server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let truth = Truth::default();
    let losses: [&[&str]; 5] = [
        &["DEL", "test:head"],
        &["DEL", "test:log"],
        &["DEL", "test:head", "test:log"],
        &["FLUSHALL"],
        &["SCRIPT", "FLUSH"],
    ];
    let mut value = 0;
    for loss in losses {
        for lost_before_write in [true, false] {
            value += 1;
            truth.read(&one).await;
            truth.read(&two).await;
            if lost_before_write {
                server.call(loss);
            }
            // A server that has forgotten its scripts refuses the first call; the publication is owed then.
            let _ = truth.write(&one, value).await;
            wait::until("the publication", || (one.stats().owed == 0).then_some(()));
            if !lost_before_write {
                server.call(loss);
            }
            assert_eq!(truth.read(&two).await, value, "{loss:?}");
            assert_eq!(truth.read(&one).await, value, "{loss:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_from_before_a_write_brings_no_entry_back() {
    for persistence in [Persistence::None, Persistence::AppendOnly] {
        let mut server = RedisServer::start_with(Options { persistence, ..Options::default() });
        let (one, two) = (process(&server).await, process(&server).await);
        let truth = Truth::default();
        truth.read(&one).await;
        truth.read(&two).await;
        server.call(&["SAVE"]);
        truth.write(&one, 1).await.unwrap();
        server.kill();
        server.restart(Restart::WithData);
        for cache in [&two, &one, &process(&server).await] {
            assert_eq!(truth.read(cache).await, 1);
        }
        drop(server);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_replica_without_the_last_writes_serves_nothing_old() {
    let mut master = RedisServer::start();
    let mut replica =
        RedisServer::start_with(Options { replica_of: Some(master.address()), ..Options::default() });
    let proxy = cache_tests::servers::Proxy::start(master.address());
    let url = format!("redis://{}/0?prefix=test&private&fence=nobody", proxy.address());
    let open = || cache_core::Cache::from_url(&url).unwrap();
    let (one, two) = (open(), open());
    let truth = Truth::default();
    truth.read(&one).await;
    truth.read(&two).await;
    replica.wait_for_replication(&master);
    replica.pause();
    truth.write(&one, 1).await.unwrap();
    master.kill();
    replica.resume();
    replica.promote();
    proxy.switch(replica.address());
    for cache in [&two, &one, &open()] {
        assert_eq!(truth.read(cache).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_trimmed_makes_old_entries_unverifiable() {
    let server = RedisServer::start();
    let small = "log=100";
    let writer = crate::process_with(&server, small).await;
    let truth = Truth::default();
    truth.read(&writer).await;
    for _ in 0..2000 {
        writer.invalidate(cache_core::Dep::tag("other")).await.unwrap();
    }
    // A newcomer has not seen what was trimmed.
    let newcomer = crate::process_with(&server, small).await;
    truth.read(&newcomer).await;
    assert_eq!(truth.asked(), 2);
    truth.read(&writer).await;
    assert_eq!(truth.asked(), 2, "who has followed the log still knows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_that_evicts_nothing_loses_no_write() {
    let server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let truth = Truth::default();
    truth.read(&two).await;
    truth.read(&one).await;
    server.call(&["CONFIG", "SET", "maxmemory", "1", "maxmemory-policy", "noeviction"]);
    let _ = truth.write(&one, 1).await;
    assert_eq!(truth.read(&two).await, 1);
    assert_eq!(truth.read(&one).await, 1);
    server.call(&["CONFIG", "SET", "maxmemory", "0"]);
    wait::until("the publication", || (one.stats().owed == 0).then_some(()));
    assert_eq!((truth.read(&two).await, truth.read(&one).await), (1, 1));
}
