//! Writes that follow each other closely, and who follows them.

use std::time::{Duration, Instant};

use cache_core::cache::{Announcement, Consistency, Loaded, MissReason, Outcome, Policy, Request, Source};
use cache_core::log::{MAX_FENCE, TransactionId};
use cache_core::{Cache, Declared, EntryKey, Error, Mark, Marks};
use cache_tests::servers::{RedisServer, wait};
use futures_util::FutureExt;

use crate::records::records;

pub(super) fn open(server: &RedisServer, options: &str) -> Cache {
    Cache::from_url(&format!("redis://{}/0?prefix=test&private&{options}", server.address())).unwrap()
}

pub(super) fn marks(bits: u64) -> Marks {
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
    read_of(cache, 7, consistency, truth).await
}

/// The same of another mark.
pub(super) async fn read_of(cache: &Cache, bits: u64, consistency: Consistency, truth: i32) -> Outcome<i32> {
    let policy = Policy::new().consistency(consistency);
    let request = Request { key: key(bits), policy: &policy, codec: &cache.codec::<i32>() };
    let load = async |_| Ok::<_, Error>(Loaded { value: truth, watched: marks(bits).into() });
    cache.load(&request, load).await.unwrap()
}

fn key(bits: u64) -> EntryKey {
    bits.to_string().as_str().into()
}

/// The value of the first read that is a hit, where `truth` is in the database.
pub(super) async fn first_hit(cache: &Cache, bits: u64, truth: i32) -> i32 {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let Outcome { value, source, .. } = read_of(cache, bits, Consistency::Strict, truth).await;
        if source.is_hit() {
            return *value;
        }
        assert!(Instant::now() < deadline, "it is never kept: {source}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(super) async fn hits(cache: &Cache, consistency: Consistency) -> bool {
    read(cache, consistency, 0).await.source.is_hit()
}

pub(super) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(super) async fn warm(cache: &Cache) {
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

/// A write that may touch these, as a statement that commits by itself, and has touched those: it goes on under the fence
/// of the one before if it may.
async fn write_of(cache: &Cache, announced: &Marks, touched: Marks) {
    let announced = cache.announce_autocommit(announced).await.unwrap();
    cache.publish_behind(touched, None, announced).await.unwrap();
}

/// The same of one that has touched all that it may.
pub(super) async fn write_again(cache: &Cache, marks: &Marks) {
    write_of(cache, marks, marks.clone()).await;
}

/// The announcement of another one, if it goes on so: it waits for nothing then, and else for the driver of the connection,
/// which is on this thread.
pub(super) async fn go_on(cache: &Cache, marks: &Marks) -> Option<Announcement> {
    let mut announcement = Box::pin(cache.announce_autocommit(marks));
    match (&mut announcement).now_or_never() {
        Some(announced) => {
            let announced = announced.unwrap();
            assert!(announced.is_fenced(), "it has failed at once");
            Some(announced)
        }
        None => {
            cache.withdraw(announcement.await.unwrap());
            None
        }
    }
}

pub(super) async fn gone_on(cache: &Cache, marks: &Marks) -> Announcement {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        write_again(cache, marks).await;
        write_again(cache, marks).await;
        if let Some(announced) = go_on(cache, marks).await {
            return announced;
        }
        assert!(Instant::now() < deadline, "none goes on under the fence of the one before");
    }
}

/// One that has taken on what the last one before it has touched: that is mark 8 and now `truth`, and the reader has it from
/// before. Those further back have touched mark 7.
pub(super) async fn taken_on(reader: &Cache, writer: &Cache, truth: &mut i32) -> Announcement {
    let both: Marks = [7, 8].map(Mark::from_bits).into_iter().collect();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        assert_eq!(first_hit(reader, 8, *truth).await, *truth);
        write_of(writer, &both, marks(7)).await;
        write_of(writer, &both, marks(8)).await;
        *truth += 1;
        if let Some(announced) = go_on(writer, &both).await {
            return announced;
        }
        assert!(Instant::now() < deadline, "none goes on under the fence of the one before");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_of_the_same_that_follow_closely_share_a_fence() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, ""));
    warm(&reader).await;
    eventually("few records for many writes", async || {
        let before = server.calls("evalsha");
        for _ in 0..50 {
            write_again(&writer, &marks(7)).await;
        }
        server.calls("evalsha") - before <= 25
    })
    .await;
    assert!(!hits(&reader, Consistency::Strict).await);
    // Nobody writes any more.
    warm(&reader).await;
    warm(&writer).await;
}

#[tokio::test]
async fn what_was_written_under_a_shared_fence_is_published_whatever_becomes_of_the_next_write() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, ""));
    let touches = || records(&server).iter().filter(|record| record.touches(Mark::from_bits(8))).count();
    let mut truth = 0;
    for is_known in [true, false] {
        let announced = taken_on(&reader, &writer, &mut truth).await;
        let read = async || read_of(&reader, 8, Consistency::Strict, truth).await;
        assert_eq!(*read().await.value, truth, "the fence is up");
        let (before, began) = (touches(), Instant::now());
        if is_known {
            // It has changed nothing, but the one before has.
            writer.withdraw(announced);
        } else {
            drop(announced);
            eventually("it is published", async || touches() > before).await;
            let source = read().await.source;
            assert!(
                matches!(source, Source::Miss(MissReason::Fenced)),
                "long before the fence ends: {source}"
            );
        }
        assert_eq!(first_hit(&reader, 8, truth).await, truth);
        assert!(is_known || began.elapsed() > MAX_FENCE / 2, "the outcome of the second is not known");
    }
}

#[tokio::test]
async fn a_write_that_goes_on_under_a_fence_is_seen_by_who_began_while_it_was_up() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, ""));
    for truth in 0..100 {
        let announced = gone_on(&writer, &marks(7)).await;
        let policy = Policy::new();
        let request = Request { key: key(7), policy: &policy, codec: &reader.codec::<i32>() };
        let load = async |_| {
            // What it loads is old by the time it has done so.
            writer.publish_behind(marks(7), None, announced).await?;
            Ok::<_, Error>(Loaded { value: truth - 1, watched: marks(7).into() })
        };
        reader.load(&request, load).await.unwrap();
        assert_eq!(*read(&reader, Consistency::Strict, truth).await.value, truth);
        assert_eq!(first_hit(&reader, 7, truth).await, truth);
    }
}

#[tokio::test]
async fn a_write_of_something_else_or_of_a_named_transaction_shares_no_fence() {
    let server = RedisServer::start();
    let writer = open(&server, "");
    let named = Some(TransactionId { database: 1, number: 7 });
    for _ in 0..50 {
        write_again(&writer, &marks(7)).await;
        write_again(&writer, &marks(7)).await;
        assert!(go_on(&writer, &marks(8)).await.is_none());
        write_again(&writer, &marks(7)).await;
        let announced = writer.announce(&marks(8), named).await.unwrap();
        writer.publish_behind(marks(8), None, announced).await.unwrap();
        assert!(go_on(&writer, &marks(8)).await.is_none());
    }
}

#[tokio::test]
async fn a_write_under_a_shared_fence_that_knows_an_old_schema_only_waits_until_everything_is_touched() {
    let server = RedisServer::start();
    let (reader, writer) = (open(&server, ""), open(&server, ""));
    let declared = Declared { table: Mark::from_bits(70), fingerprint: 1 };
    let unrelated = marks(9).declared_as([declared]);
    writer.declare(&[declared], writer.epoch().await);
    let announced = gone_on(&writer, &unrelated).await;
    // A change of the schema, of which the writer does not know yet.
    reader.clear().await.unwrap();
    let changed = Instant::now();
    while changed.elapsed() < MAX_FENCE * 2 {
        assert!(
            !hits(&reader, Consistency::Strict).await,
            "a schema that is changed ends everything, and so may the write"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    writer.publish_behind(unrelated, None, announced).await.unwrap();
    let lifting = records(&server).into_iter().rfind(|record| record.lifted > 0);
    let lifting = lifting.expect("it lifts its fence");
    assert!(
        lifting.touches(Mark::EVERYTHING),
        "who ends after this record leaves nothing stale: {lifting:?}"
    );
    assert!(!hits(&reader, Consistency::Strict).await);
    assert!(hits(&reader, Consistency::Strict).await, "no fence is left");
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
fn a_fence_that_is_gone_on_under_is_kept_up_where_the_runtime_that_raised_it_has_ended() {
    let server = RedisServer::start();
    let reader = open(&server, "");
    let another = tokio::runtime::Runtime::new().unwrap();
    another.block_on(warm(&reader));
    let deadline = Instant::now() + Duration::from_secs(30);
    let (writer, announced) = loop {
        assert!(Instant::now() < deadline, "none goes on under the fence of the one before");
        // Of this one nothing keeps up fences in the other runtime, which drives its connection.
        let writer = open(&server, "");
        another.block_on(warm(&writer));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            write_again(&writer, &marks(7)).await;
            write_again(&writer, &marks(7)).await;
        });
        drop(runtime);
        if let Some(announced) = another.block_on(go_on(&writer, &marks(7))) {
            break (writer, announced);
        }
    };
    another.block_on(async {
        let began = Instant::now();
        while began.elapsed() < MAX_FENCE * 2 {
            assert!(!hits(&reader, Consistency::Strict).await, "its write may be happening");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        writer.publish_behind(marks(7), None, announced).await.unwrap();
        warm(&reader).await;
    });
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
