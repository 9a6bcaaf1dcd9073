//! One meaning for all stores.

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
