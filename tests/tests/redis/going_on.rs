//! What becomes of writes that go on under the fence of another, and of those that may not.

use std::time::Duration;

use cache_core::cache::Consistency;
use cache_tests::servers::{RedisServer, wait};

use crate::trail::{first_hit, go_on, gone_on, hits, marks, open, read_of, taken_on, warm, write_again};

#[tokio::test]
async fn a_strict_write_asks_whether_the_log_answers_and_shares_no_fence() {
    let server = RedisServer::start();
    let writer = open(&server, "strict_writes");
    for _ in 0..50 {
        write_again(&writer, &marks(7)).await;
        write_again(&writer, &marks(7)).await;
        assert!(go_on(&writer, &marks(7)).await.is_none());
    }
    write_again(&writer, &marks(7)).await;
    write_again(&writer, &marks(7)).await;
    server.pause();
    assert!(writer.announce_autocommit(&marks(7)).await.is_err());
    server.resume();
}

#[tokio::test]
async fn closing_leaves_what_a_write_has_taken_on_to_its_fence_and_to_that_write() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, ""));
    let mut truth = 0;
    let announced = taken_on(&reader, &writer, &mut truth).await;
    writer.close().await.unwrap();
    assert_eq!(*read_of(&reader, 8, Consistency::Strict, truth).await.value, truth, "the fence is up");
    writer.withdraw(announced);
    assert_eq!(first_hit(&reader, 8, truth).await, truth);
}

#[test]
fn what_is_dropped_where_a_runtime_has_ended_is_delivered() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, "timeout=5s"));
    let another = tokio::runtime::Runtime::new().unwrap();
    let ended = tokio::runtime::Runtime::new().unwrap();
    let handle = ended.handle().clone();
    ended.shutdown_timeout(Duration::from_secs(30));
    another.block_on(warm(&writer));
    for is_announced in [false, true] {
        another.block_on(warm(&reader));
        let announced = is_announced.then(|| another.block_on(gone_on(&writer, &marks(7))));
        server.pause();
        {
            // As a blocking task is that outlives its runtime.
            let _inside = handle.enter();
            match announced {
                Some(announced) => drop(announced),
                None => writer.publish_detached(marks(7), None),
            }
        }
        server.resume();
        wait::until("the publication", || (writer.stats().owed == 0).then_some(()));
        another.block_on(async {
            assert!(!hits(&reader, Consistency::Strict).await);
            warm(&reader).await;
        });
    }
}
