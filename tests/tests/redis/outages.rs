//! A server that does not answer: the application goes on, and nothing is stale afterwards.

use std::time::{Duration, Instant};

use cache_core::cache::Source;
use cache_core::{Cache, Dep, Mark, Marks};
use cache_tests::servers::{Link, Restart};
use cache_tests::servers::{Proxy, RedisServer, wait};
use futures_util::FutureExt;

/// What an announcement says.
const TOUCHED: [Mark; 1] = [Mark::from_bits(77)];

use crate::{TAG, Truth, process, process_with, url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_reads_load_and_writes_are_owed() {
    let mut server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let truth = Truth::default();
    truth.read(&one).await;
    truth.read(&two).await;
    server.kill();
    assert!(truth.write(&one, 1).await.is_err());
    for _ in 0..20 {
        assert_eq!((truth.read(&one).await, truth.read(&two).await), (1, 1));
    }
    assert_eq!(one.stats().owed, 1);
    server.restart(Restart::Empty);
    wait::until("the publication", || (one.stats().owed == 0).then_some(()));
    for value in 2..10 {
        served(&truth, &one).await;
        served(&truth, &two).await;
        truth.write(&one, value).await.unwrap();
        assert_eq!((truth.read(&two).await, truth.read(&one).await), (value, value));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_owed_reaches_the_others_though_its_process_does_nothing_more() {
    let mut server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let proxy = Proxy::start(server.address());
    let cut =
        Cache::from_url(&format!("redis://{}/0?prefix=test&private&fence=nobody", proxy.address())).unwrap();
    cut.connect().await.unwrap();
    let truth = Truth::default();
    truth.read(&two).await;
    proxy.set(Link::Cut);
    assert!(truth.write(&cut, 1).await.is_err());
    proxy.set(Link::Open);
    wait::until("the publication", || (cut.stats().owed == 0).then_some(()));
    assert_eq!((truth.read(&two).await, truth.read(&one).await), (1, 1));
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_over_a_connection_that_has_ended_unnoticed_is_announced_and_published() {
    let server = RedisServer::start();
    let (proxy, truth) = (Proxy::start(server.address()), Truth::default());
    let reader = process(&server).await;
    for options in ["fence=nobody", "strict_writes", "strict_writes&fence=nobody"] {
        let url = format!("redis://{}/0?prefix=test&private&timeout=5s&{options}", proxy.address());
        let writer = Cache::from_url(&url).unwrap();
        writer.connect().await.unwrap();
        for value in 0..10 {
            truth.read(&reader).await;
            // Others are accepted: somebody on the way has forgotten this one, or its server closes what rests.
            proxy.switch(server.address());
            let announced = writer.announce(&TOUCHED.into_iter().collect(), None).await.unwrap();
            assert_eq!(announced.is_fenced(), !options.contains("fence"), "{options}");
            proxy.switch(server.address());
            truth.write(&writer, value).await.unwrap();
            assert_eq!(truth.read(&reader).await, value, "{options}");
        }
    }
}

#[test]
fn who_should_connect_and_stands_still_is_relieved() {
    let mut server = RedisServer::start();
    server.kill();
    let cache = Cache::from_url(&url(&server, "timeout=200ms")).unwrap();
    let asleep = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let awake = tokio::runtime::Runtime::new().unwrap();
    assert!(asleep.block_on(cache.connect()).is_err());
    // What is to try again sleeps where nobody wakes it.
    server.restart(Restart::Empty);
    let truth = Truth::default();
    awake.block_on(served(&truth, &cache));
    drop(asleep);
}

#[test]
fn who_follows_the_log_and_stands_still_is_relieved() {
    let server = RedisServer::start();
    let cache = Cache::from_url(&url(&server, "timeout=200ms&consistency=bounded:300ms")).unwrap();
    let asleep = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let awake = tokio::runtime::Runtime::new().unwrap();
    let truth = Truth::default();
    let asks_nobody = async || {
        truth.read(&cache).await;
        truth.read(&cache).now_or_never().is_some()
    };
    asleep.block_on(wait_for(asks_nobody));
    awake.block_on(async {
        wait_for(async || !asks_nobody().await).await;
        wait_for(asks_nobody).await;
    });
    drop(asleep);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_delays_each_statement_by_its_patience_at_most() {
    let server = RedisServer::start();
    let timeout = Duration::from_millis(200);
    let cache = process_with(&server, "timeout=200ms").await;
    let truth = Truth::default();
    truth.read(&cache).await;
    server.pause();
    let mut slowest = Duration::ZERO;
    let began = Instant::now();
    for _ in 0..30 {
        let before = Instant::now();
        assert_eq!(truth.read(&cache).await, 0);
        slowest = slowest.max(before.elapsed());
    }
    // One waits for the answer and one for the attempt to connect; nobody after them waits at all.
    assert!(slowest < timeout * 5, "{slowest:?}");
    assert!(began.elapsed() < timeout * 15, "{:?}", began.elapsed());
    server.resume();
    served(&truth, &cache).await;
}

fn marks() -> Marks {
    [Mark::from_bits(7)].into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strict_writes_fail_before_anything_is_written() {
    let mut server = RedisServer::start();
    let cache = process_with(&server, "strict_writes").await;
    let _ = cache.announce(&marks(), None).await.unwrap();
    server.kill();
    let error = cache.announce(&marks(), None).await.unwrap_err();
    assert!(error.to_string().contains("nothing was written"), "{error}");
    server.restart(Restart::Empty);
    wait_for(async || cache.announce(&marks(), None).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_statement_announces_and_publishes_takes_no_longer_together_than_the_timeout() {
    let server = RedisServer::start();
    let timeout = Duration::from_secs(1);
    let url = format!("redis://{}/0?prefix=test&private&timeout=1s", server.address());
    let cache = Cache::from_url(&url).unwrap();
    cache.connect().await.unwrap();
    let withdrawn = cache.announce(&marks(), None).await.unwrap();
    cache.withdraw(withdrawn);
    server.pause();
    let began = Instant::now();
    let announced = cache.announce(&marks(), None).await.unwrap();
    assert!(cache.publish_announced(marks(), None, announced).await.is_err());
    let took = began.elapsed();
    server.resume();
    assert!(took < timeout * 17 / 10, "{took:?}, and not twice {timeout:?}");
    wait_for(async || cache.stats().owed == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_delivers_what_is_owed() {
    let mut server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let truth = Truth::default();
    truth.read(&two).await;
    server.kill();
    assert!(truth.write(&one, 1).await.is_err());
    assert!(one.close().await.is_err());
    server.restart(Restart::WithData);
    wait_for(async || one.close().await.is_ok()).await;
    assert_eq!(one.stats().owed, 0);
    assert_eq!(truth.read(&two).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publication_that_is_dropped_is_delivered_all_the_same() {
    let server = RedisServer::start();
    let (one, two) = (process(&server).await, process(&server).await);
    let truth = Truth::default();
    for value in 1..20 {
        truth.read(&two).await;
        truth.value.store(value, std::sync::atomic::Ordering::SeqCst);
        let mut publication = Box::pin(one.invalidate(Dep::tag(TAG)));
        for _ in 0..=value % 5 {
            if publication.as_mut().now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(publication);
        wait_for(async || one.stats().owed == 0).await;
        assert_eq!(truth.read(&two).await, value);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_equal_url_opened_twice_connects_once() {
    let server = RedisServer::start();
    let url = url(&server, "").replace("&private", "");
    let caches: Vec<Cache> = (0..10).map(|_| Cache::from_url(&url).unwrap()).collect();
    for cache in &caches {
        cache.connect().await.unwrap();
    }
    let clients = server.info("connected_clients").unwrap().parse::<usize>().unwrap();
    assert!(clients <= 3, "one for commands, one for the tail, one for this question: {clients}");
}

async fn served(truth: &Truth, cache: &Cache) {
    let hits = || cache.stats().hits;
    let before = hits();
    wait_for(async || {
        truth.read(cache).await;
        hits() > before
    })
    .await;
}

async fn wait_for(mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition().await {
        assert!(Instant::now() < deadline, "it never happens");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_says_why_it_does_not_ask_the_cache() {
    let mut server = RedisServer::start();
    let cache = process(&server).await;
    let truth = Truth::default();
    truth.read(&cache).await;
    let sources = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&sources);
    let _subscription = cache.on_event(move |event| {
        if let cache_core::cache::Event::Read { source, .. } = event {
            seen.lock().unwrap().push(Source::clone(source).to_string());
        }
    });
    server.kill();
    truth.read(&cache).await;
    assert_eq!(*sources.lock().unwrap(), ["bypass: the log does not answer"]);
}

#[test]
fn a_runtime_that_ends_takes_no_request_of_others_along() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.address());
    let url = format!("redis://{}/0?prefix=test&private&fence=nobody&timeout=2s", proxy.address());
    let cache = Cache::from_url(&url).unwrap();
    let start =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let lasting = start();
    lasting.block_on(cache.connect()).unwrap();
    for _ in 0..5 {
        proxy.set(Link::Slow(Duration::from_millis(50)));
        let ending = start();
        for _ in 0..4 {
            let cache = cache.clone();
            ending.spawn(async move { cache.epoch().await });
        }
        std::thread::sleep(Duration::from_millis(10));
        ending.shutdown_background();
        let asked = lasting.block_on(async {
            let (one, two) = (cache.clone(), cache.clone());
            tokio::join!(tokio::spawn(async move { one.epoch().await }), two.epoch())
        });
        asked.0.unwrap();
        proxy.set(Link::Open);
        lasting.block_on(wait_for(async || cache.epoch().await.is_some()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_does_nothing_asks_next_to_nothing() {
    let server = RedisServer::start();
    let _idle = process(&server).await;
    let calls = || server.info("total_commands_processed").unwrap().parse::<u64>().unwrap();
    let before = calls();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let calls = calls() - before;
    assert!(calls < 100, "{calls} commands");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_that_the_log_survives_ends_no_entry_of_others() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.address());
    let other = process(&server).await;
    let url = format!("redis://{}/0?prefix=test&private&fence=nobody&timeout=200ms", proxy.address());
    let cut = Cache::from_url(&url).unwrap();
    cut.connect().await.unwrap();
    other.put("kept", 1, [Dep::tag("kept")]).await.unwrap();
    proxy.set(Link::Cut);
    assert!(cut.invalidate(Dep::tag("ended")).await.is_err());
    proxy.set(Link::Open);
    wait_for(async || cut.stats().owed == 0).await;
    assert!(other.get::<i32>("kept").await.is_some());
}
