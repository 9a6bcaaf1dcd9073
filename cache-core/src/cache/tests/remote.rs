//! Over a network: who loads for all, and what is asked of the database.

use std::time::Duration;

use super::*;
use crate::deps::Dep;
use crate::log::{Fate, Remote, TransactionId};
use crate::store::{Bytes, Claim, Fetched, MemoryStore, Store};

/// A log that is reached over a network, by a runtime that has timers.
#[derive(Debug, Default)]
struct Network(Elsewhere);

impl Log for Network {
    fn head(&self) -> BoxFuture<'_, Result<Position>> {
        self.0.head()
    }

    fn append<'a>(&'a self, marks: &'a Marks, fences: Fences) -> BoxFuture<'a, Result<Record>> {
        self.0.append(marks, fences)
    }

    fn read_after(&self, position: Position) -> BoxFuture<'_, Result<Tail>> {
        self.0.read_after(position)
    }

    fn renew(&self) -> BoxFuture<'_, Result<(Epoch, Position)>> {
        self.0.renew()
    }

    fn remote(&self) -> Option<&dyn Remote> {
        Some(self)
    }
}

impl Remote for Network {
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }

    fn recovered(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A store that counts claims.
#[derive(Debug)]
struct Claims {
    store: MemoryStore,
    claimed: AtomicUsize,
}

impl Store for Claims {
    fn get(&self, key: EntryKey) -> BoxFuture<'_, Result<Option<Bytes>>> {
        self.store.get(key)
    }

    fn put(&self, key: EntryKey, bytes: Bytes, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        self.store.put(key, bytes, ttl)
    }

    fn put_if_absent(&self, key: EntryKey, bytes: Bytes, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        self.store.put_if_absent(key, bytes, ttl)
    }

    fn expire_in(&self, key: EntryKey, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        self.store.expire_in(key, ttl)
    }

    fn claim<'a>(
        &'a self,
        key: EntryKey,
        ttl: Duration,
        log: &'a dyn Log,
    ) -> BoxFuture<'a, Result<(Claim, Fetched)>> {
        self.claimed.fetch_add(1, Ordering::Relaxed);
        self.store.claim(key, ttl, log)
    }
}

#[tokio::test]
async fn nobody_is_kept_from_loading_what_no_other_process_can_have() {
    let store = Arc::new(Claims { store: MemoryStore::new(1 << 20), claimed: AtomicUsize::new(0) });
    let cache = Cache::builder().log(Arc::new(Network::default())).store(store.clone()).build();
    let load = async |policy: Policy, value: Option<Option<i64>>| {
        cache.publish(marks(7), None).await.unwrap();
        let codec = cache.codec::<Option<Option<i64>>>();
        let request = Request { key: key(), policy: &policy, codec: &codec };
        let outcome = cache.load(&request, async |_| Ok::<_, ()>(loaded(value))).await.unwrap();
        assert!(!outcome.source.is_hit());
        store.claimed.swap(0, Ordering::Relaxed)
    };
    assert_eq!(load(Policy::new(), Some(None)).await, 1, "nobody knows yet that it has no bytes");
    assert_eq!(load(Policy::new(), Some(None)).await, 0);
    assert_eq!(load(Policy::new(), Some(Some(1))).await, 0);
    assert_eq!(load(Policy::new(), Some(Some(2))).await, 1, "the last one had bytes");
    assert_eq!(load(Policy::new().skip(Skip::Store), Some(Some(3))).await, 0);
}

/// A database whose transactions were all rolled back.
struct Database(AtomicUsize);

impl Resolve for Database {
    fn watched(&self, dep: &Dep) -> Result<Marks> {
        Err(Error::new(ErrorKind::UnknownDependency, format!("no {dep} here")))
    }

    fn touched(&self, dep: &Dep) -> Result<Marks> {
        self.watched(dep)
    }

    fn fate(&self, _: TransactionId) -> Option<BoxFuture<'static, Option<Fate>>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(Box::pin(std::future::ready(Some(Fate::RolledBack))))
    }
}

#[tokio::test]
async fn who_only_writes_asks_about_the_transactions_of_writers_that_are_gone() -> Result<()> {
    let cache = Cache::builder().log(Arc::new(Network::default())).build();
    let database = Arc::new(Database(AtomicUsize::new(0)));
    cache.attach_resolver(Arc::clone(&database) as Arc<dyn Resolve>);
    let patience = std::time::Instant::now() + Duration::from_secs(20);
    let mut number = 0;
    while database.0.load(Ordering::Relaxed) < 100 {
        assert!(std::time::Instant::now() < patience, "nobody was asked about {number} transactions");
        number += 1;
        drop(cache.announce(&marks(number), Some(TransactionId { database: 1, number })).await?);
        tokio::task::yield_now().await;
    }
    Ok(())
}
