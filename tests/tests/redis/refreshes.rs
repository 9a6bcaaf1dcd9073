//! Entries that outlive their time to live, shared by processes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cache_core::cache::{Loaded, Outcome, Policy, Request};
use cache_core::{Cache, Dep, Error, Marks};
use cache_tests::servers::RedisServer;
use cache_tests::servers::resp::Reply;

use crate::{TAG, process};

const HOUR: Duration = Duration::from_secs(3600);

/// A policy whose entries have expired when the next one looks, and live on.
fn stretched() -> Policy {
    Policy::new().ttl(Duration::from_millis(1)).tag(TAG).stale_while_revalidate(HOUR).stale_if_error(HOUR)
}

/// A read whose refresh runs in a task and takes a while.
async fn read(cache: &Cache, loads: &Arc<AtomicUsize>) -> Outcome<usize> {
    let (policy, codec) = (stretched(), cache.codec::<usize>());
    let request = Request { key: "value".into(), policy: &policy, codec: &codec };
    let load = async |loads: Arc<AtomicUsize>| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let value = loads.fetch_add(1, Ordering::SeqCst);
        Ok::<_, Error>(Loaded { value, watched: Marks::default().into() })
    };
    let (detached, codec) = (Arc::clone(loads), cache.codec::<usize>());
    let detach = move |refresh: cache_core::cache::Refresh<usize>| {
        tokio::spawn(async move { refresh.run(&codec, async |_| load(detached).await).await });
    };
    cache.load_detachable(&request, async |_| load(Arc::clone(loads)).await, detach).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_refreshes_for_all_while_all_are_served() {
    let server = RedisServer::start();
    let processes = [process(&server).await, process(&server).await, process(&server).await];
    let loads = Arc::new(AtomicUsize::new(0));
    read(&processes[0], &loads).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let began = Instant::now();
    let mut late = Vec::new();
    // A refresh is under way for 100 ms; who asks meanwhile is served, wherever.
    while loads.load(Ordering::SeqCst) == 1 {
        for cache in &processes {
            let outcome = read(cache, &loads).await;
            if *outcome.value != 0 {
                late.push(outcome.source.to_string());
            }
        }
        assert!(began.elapsed() < Duration::from_secs(20), "nobody refreshes");
    }
    assert_eq!(loads.load(Ordering::SeqCst), 2, "{late:?}");
    assert!(processes.iter().all(|cache| cache.stats().stale > 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stretched_entry_that_another_process_has_touched_is_not_served() {
    let server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let loads = Arc::new(AtomicUsize::new(0));
    for round in 1..10 {
        read(&one, &loads).await;
        let before = loads.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        two.invalidate(Dep::tag(TAG)).await.unwrap();
        for cache in [&one, &two] {
            let outcome = read(cache, &loads).await;
            assert!(*outcome.value >= before, "round {round}: {} {before}", outcome.source);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_process_finds_what_is_stretched_on_the_server_and_it_ends_there_too() {
    let server = RedisServer::start();
    let loads = Arc::new(AtomicUsize::new(0));
    read(&process(&server).await, &loads).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let late = process(&server).await;
    let sources = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sources);
    let _subscription = late.on_event(move |event| seen.lock().unwrap().push(event.to_string()));
    assert_eq!(*read(&late, &loads).await.value, 0);
    assert!(sources.lock().unwrap()[0].contains("stale hit"), "{sources:?}");
    let entry = &server.call(&["KEYS", "test:e:*"]).texts()[0];
    let left = server.call(&["PTTL", entry]);
    assert!(matches!(left, Reply::Number(1..=3_600_001)), "{left:?}");
}
