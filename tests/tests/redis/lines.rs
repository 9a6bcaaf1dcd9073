//! What a log of the application shows of an outage.

use std::cell::RefCell;
use std::fmt;
use std::sync::Once;
use std::time::Duration;

use cache_tests::servers::{RedisServer, Restart};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::{Truth, process};

thread_local! {
    static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Keeps the lines that are worth a person's while, of threads that listen.
struct Lines;

impl Lines {
    fn listen() {
        // One for all threads: tracing asks whichever thread comes first whether anybody cares for a line.
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing::subscriber::set_global_default(Self).unwrap());
        LINES.set(Some(Vec::new()));
    }

    fn take() -> Vec<String> {
        LINES.replace(Some(Vec::new())).unwrap()
    }

    fn any() -> bool {
        LINES.with_borrow(|lines| lines.as_ref().is_some_and(|lines| !lines.is_empty()))
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cache_") && *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Message<'a>(&'a mut String);
        impl Visit for Message<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                if field.name() == "message" {
                    self.0.push_str(&format!("{value:?}"));
                }
            }
        }
        let mut line = format!("{} ", event.metadata().level());
        event.record(&mut Message(&mut line));
        LINES.with_borrow_mut(|lines| lines.iter_mut().for_each(|lines| lines.push(line.clone())));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

const AWAY: &str = "WARN reads go to the database until the cache server answers";
const BACK: &str = "INFO the cache server answers again";
const OWED: &str = "WARN the log refused a publication; nothing is served until it is delivered";

// On one thread, which is where the tasks are heard too.
#[tokio::test]
async fn an_outage_is_one_line_when_it_begins_and_one_when_it_ends() {
    Lines::listen();
    let mut server = RedisServer::start();
    let (cache, truth) = (process(&server).await, Truth::default());
    assert_eq!(Lines::take(), [""; 0]);

    server.kill();
    for _ in 0..300 {
        truth.read(&cache).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.restart(Restart::WithData);
    assert_eq!(Lines::take(), [AWAY]);
    while !Lines::any() {
        truth.read(&cache).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for _ in 0..50 {
        truth.read(&cache).await;
    }
    assert_eq!(Lines::take(), [BACK]);

    server.kill();
    for value in 0..100 {
        let _ = truth.write(&cache, value).await;
        assert_eq!(truth.read(&cache).await, value);
    }
    server.restart(Restart::Empty);
    while cache.stats().owed > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(truth.read(&cache).await, 99);
    let mut lines = Lines::take();
    lines.sort();
    assert_eq!(lines, [BACK, AWAY, OWED], "and one for all writes whose publication is owed");
}
