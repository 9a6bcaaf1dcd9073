//! Processes that get into each other's way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache_core::{Cache, Dep};
use cache_tests::servers::{Link, Proxy, RedisServer, Trap, wait};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_time_to_live_brings_nothing_back_that_others_have_ended() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.address());
    let url = format!("redis://{}/0?prefix=test&private&fence=nobody&timeout=3s", proxy.address());
    let (one, other) = (Cache::from_url(&url).unwrap(), process(&server).await);
    one.put("session", 7, []).await.unwrap();
    assert!(one.expire_in("session", Duration::from_secs(3000)).await.unwrap(), "nobody is in the way");
    assert_eq!(other.get::<i32>("session").await.as_deref(), Some(&7));
    // After it was seen, and before it is ended to be there again.
    let (ending, runtime) = (other.clone(), tokio::runtime::Handle::current());
    let action = Box::new(move || runtime.block_on(ending.invalidate_entry("session")).unwrap());
    proxy.trap(Trap { text: "EVALSHA", skip: 0, forward: false, action });
    assert!(!one.expire_in("session", Duration::from_secs(1000)).await.unwrap());
    assert!(proxy.disarm().is_none());
    for cache in [&one, &other] {
        assert_eq!(cache.get::<i32>("session").await, None);
    }
    // When it is about to be there again; the same process knows of that end already.
    one.put("session", 7, []).await.unwrap();
    let (ending, runtime) = (one.clone(), tokio::runtime::Handle::current());
    // What is trapped holds up what ends it: it is owed then, or goes over another connection.
    let action = Box::new(move || drop(runtime.block_on(ending.invalidate_entry("session"))));
    proxy.trap(Trap { text: "\r\nSET\r\n", skip: 0, forward: false, action });
    let _ = one.expire_in("session", Duration::from_secs(1000)).await;
    assert!(proxy.disarm().is_none());
    wait::until("the end is delivered", || (one.stats().owed == 0).then_some(()));
    for cache in [&one, &other] {
        assert_eq!(cache.get::<i32>("session").await, None);
    }
}
