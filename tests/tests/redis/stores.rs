//! One meaning for all stores.

use cache_core::Cache;
use cache_core::store::MemoryStore;
use cache_tests::conformance;
use cache_tests::servers::RedisServer;

use crate::process;

#[tokio::test]
async fn memory_and_redis_are_stores_of_one_meaning() {
    conformance::check(&MemoryStore::new(1 << 20)).await.unwrap();
    let server = RedisServer::start();
    conformance::check(process(&server).await.store()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caches_in_memory_and_in_redis_are_of_one_meaning() {
    for url in ["memory://?private", "memory://?private&store=1MiB"] {
        let cache = Cache::from_url(url).unwrap();
        conformance::check_caches(&cache, &cache).await.unwrap();
    }
    let server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    conformance::check_caches(&one, &two).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_values_are_one_round_trip() {
    let server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let keys: Vec<String> = (0..1000).map(|number| format!("value {number}")).collect();
    let entries = keys.iter().map(String::as_str).zip(0..1000);
    let calls = |name: &str| server.calls(name);
    one.put_many(entries, []).await.unwrap();
    let before = (calls("mget"), calls("get"));
    let found = two.get_many::<i32>(keys.iter().map(String::as_str)).await;
    assert!(found.iter().enumerate().all(|(number, value)| value.as_deref() == Some(&(number as i32))));
    assert_eq!(calls("mget") - before.0, 1);
    assert!(calls("get") - before.1 < 20, "the tails confirm heads; nobody asks for keys one by one");
}
