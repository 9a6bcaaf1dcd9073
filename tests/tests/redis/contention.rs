//! Processes that get into each other's way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache_core::{Cache, Dep};
use cache_tests::servers::{Link, Proxy, RedisServer, wait};

use crate::{TAG, Truth, process};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_an_entry_after_all_leaves_no_claim_behind() {
    let server = RedisServer::start();
    let (proxy, truth) = (Proxy::start(server.address()), Truth::default());
    let url = format!("redis://{}/0?prefix=test&private&fence=nobody&lease=1h&timeout=10s", proxy.address());
    let late = Cache::from_url(&url).unwrap();
    late.connect().await.unwrap();
    // Between its look and its claim another process fills the entry.
    proxy.set(Link::Slow(Duration::from_millis(100)));
    let reading = tokio::spawn({
        let (truth, late) = (truth.clone(), late.clone());
        async move { truth.read(&late).await }
    });
    wait::until("the first look", || {
        server.call(&["INFO", "commandstats"]).text()?.contains("cmdstat_mget").then_some(())
    });
    truth.read(&process(&server).await).await;
    reading.await.unwrap();
    assert_eq!(truth.asked(), 1, "the late reader has found the entry");
    wait::until("the end of the claim", || {
        server.call(&["KEYS", "test:c:*"]).texts().is_empty().then_some(())
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_epoch_begins_whatever_others_publish() {
    let server = RedisServer::start();
    let (clearing, publishing) = (process(&server).await, process(&server).await);
    static DONE: AtomicBool = AtomicBool::new(false);
    let publications = tokio::spawn(async move {
        while !DONE.load(Ordering::Relaxed) {
            publishing.invalidate(Dep::tag(TAG)).await.unwrap();
        }
    });
    for _ in 0..100 {
        clearing.clear().await.unwrap();
    }
    DONE.store(true, Ordering::Relaxed);
    publications.await.unwrap();
}
