//! Writes that follow each other closely, and who follows them.

use std::time::{Duration, Instant};

use cache_core::cache::{Consistency, Loaded, Outcome, Policy, Request};
use cache_core::{Cache, Error, Mark, Marks};
use cache_tests::servers::{RedisServer, wait};

fn open(server: &RedisServer, options: &str) -> Cache {
    Cache::from_url(&format!("redis://{}/0?prefix=test&private&{options}", server.address())).unwrap()
}

fn marks(bits: u64) -> Marks {
    [Mark::from_bits(bits)].into_iter().collect()
}

/// A write of what mark 7 stands for, as short as a write can be.
async fn write(cache: &Cache) {
    let announced = cache.announce(&marks(7), None).await.unwrap();
    cache.publish_behind(marks(7), None, announced).await.unwrap();
}

async fn write_often(cache: &Cache, times: usize) {
    for _ in 0..times {
        write(cache).await;
    }
}

/// Reads what depends on mark 7 and is `truth` in the database.
async fn read(cache: &Cache, consistency: Consistency, truth: i32) -> Outcome<i32> {
    let policy = Policy::new().consistency(consistency);
    let request = Request { key: "one".into(), policy: &policy, codec: &cache.codec::<i32>() };
    let load = async |_| Ok::<_, Error>(Loaded { value: truth, watched: marks(7).into() });
    cache.load(&request, load).await.unwrap()
}

async fn hits(cache: &Cache, consistency: Consistency) -> bool {
    read(cache, consistency, 0).await.source.is_hit()
}

async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn warm(cache: &Cache) {
    eventually("it is kept", async || hits(cache, Consistency::Strict).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_writes_that_follow_closely_each_takes_along_what_the_one_before_has_left() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, ""));
    warm(&reader).await;
    eventually("little more than one record a write", async || {
        let before = server.calls("evalsha");
        write_often(&writer, 50).await;
        server.calls("evalsha") - before <= 75
    })
    .await;
    assert!(!hits(&reader, Consistency::Strict).await);
    // Nobody writes any more.
    warm(&reader).await;
    warm(&writer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_sends_what_trails() {
    let server = RedisServer::start();
    let reader = open(&server, "");
    for _ in 0..20 {
        let writer = open(&server, "");
        warm(&reader).await;
        write_often(&writer, 5).await;
        writer.close().await.unwrap();
        assert!(!hits(&reader, Consistency::Strict).await, "it was written");
        assert!(hits(&reader, Consistency::Strict).await, "no fence is left");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_along_in_vain_is_owed() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, "timeout=300ms"));
    for is_cancelled in [false, true] {
        warm(&reader).await;
        warm(&writer).await;
        write_often(&writer, 5).await;
        server.pause();
        let another = marks(8);
        let announcement = writer.announce(&another, None);
        if is_cancelled {
            drop(tokio::time::timeout(Duration::from_millis(1), announcement).await);
        } else {
            drop(announcement.await);
        }
        assert!(!hits(&writer, Consistency::Bounded(Duration::from_secs(60))).await);
        server.resume();
        assert!(!hits(&reader, Consistency::Strict).await);
        wait::until("the publication", || (writer.stats().owed == 0).then_some(()));
        warm(&reader).await;
        warm(&writer).await;
    }
}

#[test]
fn what_trails_in_a_runtime_that_ends_or_stands_still_is_sent_by_another() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, ""));
    let another = tokio::runtime::Runtime::new().unwrap();
    another.block_on(warm(&reader));
    for ends in [false, true] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // The fence that this one keeps up is looked after in the other runtime.
        let kept = another.block_on(writer.announce(&marks(9), None)).unwrap();
        runtime.block_on(write_often(&writer, 5));
        let runtime = if ends { None } else { Some(runtime) };
        another.block_on(async {
            assert!(!hits(&reader, Consistency::Strict).await);
            warm(&reader).await;
        });
        drop((kept, runtime));
    }
}

#[test]
fn what_many_ask_for_together_depends_on_nobodys_runtime() {
    let server = RedisServer::start();
    let writer = open(&server, "");
    let awake = tokio::runtime::Runtime::new().unwrap();
    awake.block_on(warm(&writer));
    // Whoever runs these comes back only for the next request.
    let asleep = [(); 3].map(|()| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(write_often(&writer, 1));
        std::thread::sleep(Duration::from_millis(5));
        runtime
    });
    awake.block_on(eventually("a write is announced", async || {
        writer.announce(&marks(9), None).await.unwrap().is_fenced()
    }));
    drop(asleep);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_asks_nobody_for_what_others_have_written_in_between() {
    let server = RedisServer::start();
    let writers = [open(&server, ""), open(&server, "")];
    for writer in &writers {
        warm(writer).await;
    }
    let before = server.calls("xrevrange");
    for _ in 0..50 {
        for writer in &writers {
            write(writer).await;
        }
    }
    assert_eq!(server.calls("xrevrange"), before);
    assert!(!hits(&writers[0], Consistency::Strict).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounded_read_sees_what_its_own_process_has_written_whatever_others_write_in_between() {
    const BOUND: Consistency = Consistency::Bounded(Duration::from_secs(60));
    let server = RedisServer::start();
    let (own, other) = (open(&server, ""), open(&server, ""));
    for _ in 0..50 {
        eventually("it is kept", async || hits(&own, BOUND).await).await;
        let announced = other.announce(&marks(8), None).await.unwrap();
        write(&own).await;
        assert!(!hits(&own, BOUND).await);
        other.publish_behind(marks(8), None, announced).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_needs_no_records_is_not_sent_each() {
    let server = RedisServer::start();
    let writer = open(&server, "");
    write_often(&writer, 100).await;
    eventually("records go in heaps", async || {
        let before = server.calls("xread");
        write_often(&writer, 50).await;
        server.calls("xread") - before <= 25
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_needed_no_records_for_long_reads_what_is_true_all_the_same() {
    const BOUND: Duration = Duration::from_millis(50);
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, "consistency=bounded:50ms"), open(&server, ""));
    for truth in 0..20 {
        write_often(&writer, 50).await;
        let written = Instant::now();
        assert_eq!(*read(&reader, Consistency::Strict, truth).await.value, truth);
        let is_kept = async || read(&reader, Consistency::Strict, truth).await.source.is_hit();
        eventually("it is kept", is_kept).await;
        // What was true a short while ago is allowed for as long.
        while written.elapsed() < BOUND * 3 {
            let asked = Instant::now();
            let seen = *read(&reader, Consistency::Bounded(BOUND), truth).await.value;
            assert!(seen == truth || asked - written < BOUND, "{seen} instead of {truth}");
        }
    }
}
