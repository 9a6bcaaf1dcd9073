//! Several processes, one cache.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cache_core::cache::{Consistency, Policy};
use cache_core::{Cache, Dep, EntryKey, Error};
use cache_tests::servers::{RedisServer, wait};
use futures_util::{FutureExt, StreamExt};

use crate::{TAG, Truth, process, process_with, url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_of_one_process_ends_the_entry_in_all() {
    let server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let truth = Truth::default();
    for value in 1..=50 {
        truth.write(if value % 2 == 0 { &one } else { &two }, value).await.unwrap();
        assert_eq!((truth.read(&one).await, truth.read(&two).await), (value, value));
        assert_eq!((truth.read(&two).await, truth.read(&one).await), (value, value));
    }
    assert_eq!(truth.asked(), 50, "each value is loaded once, by one of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_process_has_seen_end_is_claimed_and_stored_in_two_round_trips() {
    let server = RedisServer::start();
    let cache = process(&server).await;
    let truth = Truth::default();
    truth.read(&cache).await;
    for value in 1..10 {
        truth.write(&cache, value).await.unwrap();
        let before = (server.calls("mget"), server.calls("set"));
        assert_eq!(truth.read(&cache).await, value);
        let after = (server.calls("mget"), server.calls("set"));
        // The claim, which looks for entry and head too, and the entry.
        assert_eq!((after.0 - before.0, after.1 - before.1), (1, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_claims_at_once_takes_what_another_process_has_loaded_meanwhile() {
    let server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let truth = Truth::default();
    truth.read(&one).await;
    truth.read(&two).await;
    for value in 1..10 {
        truth.write(&one, value).await.unwrap();
        assert_eq!((truth.read(&two).await, truth.read(&one).await), (value, value));
        wait::until("the end of the claim", || {
            server.call(&["KEYS", "test:c:*"]).texts().is_empty().then_some(())
        });
    }
    assert_eq!(truth.asked(), 10, "each value is loaded once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_outlives_the_process_that_filled_it() {
    let server = RedisServer::start();
    let truth = Truth::default();
    truth.read(&process(&server).await).await;
    let late = process(&server).await;
    truth.read(&late).await;
    assert_eq!((truth.asked(), late.stats().store_hits), (1, 1));
    truth.write(&process(&server).await, 1).await.unwrap();
    assert_eq!(truth.read(&process(&server).await).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_of_a_hundred_callers_each_load_a_cold_key_once() {
    let server = RedisServer::start();
    let truth = Truth::default();
    let mut callers = Vec::new();
    for cache in [process(&server).await, process(&server).await] {
        for _ in 0..100 {
            let (cache, truth) = (cache.clone(), truth.clone());
            callers.push(tokio::spawn(async move {
                let load = async || {
                    truth.asked.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Ok::<_, Error>(7)
                };
                assert_eq!(*cache.get_or_load("cold", [], load).await.unwrap(), 7);
            }));
        }
    }
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(truth.asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_of_a_process_that_died_delays_nobody_for_ever() {
    let server = RedisServer::start();
    let lease = "lease=300ms";
    let (dying, waiting) = (process_with(&server, lease).await, process_with(&server, lease).await);
    let never = async || {
        std::future::pending::<()>().await;
        Ok::<_, Error>(0)
    };
    // Forgotten, so that nothing ends the claim: as if the process had been killed.
    let mut load = Box::pin(dying.get_or_load("cold", [], never));
    let claimed = || !server.call(&["KEYS", "test:c:*"]).texts().is_empty();
    while !claimed() {
        let _ = load.as_mut().now_or_never();
        tokio::task::yield_now().await;
    }
    std::mem::forget(load);
    let value = waiting.get_or_load("cold", [], async || Ok::<_, Error>(7)).await.unwrap();
    assert_eq!(*value, 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_fails_leaves_its_claim_to_the_next() {
    let server = RedisServer::start();
    let (failing, next) = (process_with(&server, "lease=1h").await, process_with(&server, "lease=1h").await);
    let fail = async || Err::<i32, _>(Error::new(cache_core::ErrorKind::Unavailable, "no database"));
    assert!(failing.get_or_load("cold", [], fail).await.is_err());
    assert_eq!(*next.get_or_load("cold", [], async || Ok::<_, Error>(7)).await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounded_hit_asks_nobody_and_sees_the_writes_of_its_own_process_at_once() {
    let server = RedisServer::start();
    let bound = Consistency::Bounded(Duration::from_secs(600));
    let cache = process(&server).await.with_policy(Policy::new().consistency(bound));
    let truth = Truth::default();
    truth.read(&cache).await;
    // The tail confirms the head in the background.
    let calls = || server.info("total_commands_processed").unwrap().parse::<u64>().unwrap();
    wait::until("a hit that asks nobody", || {
        let before = calls();
        let hit = truth.read(&cache).now_or_never();
        // INFO itself is a command; the tail's own are few.
        (hit == Some(0) && calls() <= before + 4).then_some(())
    });
    for value in 1..20 {
        truth.write(&cache, value).await.unwrap();
        assert_eq!(truth.read(&cache).await, value);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounded_read_sees_the_writes_of_others_within_its_bound() {
    let server = RedisServer::start();
    let (reader, writer) = (process_with(&server, "consistency=bounded:200ms").await, process(&server).await);
    let truth = Truth::default();
    for value in 1..10 {
        truth.read(&reader).await;
        truth.write(&writer, value).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(truth.read(&reader).await, value);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_urls_are_one_cache_and_prefixes_keep_caches_apart() {
    let server = RedisServer::start();
    let url = url(&server, "").replace("&private", "");
    let (one, same) = (Cache::from_url(&url).unwrap(), Cache::from_url(&url).unwrap());
    assert_eq!(one, same);
    let other = Cache::from_url(&url.replace("prefix=test", "prefix=other")).unwrap();
    one.put("key", 1, []).await.unwrap();
    assert_eq!(other.get::<i32>("key").await, None);
    one.put("key", 1, [Dep::tag(TAG)]).await.unwrap();
    other.invalidate(Dep::tag(TAG)).await.unwrap();
    assert_eq!(one.get::<i32>("key").await.as_deref(), Some(&1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_on_the_server_has_an_end_but_for_head_and_log() {
    let server = RedisServer::start();
    let cache = process_with(&server, "ttl=3s&timeout=20s").await;
    let queries = std::env::var("REDIS_QUERIES").map_or(10_000, |queries| queries.parse().unwrap());
    let read = async |number: u64| {
        let key = EntryKey::of("query", &number).unwrap();
        let load = async || Ok::<_, Error>(number);
        assert_eq!(*cache.get_or_load(key, [Dep::tag(TAG)], load).await.unwrap(), number);
    };
    futures_util::stream::iter(0..queries).for_each_concurrent(256, read).await;
    assert_eq!(cache.stats().fills, queries);
    let endless = "local n = {}
        for _, k in ipairs(redis.call('KEYS', '*')) do
            if redis.call('PTTL', k) == -1 then table.insert(n, k) end
        end
        return n";
    let mut endless = server.call(&["EVAL", endless, "0"]).texts();
    endless.sort();
    assert_eq!(endless, ["test:head"], "a log that nobody wrote to is not there");
    cache.invalidate(Dep::tag(TAG)).await.unwrap();
    wait::until("all entries to expire", || {
        let mut keys = server.call(&["KEYS", "*"]).texts();
        keys.sort();
        (keys == ["test:head", "test:log"]).then_some(())
    });
}

#[test]
fn a_caller_without_a_runtime_is_served() {
    let server = RedisServer::start();
    let cache = Cache::from_url(&url(&server, "")).unwrap();
    let truth = Truth::default();
    futures_executor(async {
        cache.connect().await.unwrap();
        truth.read(&cache).await;
        truth.read(&cache).await;
        truth.write(&cache, 1).await.unwrap();
        assert_eq!(truth.read(&cache).await, 1);
    });
    assert_eq!(truth.asked(), 2);
}

/// Polls where no runtime is.
fn futures_executor(future: impl Future<Output = ()>) {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    while future.as_mut().poll(&mut context).is_pending() {
        std::thread::park();
    }
}

#[test]
fn a_connection_whose_runtime_has_ended_is_replaced() {
    let server = RedisServer::start();
    let cache = Cache::from_url(&url(&server, "")).unwrap();
    let truth = Truth::default();
    for value in 1..4 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            // The first command on a dead connection fails, and its publication is delivered by the next.
            let _ = truth.write(&cache, value).await;
            assert_eq!(truth.read(&cache).await, value);
            cache.connect().await.unwrap();
            wait_served(&cache, &truth).await;
        });
    }
}

async fn wait_served(cache: &Cache, truth: &Truth) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let hits = cache.stats().hits;
    while cache.stats().hits == hits {
        assert!(std::time::Instant::now() < deadline, "the cache serves nothing any more");
        truth.read(cache).await;
    }
}
