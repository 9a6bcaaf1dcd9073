//! A process that dies around COMMIT leaves nothing stale.

use std::time::{Duration, Instant};

use cache_core::cache::{Loaded, Policy, Request};
use cache_core::log::MAX_FENCE;
use cache_core::{Cache, Declared, Error, Mark, Marks};
use cache_tests::servers::RedisServer;
use futures_util::FutureExt;

use crate::records::records;

fn open(server: &RedisServer) -> Cache {
    open_with(server, "")
}

fn open_with(server: &RedisServer, options: &str) -> Cache {
    Cache::from_url(&format!("redis://{}/0?prefix=test&private&{options}", server.address())).unwrap()
}

fn marks(bits: u64) -> Marks {
    [Mark::from_bits(bits)].into_iter().collect()
}

/// Reads what depends on mark 7; returns whether it was a hit.
async fn hits(cache: &Cache, key: &str) -> bool {
    let request = Request { key: key.into(), policy: &Policy::new(), codec: &cache.codec::<i32>() };
    let load = async |_| Ok::<_, Error>(Loaded { value: 1, watched: marks(7).into() });
    cache.load(&request, load).await.unwrap().source.is_hit()
}

/// Waits until the key is hit.
async fn warm(cache: &Cache, key: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !hits(cache, key).await {
        assert!(Instant::now() < deadline, "{key} is never kept");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_commit_may_be_happening_what_it_may_touch_is_neither_served_nor_kept() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server), open(&server));
    warm(&reader, "one").await;
    let announced = writer.announce(&marks(7), None).await.unwrap();
    assert!(!hits(&reader, "one").await && !hits(&reader, "one").await);
    assert!(!hits(&reader, "new").await && !hits(&reader, "new").await);
    assert!(!hits(&writer, "one").await);
    writer.publish_announced(marks(8), None, announced).await.unwrap();
    assert!(hits(&reader, "one").await, "only what was touched counts");
    assert!(hits(&writer, "one").await);

    let announced = writer.announce(&marks(7), None).await.unwrap();
    writer.publish_announced(marks(7), None, announced).await.unwrap();
    assert!(!hits(&reader, "one").await);
    assert!(hits(&reader, "one").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_died_has_touched_what_it_announced() {
    let server = RedisServer::start();
    let (reader, newcomer, writer) = (open(&server), open(&server), open(&server));
    warm(&reader, "one").await;
    let announced = writer.announce(&marks(7), None).await.unwrap();
    // As if it had been killed: nothing renews the fence, and nothing lifts it.
    drop(announced);
    drop(writer);
    assert!(!hits(&reader, "one").await);
    tokio::time::sleep(MAX_FENCE + Duration::from_millis(100)).await;
    assert!(!hits(&newcomer, "one").await, "who comes late counts its time from then on");
    assert!(!hits(&reader, "one").await, "it is a touch");
    warm(&reader, "one").await;
    warm(&newcomer, "one").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fence_stays_up_for_as_long_as_its_writer_lives() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server), open(&server));
    warm(&reader, "one").await;
    let announced = writer.announce(&marks(7), None).await.unwrap();
    let end = Instant::now() + MAX_FENCE * 2;
    while Instant::now() < end {
        assert!(!hits(&reader, "one").await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    writer.withdraw(announced);
    warm(&reader, "one").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_log_was_lost_nothing_is_kept_until_lost_fences_have_run_out() {
    let server = RedisServer::start();
    for options in ["", "fence=off"] {
        let (reader, writer) = (open_with(&server, options), open(&server));
        warm(&reader, "one").await;
        let began = Instant::now();
        let announced = writer.announce(&marks(7), None).await.unwrap();
        server.call(&["FLUSHALL"]);
        drop((announced, writer));
        warm(&reader, "one").await;
        assert!(began.elapsed() >= MAX_FENCE, "{options}: {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_announces_nobody_waits_for_lost_fences() {
    let server = RedisServer::start();
    let reader = open_with(&server, "fence=nobody");
    for _ in 0..3 {
        assert!(!hits(&reader, "one").await);
        assert!(hits(&reader, "one").await);
        server.call(&["FLUSHALL"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fence_of_a_writer_that_knows_an_old_schema_only_is_wide() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server), open(&server));
    let declared = Declared { table: Mark::from_bits(70), fingerprint: 1 };
    writer.declare(&[declared], writer.epoch().await);
    // A change of the schema, of which the writer does not know yet.
    reader.clear().await.unwrap();
    warm(&reader, "one").await;
    let unrelated = marks(8).declared_as([declared]);
    drop(writer.announce(&unrelated, None).await.unwrap());
    assert!(!hits(&reader, "one").await);
    tokio::time::sleep(MAX_FENCE + Duration::from_millis(100)).await;
    assert!(!hits(&reader, "one").await, "run out, it is a touch of everything");
    warm(&reader, "one").await;

    writer.declare(&[declared], writer.epoch().await);
    let announced = writer.announce(&unrelated, None).await.unwrap();
    assert!(hits(&reader, "one").await, "who knows the schema knows what it touches");
    writer.withdraw(announced);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_returns_before_its_publication_and_nobody_gets_what_it_has_changed() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server), open(&server));
    let bounded = open_with(&server, "consistency=bounded:60s");
    warm(&reader, "one").await;
    warm(&bounded, "one").await;
    for (place, writer) in [&writer, &bounded].into_iter().enumerate() {
        let announced = writer.announce(&marks(7), None).await.unwrap();
        server.pause();
        let published = writer.publish_behind(marks(7), None, announced).now_or_never();
        assert!(matches!(published, Some(Ok(()))), "{place}: {published:?}");
        assert!(!hits(&bounded, "one").await || place == 0, "a process sees its own writes at once");
        server.resume();
        assert!(!hits(&reader, "one").await, "{place}");
        warm(&reader, "one").await;
        warm(&bounded, "one").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_what_nobody_else_waits_for() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server), open(&server));
    warm(&reader, "one").await;
    let announced = writer.announce(&marks(7), None).await.unwrap();
    server.pause();
    writer.publish_behind(marks(7), None, announced).await.unwrap();
    assert!(writer.close().await.is_err());
    server.resume();
    let deadline = Instant::now() + Duration::from_secs(30);
    while writer.close().await.is_err() {
        assert!(Instant::now() < deadline);
    }
    assert!(!hits(&reader, "one").await);
    assert!(hits(&reader, "one").await, "nothing is fenced any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_fence_may_be_down_waits_for_its_publication() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server), open(&server));
    warm(&reader, "one").await;
    let announced = writer.announce(&marks(7), None).await.unwrap();
    server.pause();
    // COMMIT takes as long, and no renewal is heard of meanwhile.
    tokio::time::sleep(MAX_FENCE).await;
    let published = writer.publish_behind(marks(7), None, announced).now_or_never();
    assert!(!matches!(published, Some(Ok(()))), "{published:?}");
    server.resume();
    assert!(!hits(&reader, "one").await);
    warm(&reader, "one").await;

    let unfenced = open_with(&server, "fence=off");
    let announced = unfenced.announce(&marks(7), None).await.unwrap();
    server.pause();
    assert!(unfenced.publish_behind(marks(7), None, announced).now_or_never().is_none());
    server.resume();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_knows_an_old_schema_only_waits_until_everything_is_touched() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server), open(&server));
    let declared = Declared { table: Mark::from_bits(70), fingerprint: 1 };
    writer.declare(&[declared], writer.epoch().await);
    reader.clear().await.unwrap();
    warm(&reader, "one").await;
    let unrelated = marks(8).declared_as([declared]);
    let announced = writer.announce(&unrelated, None).await.unwrap();
    let before = records(&server).len();
    server.pause();
    let mut publication = Box::pin(writer.publish_behind(unrelated, None, announced));
    let published = (&mut publication).now_or_never();
    assert!(!matches!(published, Some(Ok(()))), "its fence goes before all that it touches is in the log");
    server.resume();
    publication.await.unwrap();
    let appended = records(&server).split_off(before);
    let [lifting] = &*appended else { panic!("one record does it: {appended:?}") };
    assert!(
        lifting.lifted > 0 && lifting.touches(Mark::EVERYTHING),
        "nothing is stale after it: {lifting:?}"
    );
    assert!(!hits(&reader, "one").await);
    assert!(hits(&reader, "one").await, "no fence is left");
}

#[test]
fn a_runtime_may_end_while_publications_are_on_their_way() {
    let server = RedisServer::start();
    for build in [tokio::runtime::Builder::new_multi_thread, tokio::runtime::Builder::new_current_thread] {
        let (reader, writer) = (open(&server), open(&server));
        let runtime = build().enable_all().build().unwrap();
        let another = tokio::runtime::Runtime::new().unwrap();
        another.block_on(warm(&reader, "one"));
        runtime.block_on(async {
            let announced = [marks(7), marks(8)].map(|marks| {
                let writer = &writer;
                async move { writer.announce(&marks, None).await }
            });
            let [first, second] = futures_util::future::join_all(announced).await.try_into().unwrap();
            server.pause();
            writer.publish_behind(marks(7), None, first.unwrap()).await.unwrap();
            writer.publish_behind(marks(8), None, second.unwrap()).await.unwrap();
        });
        let (ended, end) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            drop(runtime);
            ended.send(()).unwrap();
        });
        end.recv_timeout(Duration::from_secs(30)).expect("the runtime ends");
        server.resume();
        another.block_on(async {
            assert!(!hits(&reader, "one").await);
            warm(&reader, "one").await;
            let deadline = Instant::now() + Duration::from_secs(30);
            while writer.close().await.is_err() {
                assert!(Instant::now() < deadline);
            }
        });
    }
}
